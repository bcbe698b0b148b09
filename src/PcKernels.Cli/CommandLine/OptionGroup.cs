namespace PcKernels.Cli.CommandLine;

/// <summary>Under which heading help shows an option.</summary>
internal enum OptionGroup
{
    Command,
    Inference,
    Optimiser,
    Device,
}
