namespace PcKernels.Cli.CommandLine;

/// <summary>How the process ends (DESIGN §5).</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>The run failed, or a result could not be written.</summary>
    public const int Failed = 1;

    /// <summary>The command line or an input is wrong.</summary>
    public const int BadInput = 2;
}
