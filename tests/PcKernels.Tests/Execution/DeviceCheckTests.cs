using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Planning;
using PcKernels.Training;

namespace PcKernels.Tests.Execution;

/// <summary>A device that lacks an op refuses a graph that holds it before it opens anything.</summary>
public sealed class DeviceCheckTests
{
    private static Graph Graph => new GraphBuilder("g").Input("x", 4).Add("a", new ScaleOp(2), ["x"]).Add("b", new SoftmaxOp(), ["a"]).Add("y", new LinearOp(2), ["b"]).Output("y").Build();

    [Fact]
    public void The_refusal_names_op_node_and_remedy()
    {
        var device = new Lacking(static op => op is not SoftmaxOp);
        const string refusal = "--device lacking: it has no kernel for op 'softmax' of node 'b'; use --device cpu";
        Assert.Equal(refusal, Assert.Throws<InputException>(() => device.Check(Graph)).Message);
        Assert.Equal(refusal, Assert.Throws<InputException>(() => new Trainer(new Model(Graph), new TrainingOptions(), device)).Message);
    }

    [Fact]
    public void A_graph_of_known_ops_is_opened() =>
        Assert.Throws<NotSupportedException>(static () => new Trainer(new Model(Graph), new TrainingOptions(), new Lacking(static _ => true)));

    [Fact]
    public void The_processor_knows_every_op() => Assert.All(OpCatalog.All.SelectMany(static e => e.Examples), static e => Assert.True(new CpuDevice(1).Knows(e.Op)));

    private sealed class Lacking(Func<Op, bool> knows) : Device
    {
        public override string Name => "lacking";

        public override string Description => "a device for tests";

        public override bool Knows(Op op) => knows(op);

        public override DeviceSession Open(ParameterLayout layout, DType dtype) => throw new NotSupportedException("it opens nothing");
    }
}
