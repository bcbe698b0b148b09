using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Optimizers;
using PcKernels.Rules;
using PcKernels.Tests.Rules;
using PcKernels.Training;

namespace PcKernels.Cuda.Tests.Devices;

/// <summary>The bound lets rounding pass and nothing else.</summary>
public sealed class NearnessTests
{
    private static readonly Nearness s_single = new(1e-5, Math.Pow(2, -23));

    [Theory]
    [InlineData(1, 1, true)]
    // A learning rate or a γ that is off by a thousandth moves a parameter by far less than that, a gradient not at all: it has to be seen all the same.
    [InlineData(1.01, 1, false)]
    [InlineData(1, 1.001, false)]
    public void A_setting_that_is_a_little_off_is_noticed(double rateFactor, double gammaFactor, bool passes)
    {
        Graph graph = RandomNet.Draw(6001, 3, new NetKind { IsChain = true, LearnedPrecisions = false });
        Dictionary<string, Tensor> batch = RandomNet.Batch(graph, 9, 1);
        Dictionary<string, double[]> exact = Run(1, 1, DType.F64, null), off = Run(rateFactor, gammaFactor, DType.F32, null);
        Dictionary<string, double[]>[] moved = [.. Nearness.Moves.Select(seed => Run(1, 1, DType.F64, seed))];
        Exception? noticed = Record.Exception(() => s_single.Check(off, exact, moved, "here"));
        Assert.True(passes == noticed is null, noticed?.Message ?? "nothing was noticed");

        Dictionary<string, double[]> Run(double rate, double gamma, DType dtype, int? seed)
        {
            Model model = RandomNet.Parameterise(graph, 5);
            if (seed is int by) model.SetParameters(s_single.Moved(model.Parameters, by));
            var options = new TrainingOptions { Rule = new IncrementalPredictiveCoding { Steps = 3, Gamma = 0.1 * gamma }, Optimizer = new Sgd(0.05 * rate), DType = dtype, KeepGradients = true, FinalErrors = true };
            using var trainer = new Trainer(model, options, new CpuDevice(1));
            trainer.Step(seed is int move ? s_single.Moved(batch, move) : batch);
            return Compare.Results(trainer);
        }
    }

    [Fact]
    public void A_missing_tensor_and_a_number_that_is_none_are_noticed()
    {
        var exact = new Dictionary<string, double[]> { ["value/h"] = [1, 2] };
        var none = new Dictionary<string, double[]> { ["value/h"] = [1, double.NaN] };
        s_single.Check(exact, exact, [exact], "here");
        Assert.ThrowsAny<Exception>(() => s_single.Check(new Dictionary<string, double[]>(), exact, [exact], "here"));
        Assert.ThrowsAny<Exception>(() => s_single.Check(none, exact, [exact], "here"));
    }
}
