using System.Reflection;
using System.Runtime.CompilerServices;

namespace PcKernels.Tests.PublicApi;

/// <summary>A change of what others may call shows as a change of a text file beside this test, so that nobody makes one unawares.</summary>
public sealed class PublicApiTests
{
    private const string HowToAccept = "If the change is meant, run the tests once with PCK_ACCEPT=1 and commit the file.";

    [Theory]
    [InlineData("PcKernels")]
    [InlineData("PcKernels.Data")]
    [InlineData("PcKernels.Cuda")]
    public void The_public_surface_is_the_one_on_file(string assemblyName)
    {
        string actual = PublicApiText.Of(Assembly.Load(assemblyName));
        if (Environment.GetEnvironmentVariable("PCK_ACCEPT") == "1")
        {
            Accept(assemblyName, actual);
            return;
        }
        // Read from the output folder: where sources are mapped for reproducible builds, their folder is not on record.
        string file = Path.Combine(AppContext.BaseDirectory, "PublicApi", assemblyName + ".txt");
        string expected = File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : "";
        if (actual != expected) Assert.Fail(Difference(assemblyName, expected, actual));
    }

    [Fact]
    public void The_first_differing_lines_and_the_way_out_are_shown()
    {
        string message = Difference("X", "a\nb\nc\n", "a\nB\nc\n");
        Assert.Contains("line 2", message, StringComparison.Ordinal);
        Assert.Contains("- b", message, StringComparison.Ordinal);
        Assert.Contains("+ B", message, StringComparison.Ordinal);
        Assert.DoesNotContain("- a", message, StringComparison.Ordinal);
        Assert.Contains("PCK_ACCEPT=1", message, StringComparison.Ordinal);
    }

    private static string Difference(string assemblyName, string expected, string actual)
    {
        const int shown = 5;
        string[] old = expected.Split('\n'), now = actual.Split('\n');
        int same = old.Zip(now).TakeWhile(pair => pair.First == pair.Second).Count();
        IEnumerable<string> lines = old.Skip(same).Take(shown).Select(l => "- " + l).Concat(now.Skip(same).Take(shown).Select(l => "+ " + l));
        return $"The public surface of {assemblyName} differs from PublicApi/{assemblyName}.txt from line {same + 1} on:\n{string.Join('\n', lines)}\n{HowToAccept}";
    }

    private static void Accept(string assemblyName, string text, [CallerFilePath] string thisFile = "")
    {
        string folder = Path.GetDirectoryName(thisFile)!;
        if (!Directory.Exists(folder)) Assert.Fail($"{folder} is not here: build without ContinuousIntegrationBuild to accept");
        File.WriteAllText(Path.Combine(folder, assemblyName + ".txt"), text);
    }
}
