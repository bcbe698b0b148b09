using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Optimizers;
using PcKernels.Planning;
using PcKernels.Rules;
using PcKernels.Tests.Graphs;
using PcKernels.Tests.Planning;
using PcKernels.Training;

namespace PcKernels.Tests.Execution;

public sealed class CpuSessionTests
{
    private static readonly Graph s_graph = PlanCases.Chain(3);
    private static readonly Optimizer s_adam = new Adam(0.05);

    private static DeviceSession Open(DType dtype = DType.F64, int threads = 2) => new CpuDevice(threads).Open(new ParameterLayout(s_graph, s_adam), dtype);

    private static Program Plan(int batch) => Planner.Plan(s_graph, new IncrementalPredictiveCoding { Steps = 4 }, new PlanOptions { Batch = batch, Optimizer = s_adam });

    [Fact]
    public void Parameters_are_read_back_as_written()
    {
        using DeviceSession session = Open();
        foreach (PlanBuffer buffer in session.Layout.Buffers)
        {
            double[] values = [.. Enumerable.Range(0, (int)buffer.Count).Select(i => i + buffer.Id * 1000.5)], read = new double[buffer.Count];
            session.Write(buffer, values);
            session.Read(buffer, read);
            Assert.Equal(values, read);
        }
    }

    [Fact]
    public void A_program_for_other_parameters_or_state_is_refused()
    {
        using DeviceSession session = Open();
        Assert.Throws<ArgumentException>(() => session.Prepare(Planner.Plan(PlanCases.Chain(4), new Backpropagation(), new PlanOptions { Batch = 2, Optimizer = s_adam })));
        Assert.Throws<ArgumentException>(() => session.Prepare(Planner.Plan(PlanCases.Chain(3, width: 20), new Backpropagation(), new PlanOptions { Batch = 2, Optimizer = s_adam })));
        Assert.Throws<ArgumentException>(() => session.Prepare(Planner.Plan(s_graph, new Backpropagation(), new PlanOptions { Batch = 2, Optimizer = new Sgd(0.1) })));
    }

    [Fact]
    public void Wrong_counts_are_refused_with_the_buffer_named()
    {
        using DeviceSession session = Open();
        PlanBuffer weight = session.Layout.Parameter("h1.weight");
        Assert.StartsWith("h1.weight takes 20 elements, not 19", Assert.Throws<ArgumentException>(() => session.Write(weight, new double[19])).Message, StringComparison.Ordinal);
        Assert.StartsWith("h1.weight holds 20 elements, not 21", Assert.Throws<ArgumentException>(() => session.Read(weight, new double[21])).Message, StringComparison.Ordinal);
        using PreparedProgram program = session.Prepare(Plan(2));
        PlanBuffer input = program.Program.Results["input/x"];
        Assert.Throws<ArgumentException>(() => program.Write(input, new float[9]));
        Assert.Throws<ArgumentException>(() => program.Write(input, new double[11]));
        Assert.Throws<ArgumentException>(() => program.Read(input, new float[11]));
        Assert.Throws<ArgumentException>(() => program.Read(input, Array.Empty<double>()));
    }

