using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Optimizers;
using PcKernels.Rules;
using PcKernels.Tests.Graphs;
using PcKernels.Training;

namespace PcKernels.Tests.Training;

public sealed class TrainerErrorTests : IDisposable
{
    private static readonly Graph s_graph = Model.Mlp(3, [4], 2).Graph;

    private readonly Trainer _trainer = new(new Model(s_graph), new TrainingOptions { Rule = new PredictiveCoding { Steps = 2 } }, new CpuDevice(1));

    public void Dispose() => _trainer.Dispose();

    private static Tensor Zeros(params int[] shape) => new(DType.F32, shape);

    public static TheoryData<Dictionary<string, Tensor>, string> WrongBatches => new()
    {
        { [], "batch: holds no tensor; it needs one per input and the target under the output's name" },
        { new() { ["x"] = Zeros(2, 3) }, "batch: has no 'y' [2, 2]; it holds: x" },
        { new() { ["y"] = Zeros(2, 2) }, "batch: has no 'x' [2, 3]; it holds: y" },
        { new() { ["x"] = Zeros() , ["y"] = Zeros(2, 2) }, "batch: 'x' is a scalar; a batch's first dimension counts its samples" },
        { new() { ["x"] = Zeros(0, 3), ["y"] = Zeros(0, 2) }, "batch: 'x' has no sample; a batch needs at least one" },
        { new() { ["x"] = Zeros(2, 4), ["y"] = Zeros(2, 2) }, "batch: 'x' has shape [2, 4], the model needs [2, 3]" },
        { new() { ["x"] = Zeros(2, 3), ["y"] = Zeros(3, 2) }, "batch: 'y' has shape [3, 2], the model needs [2, 2]" },
        { new() { ["x"] = Zeros(2, 3), ["y"] = Zeros(2, 2), ["z"] = Zeros(2, 2) }, "batch: 'z' is no input, output or value/NODE of model 'mlp'; known: x, y" },
        { new() { ["x"] = Zeros(2, 3), ["y"] = Zeros(2, 2), ["value/h2"] = Zeros(2, 4) }, "model 'mlp' has no node 'h2'; known: h1, x, y" },
        { new() { ["x"] = Zeros(2, 3), ["y"] = Zeros(2, 2), ["value/y"] = Zeros(2, 2) }, "value/y: 'y' is no free vertex, so it takes no starting value" },
        { new() { ["x"] = Zeros(2, 3), ["y"] = Zeros(2, 2), ["value/h1"] = Zeros(2, 5) }, "batch: 'value/h1' has shape [2, 5], the model needs [2, 4]" },
        { new() { ["x"] = Zeros(1, 3), ["y"] = Tensor.From<float>([1, float.NaN], 1, 2) }, "batch: 'y' holds NaN at element 1; batches must be finite" },
        { new() { ["x"] = Tensor.From<double>([1, double.PositiveInfinity, 0], 1, 3), ["y"] = Zeros(1, 2) }, "batch: 'x' holds Infinity at element 1; batches must be finite" },
    };

    [Theory]
    [MemberData(nameof(WrongBatches))]
    public void A_wrong_batch_is_one_line(Dictionary<string, Tensor> batch, string message)
    {
        Assert.Equal(message, Assert.Throws<InputException>(() => _trainer.Step(batch)).Message);
        Assert.Equal(0, _trainer.Batches);
        _trainer.Step(RandomBatch.Make(s_graph, 2, 1));
    }

    [Fact]
    public void A_batch_of_other_element_types_is_converted()
    {
        Dictionary<string, Tensor> batch = RandomBatch.Make(s_graph, 2, 1);
        double expected = _trainer.Step(batch);
        using var other = new Trainer(new Model(s_graph), _trainer.Options, new CpuDevice(1));
        Assert.Equal(expected, other.Step(batch.ToDictionary(static p => p.Key, static p => p.Value.To(DType.F32))));
    }

    [Fact]
    public void Wrong_counts_are_one_line()
    {
        static string Message(Action step) => Assert.Throws<InputException>(step).Message;
        Assert.Equal("--batch 0: must be ≥ 1", Message(() => _trainer.Step([], [], 0)));
        Assert.Equal("--batch -1: must be ≥ 1", Message(() => _trainer.Step([], [], -1)));
        Assert.Equal("input/x takes 3 elements a sample, 6 for 2 samples, not 5", Message(() => _trainer.Step(new float[5], new float[4], 2)));
        Assert.Equal("target/y takes 2 elements a sample, 4 for 2 samples, not 6", Message(() => _trainer.Step(new float[6], new float[6], 2)));
        Assert.Equal("--batch 0: must be ≥ 1", Message(() => _trainer.Predict([], 0, [])));
        Assert.Equal("input/x takes 3 elements a sample, 6 for 2 samples, not 7", Message(() => _trainer.Predict(new float[7], 2, new float[4])));
        Assert.Equal("the predictions of 2 samples are 4 elements, not 3", Message(() => _trainer.Predict(new float[6], 2, new float[3])));
    }

