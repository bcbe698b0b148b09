using PcKernels.Cuda;
using PcKernels.Planning;

namespace PcKernels.Cli.Benchmarks;

/// <summary>What was measured of one setting.</summary>
/// <param name="Setting">The setting.</param>
/// <param name="Milliseconds">Times of whole batches.</param>
/// <param name="Counts">Operations of the program.</param>
/// <param name="Peak">The measured peak of as many processors as the setting has workers, in GFLOP/s; a GPU's from its clock and units; null where none is known.</param>
/// <param name="Difference">Distance of the parameters after one batch to f64's, relatively.</param>
internal sealed record BenchResult(BenchSetting Setting, Spread Milliseconds, ProgramCounts Counts, double? Peak, double Difference)
{
    /// <summary>How a GPU ran it, and null on the CPU.</summary>
    public CudaExecution? Execution { get; init; }

    /// <summary>What the program's products alone take by cuBLAS, in milliseconds; null where it is not here.</summary>
    public double? Cublas { get; init; }

    /// <summary>The time that the program's products take at the peak.</summary>
    public double? FloorMilliseconds => Counts.Flop / Peak / 1e6;

    /// <summary>The floor over the median.</summary>
    public double? Share => FloorMilliseconds / Milliseconds.Median;

    /// <summary>The median over T; null for a rule without steps.</summary>
    public double? StepMilliseconds => Setting.Steps is > 0 and int steps ? Milliseconds.Median / steps : null;
}
