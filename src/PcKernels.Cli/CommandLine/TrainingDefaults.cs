namespace PcKernels.Cli.CommandLine;

/// <summary>Numbers that apply when an option is not given; help prints them from here.</summary>
internal static class TrainingDefaults
{
    /// <summary>B.</summary>
    public const int Batch = 64;

    /// <summary>Epochs of <c>pck train</c>.</summary>
    public const int Epochs = 20;

    /// <summary>Units of each hidden layer of the model that is made when none is given.</summary>
    public const int HiddenUnits = 128;

    /// <summary>α of SGD.</summary>
    public const double SgdRate = 0.01;

    /// <summary>α of Adam.</summary>
    public const double AdamRate = 1e-3;

    /// <summary>λ of AdamW, PyTorch's.</summary>
    public const double AdamWDecay = 0.01;

    /// <summary>Share of the training part that becomes the test part of a data set without one.</summary>
    public const double TestShare = 0.2;
}