    [Fact]
    public void A_model_of_several_outputs_is_fed_by_name()
    {
        Graph graph = new GraphBuilder("two").Input("x", 3).Add("y", new LinearOp(2), ["x"]).Add("z", new LinearOp(2), ["x"]).Output("y").Output("z").Build();
        using var trainer = new Trainer(new Model(graph), new TrainingOptions(), new CpuDevice(1));
        Assert.Equal("model 'two' has 1 inputs and 2 outputs; this call feeds one input and one output",
            Assert.Throws<InputException>(() => trainer.Step(new float[3], new float[2], 1)).Message);
        trainer.Step(RandomBatch.Make(graph, 2, 1));
    }

    [Fact]
    public void Reading_before_a_step_or_under_a_wrong_name_is_refused()
    {
        Assert.Throws<InvalidOperationException>(() => _trainer.Value("h1"));
        Assert.Throws<InvalidOperationException>(() => _ = _trainer.EnergyTrace.Length);
        Assert.Throws<InvalidOperationException>(() => _trainer.Energies());
        _trainer.Step(RandomBatch.Make(s_graph, 2, 1));
        static string Message(Func<Tensor> read) => Assert.Throws<InputException>(read).Message;
        Assert.Equal("rule pc keeps no value/h2; known: h1, y", Message(() => _trainer.Value("h2")));
        Assert.Equal("rule pc keeps no error/x; known: y, h1", Message(() => _trainer.Error("x")));
        Assert.Equal("model 'mlp' has no parameter 'h1.wieght'; known: h1.weight, y.weight, h1.bias, y.bias", Message(() => _trainer.Parameter("h1.wieght")));
        Assert.Equal("gradients are not kept; set TrainingOptions.KeepGradients", Message(() => _trainer.Gradient("h1.weight")));
        Assert.Equal([2, 4], _trainer.Value("h1").Shape);
        Assert.Equal([2, 2], _trainer.Error("y").Shape);
    }

    [Fact]
    public void Zero_divergence_leaves_hidden_values_only_where_it_is_told_to()
    {
        Dictionary<string, Tensor> batch = RandomBatch.Make(s_graph, 2, 1);
        using var training = new Trainer(new Model(s_graph), new TrainingOptions { Rule = new ZeroDivergence() }, new CpuDevice(1));
        training.Step(batch);
        Assert.Equal("rule zil keeps no error/h1 in training; set TrainingOptions.FinalErrors", Assert.Throws<InputException>(() => training.Error("h1")).Message);
        Assert.Equal([2, 2], training.Error("y").Shape);
        using var looking = new Trainer(new Model(s_graph), new TrainingOptions { Rule = new ZeroDivergence(), FinalErrors = true }, new CpuDevice(1));
        looking.Step(batch);
        Assert.Equal([2, 4], looking.Error("h1").Shape);
        Assert.Equal(looking.Parameter("h1.weight").ToDoubles(), training.Parameter("h1.weight").ToDoubles());
    }

    [Fact]
    public void A_gradient_of_a_wrong_name_is_answered_with_the_nearest()
    {
        using var trainer = new Trainer(new Model(s_graph), _trainer.Options with { KeepGradients = true }, new CpuDevice(1));
        trainer.Step(RandomBatch.Make(s_graph, 2, 1));
        Assert.Equal([4, 3], trainer.Gradient("h1.weight").Shape);
        Assert.Equal("model 'mlp' has no parameter 'y.w'; known: y.bias, y.weight, h1.bias, h1.weight", Assert.Throws<InputException>(() => trainer.Gradient("y.w")).Message);
    }

    [Fact]
    public void Element_types_other_than_floats_are_refused() =>
        Assert.Equal("--dtype I32: values are f32 or f64", Assert.Throws<InputException>(() => new Trainer(new Model(s_graph), new TrainingOptions { DType = DType.I32 })).Message);

    [Fact]
    public void An_energy_that_is_not_finite_names_vertex_step_and_settings()
    {
        using var trainer = new Trainer(new Model(s_graph), new TrainingOptions { Rule = new PredictiveCoding { Steps = 200, Gamma = 1e6 }, Optimizer = new Sgd(0.5) }, new CpuDevice(1));
        string message = Assert.Throws<RunException>(() => trainer.Step(RandomBatch.Make(s_graph, 2, 1))).Message;
        Assert.Matches(@"^the energy of vertex '(h1|y)' is (NaN|Infinity) at step \d+ of batch 1 \(rule pc, T 200, gamma 1000000, lr 0.5\); use a smaller --gamma or --lr$", message);
    }
}
