namespace PcKernels.Data.Tests;

/// <summary>Where the real data sets are that are not part of the repository: the folder in PCK_SHARED, or <c>shared/data</c> beside a folder above the tests.</summary>
public static class SharedData
{
    public static string? Root { get; } = Find();

    public static string Folder(string name) => Path.Combine(Root!, name);

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("PCK_SHARED") is { Length: > 0 } given)
            return new[] { given, Path.Combine(given, "data") }.FirstOrDefault(static f => Directory.Exists(Path.Combine(f, "tiny")));
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "shared", "data");
            if (Directory.Exists(candidate)) return candidate;
        }
        return null;
    }
}