    [Fact]
    public void Programs_of_several_batch_sizes_share_parameters_and_state()
    {
        // A batch twice over has the mean gradient of the batch once, so alternating sizes must go on like one size.
        var options = new TrainingOptions { Rule = new PredictiveCoding { Steps = 4 }, Optimizer = s_adam, DType = DType.F64 };
        using var one = new Trainer(new Model(s_graph), options, new CpuDevice(1));
        using var mixed = new Trainer(new Model(s_graph), options, new CpuDevice(1));
        Dictionary<string, Tensor> batch = RandomBatch.Make(s_graph, 3, 5);
        Dictionary<string, Tensor> twice = batch.ToDictionary(static p => p.Key, static p => Tensor.From<double>([.. p.Value.ToDoubles(), .. p.Value.ToDoubles()], [6, .. p.Value.Shape.Skip(1)]));
        for (int i = 0; i < 6; i++)
        {
            one.Step(batch);
            mixed.Step(i % 2 == 0 ? batch : twice);
        }
        foreach (ParameterInfo parameter in s_graph.Parameters)
        {
            double[] expected = one.Parameter(parameter.Name).ToDoubles(), actual = mixed.Parameter(parameter.Name).ToDoubles();
            for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-10);
        }
    }

    [Fact]
    public void Disposing_twice_is_harmless()
    {
        DeviceSession session = Open();
        PreparedProgram program = session.Prepare(Plan(2));
        program.Dispose();
        program.Dispose();
        session.Dispose();
        session.Dispose();
        var trainer = new Trainer(new Model(s_graph), new TrainingOptions(), new CpuDevice(2));
        trainer.Step(RandomBatch.Make(s_graph, 2, 1));
        trainer.Dispose();
        trainer.Dispose();
    }

    [Fact]
    public async Task Two_sessions_on_two_threads_do_not_disturb_each_other()
    {
        static double[] Train(int seed)
        {
            using var trainer = new Trainer(new Model(s_graph, seed: (ulong)seed), new TrainingOptions { DType = DType.F64, Optimizer = s_adam }, new CpuDevice(2));
            for (int i = 0; i < 20; i++) trainer.Step(RandomBatch.Make(s_graph, 8, seed + i));
            return [.. s_graph.Parameters.SelectMany(p => trainer.Parameter(p.Name).ToDoubles())];
        }

        double[][] alone = [Train(1), Train(100)];
        double[][] together = await Task.WhenAll(Task.Run(static () => Train(1)), Task.Run(static () => Train(100)));
        Assert.Equal(alone, together);
    }

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.F64)]
    public void A_prediction_of_a_batch_is_that_of_its_rows_to_the_last_bit(DType dtype)
    {
        const int count = 37;
        Graph graph = Model.Mlp(19, [70, 33], 11, Activation.Gelu).Graph;
        using var trainer = new Trainer(new Model(graph), new TrainingOptions { DType = dtype }, new CpuDevice(2));
        float[] inputs = RandomBatch.Make(graph, count, 3)["x"].To(DType.F32).AsSpan<float>().ToArray(), all = new float[count * 11], row = new float[11];
        trainer.Predict(inputs, count, all);
        for (int i = 0; i < count; i++)
        {
            trainer.Predict(inputs.AsSpan(i * 19, 19), 1, row);
            Assert.Equal(all.AsSpan(i * 11, 11).ToArray(), row);
        }
    }

    [Fact]
    public void Single_precision_agrees_with_double_to_rounding()
    {
        foreach (Rule rule in PlanCases.Rules(4))
        {
            double[] Train(DType dtype)
            {
                using var trainer = new Trainer(new Model(s_graph), new TrainingOptions { Rule = rule, Optimizer = new Sgd(0.1), DType = dtype }, new CpuDevice(1));
                for (int i = 0; i < 3; i++) trainer.Step(RandomBatch.Make(s_graph, 4, rule is PredictiveCoding { Start: ValueStart.Keep } ? 0 : i));
                return [.. s_graph.Parameters.SelectMany(p => trainer.Parameter(p.Name).ToDoubles())];
            }

            double[] single = Train(DType.F32), exact = Train(DType.F64);
            double norm = Math.Sqrt(exact.Sum(static v => v * v)), distance = Math.Sqrt(single.Zip(exact).Sum(static p => (p.First - p.Second) * (p.First - p.Second)));
            // Three steps of reductions over at most five numbers; 2e-5 is the bound for published cases.
            Assert.True(distance <= 2e-5 * norm, $"{rule}: {distance / norm:E1}");
        }
    }

    [Fact]
    public void Devices_refuse_what_they_cannot_do()
    {
        Assert.Equal("--threads -1: must be 0 (all processors) to 1024", Assert.Throws<InputException>(static () => new CpuDevice(-1)).Message);
        Assert.Equal("--threads 1025: must be 0 (all processors) to 1024", Assert.Throws<InputException>(static () => new CpuDevice(1025)).Message);
        Assert.Equal("--dtype I64: the cpu computes in f32 or f64", Assert.Throws<InputException>(static () => Open(DType.I64)).Message);
    }
}
