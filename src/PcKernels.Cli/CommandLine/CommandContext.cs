namespace PcKernels.Cli.CommandLine;

/// <summary>What a command works with.</summary>
/// <param name="Options">Options and argument.</param>
/// <param name="Terminal">Where it writes.</param>
/// <param name="Cancellation">Ctrl+C.</param>
internal sealed record CommandContext(OptionValues Options, Terminal Terminal, CancellationToken Cancellation);
