using PcKernels.Cuda;
using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Optimizers;
using PcKernels.Rules;
using PcKernels.Training;

namespace PcKernels.Cli.Benchmarks;

/// <summary>Holds one batch in f32 against the same in f64 on the same device before it is timed; tests hold f64 there against the CPU.</summary>
internal static class PrecisionCheck
{
    private const double MoveTolerance = 1e-3;
    private const double EnergyTolerance = 1e-4;

    // Half a unit in the last place of a float, twice: of the parameter before and after a move.
    private const double Rounding = 1.2e-7;

    // Where products round their operands to u, a batch's moves and energies are off by some tens of u: an error is a difference of two values ten times its size.
    private const double RoundedUnits = 60;

    /// <summary>‖θ − θ₆₄‖ / ‖θ₆₄‖ over all parameters after a batch.</summary>
    /// <exception cref="RunException">The moves or the energies are further apart than rounding explains: there is nothing to time.</exception>
    public static double Difference(BenchSetting setting)
    {
        if (setting.Options.DType == DType.F64) return 0;
        (double[] start, double[] exact, double[] exactEnergies) = Run(setting, DType.F64);
        (_, double[] rounded, double[] energies) = Run(setting, setting.Options.DType);
        double size = Norm(exact, null), apart = Norm(rounded, exact), moved = Norm(exact, start);
        // Adam divides each gradient by its size, so that a tiny one may turn its sign.
        bool isLinear = setting.Options.Optimizer is Sgd;
        double rounds = RoundedUnits * Unit(setting), moves = Math.Max(MoveTolerance, rounds);
        double bound = (isLinear ? moves * moved : moves * size) + Rounding * size * Math.Max(1, setting.Steps ?? 1);
        // Behind Z-IL's front values may grow without bound; nobody reads them.
        double energiesApart = setting.Options.Rule is ZeroDivergence ? 0 : Norm(energies, exactEnergies) / Norm(exactEnergies, null);
        if (apart > bound || energiesApart > Math.Max(EnergyTolerance, rounds))
            throw new RunException($"{setting.Net.Name}, {setting.Options.Rule.Name}: f32 is {apart / size:g2} from f64 (energies {energiesApart:g2}), more than rounding explains; nothing is timed");
        return size == 0 ? 0 : apart / size;
    }

    private static double Unit(BenchSetting setting) => (setting.Other as CudaDevice)?.Math switch
    {
        CudaMath.Tf32 => Math.Pow(2, -11),
        CudaMath.Bf16 => Math.Pow(2, -8),
        _ => 0,
    };

    private static (double[] Start, double[] End, double[] Energies) Run(BenchSetting setting, DType dtype)
    {
        (float[] inputs, float[] targets) = setting.Data();
        Device device = dtype == DType.F64 && setting.Other is CudaDevice gpu ? gpu.WithMath(CudaMath.Exact) : setting.Device;
        using var trainer = new Trainer(setting.Net.Model, setting.Options with { DType = dtype }, device);
        double[] start = Parameters(trainer);
        trainer.Step(inputs, targets, setting.Batch);
        return (start, Parameters(trainer), trainer.Energies());
    }

    private static double[] Parameters(Trainer trainer) => [.. trainer.Graph.Parameters.SelectMany(p => trainer.Parameter(p.Name).ToDoubles())];

    private static double Norm(double[] a, double[]? b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            double value = a[i] - (b is null ? 0 : b[i]);
            sum += value * value;
        }
        return Math.Sqrt(sum);
    }
}
