namespace PcKernels.Cuda.Interop;

/// <summary>Where the toolkit's libraries are looked for.</summary>
internal static class LibraryPaths
{
    /// <summary>Paths in order: where the variable says, and only there; else by the loader's own search, then in the toolkit's folders.</summary>
    /// <param name="variable">An environment variable with the file or its folder.</param>
    /// <param name="linux">File names on Linux, the newest first.</param>
    /// <param name="windows">File names on Windows, the newest first.</param>
    internal static IReadOnlyList<string> Of(string variable, IReadOnlyList<string> linux, IReadOnlyList<string> windows)
    {
        IReadOnlyList<string> files = OperatingSystem.IsLinux() ? linux : OperatingSystem.IsWindows() ? windows : [];
        if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } set)
            return Directory.Exists(set) ? [.. files.Select(f => Path.Combine(set, f))] : [set];
        return [.. files, .. from folder in Folders() from file in files select Path.Combine(folder, file)];
    }

    private static IEnumerable<string> Folders()
    {
        var roots = new List<string>();
        foreach (string variable in new[] { "CUDA_PATH", "CUDA_HOME" })
            if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } root && !roots.Contains(root)) roots.Add(root);
        if (OperatingSystem.IsLinux()) roots.Add("/usr/local/cuda");
        string[] inside = OperatingSystem.IsWindows() ? ["bin", "bin/x64"] : ["lib64", "lib", "targets/x86_64-linux/lib"];
        return from root in roots from folder in inside let path = Path.Combine(root, folder) where Directory.Exists(path) select path;
    }
}
