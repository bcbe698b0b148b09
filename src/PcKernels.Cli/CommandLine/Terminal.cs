using System.Text;

namespace PcKernels.Cli.CommandLine;

/// <summary>Where results and progress go, and what can be shown there.</summary>
/// <param name="Out">Results.</param>
/// <param name="Error">Progress, warnings and the one line of an error.</param>
/// <param name="IsLive">Whether <paramref name="Error"/> is a terminal that can be redrawn.</param>
/// <param name="IsUnicode">Whether <paramref name="Out"/> shows more than ASCII.</param>
internal sealed record Terminal(TextWriter Out, TextWriter Error, bool IsLive, bool IsUnicode)
{
    /// <summary>The process's own streams.</summary>
    public static Terminal OfProcess()
    {
        bool isDumb = Environment.GetEnvironmentVariable("TERM") == "dumb";
        return new Terminal(Console.Out, Console.Error, !Console.IsErrorRedirected && !isDumb, Console.OutputEncoding is UTF8Encoding or UnicodeEncoding);
    }
}
