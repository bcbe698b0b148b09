using PcKernels.Data.Training;

namespace PcKernels.Cli.Reports;

/// <summary>Shows a training run while it goes on.</summary>
internal interface ITrainingView : IProgress<EpochProgress>
{
    /// <summary>Runs the training under the view.</summary>
    void Show(Action train);

    /// <summary>Says that an epoch has ended.</summary>
    void Report(EpochReport epoch);
}
