using PcKernels.Data.Training;

namespace PcKernels.Cli.Reports;

/// <summary>What is known after an epoch.</summary>
/// <param name="Epoch">Its number, from 1.</param>
/// <param name="Result">The training.</param>
/// <param name="Test">The test part.</param>
/// <param name="Validation">The validation part, if one was split off.</param>
/// <param name="Seconds">Training and evaluation.</param>
internal sealed record EpochReport(int Epoch, EpochResult Result, Evaluation Test, Evaluation? Validation, double Seconds);
