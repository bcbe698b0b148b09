using System.Text;

namespace PcKernels.Cli.CommandLine;

/// <summary>Where results and progress go, and what can be shown there.</summary>
/// <param name="Out">Results.</param>
/// <param name="Error">Progress, warnings and the one line of an error.</param>
/// <param name="IsLive">Whether <paramref name="Error"/> is a terminal that can be redrawn.</param>
/// <param name="IsUnicode">Whether <paramref name="Out"/> shows more than ASCII.</param>
internal sealed record Terminal(TextWriter Out, TextWriter Error, bool IsLive, bool IsUnicode)
{
    // The console wraps its encoding, so that only the number tells which one it is.
    private static readonly int[] s_unicode = [Encoding.UTF8.CodePage, Encoding.Unicode.CodePage];

    /// <summary>The process's own streams.</summary>
    public static Terminal OfProcess()
    {
        bool isDumb = Environment.GetEnvironmentVariable("TERM") == "dumb";
        return new Terminal(Console.Out, Console.Error, !Console.IsErrorRedirected && !isDumb, s_unicode.Contains(Console.OutputEncoding.CodePage));
    }
}
