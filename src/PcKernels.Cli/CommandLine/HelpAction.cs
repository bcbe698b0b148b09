using System.CommandLine;
using System.CommandLine.Invocation;

namespace PcKernels.Cli.CommandLine;

/// <summary>What <c>--help</c> does.</summary>
internal sealed class HelpAction(Action<TextWriter> write) : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        write(parseResult.InvocationConfiguration.Output);
        return ExitCode.Done;
    }
}
