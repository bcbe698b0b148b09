using PcKernels.Cli.CommandLine;

namespace PcKernels.Cli.Tests;

/// <summary>One command line, run in this process.</summary>
internal sealed record CliRun(int Code, string Out, string Error)
{
    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public static CliRun Of(params string[] args) => Of(CancellationToken.None, args);

    public static CliRun Of(CancellationToken cancellation, params string[] args)
    {
        using StringWriter output = new() { NewLine = "\n" }, error = new() { NewLine = "\n" };
        int code = Pck.Run(args, new Terminal(output, error, IsLive: false, IsUnicode: true), cancellation);
        return new CliRun(code, output.ToString(), error.ToString());
    }

    /// <summary>Runs a line that must succeed and returns what it printed.</summary>
    public static string Done(params string[] args)
    {
        CliRun run = Of(args);
        Assert.True(run.Code == 0, $"pck {string.Join(' ', args)} ended with {run.Code}: {run.Error}");
        return run.Out;
    }
}
