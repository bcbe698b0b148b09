namespace PcKernels.Cli.CommandLine;

/// <summary>One command: what help says of it, what it takes, and what it does.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Summary">What it does, in one sentence.</param>
/// <param name="Example">Command lines that work, one a line.</param>
/// <param name="Options">Its options.</param>
/// <param name="Run">Does it. Errors are exceptions.</param>
internal sealed record CommandSpec(string Name, string Summary, IReadOnlyList<string> Example, IReadOnlyList<OptionSpec> Options, Action<CommandContext> Run)
{
    /// <summary>What help calls the command's one optional argument; null where it takes none.</summary>
    public string? Argument { get; init; }

    /// <summary>More lines under the summary.</summary>
    public IReadOnlyList<string> Details { get; init; } = [];
}
