using System.Runtime.InteropServices;

namespace PcKernels.Cuda.Interop;

/// <summary>Where the driver and the emulator are looked for.</summary>
internal static class DriverLibrary
{
    /// <summary>The environment variable with the emulator's file or folder.</summary>
    internal const string EmulatorVariable = "PCK_EMULATOR";

    /// <summary>The environment variable with the driver's file, where the loader would not find it.</summary>
    internal const string DriverVariable = "PCK_CUDA_DRIVER";

    private const string EmulatorName = "pck_cuda_emulator";

    /// <summary>Names of the driver: what the variable says, and only that; else the real driver's, the most likely first.</summary>
    internal static string[] DriverNames() =>
        Environment.GetEnvironmentVariable(DriverVariable) is { Length: > 0 } named ? [named]
        : OperatingSystem.IsWindows() ? ["nvcuda.dll"]
        : OperatingSystem.IsLinux() ? ["libcuda.so.1", "libcuda.so", "/usr/lib/wsl/lib/libcuda.so.1"]
        : [];

    /// <summary>Paths of the emulator: where the variable says, and only there; else beside this assembly and the program.</summary>
    internal static string[] EmulatorPaths()
    {
        string file = OperatingSystem.IsMacOS() ? $"lib{EmulatorName}.dylib" : $"lib{EmulatorName}.so";
        string? set = Environment.GetEnvironmentVariable(EmulatorVariable);
        if (!string.IsNullOrEmpty(set)) return [Directory.Exists(set) ? Path.Combine(set, file) : set];
        if (OperatingSystem.IsWindows()) return [];
        string beside = Path.GetDirectoryName(typeof(DriverLibrary).Assembly.Location) ?? "";
        string[] folders = beside.Length > 0 ? [beside, AppContext.BaseDirectory] : [AppContext.BaseDirectory];
        return [.. folders.Select(folder => Path.GetFullPath(Path.Combine(folder, file))).Distinct()];
    }

    /// <summary>Loads the first that can be loaded; it stays loaded.</summary>
    /// <param name="names">Names or paths, in order.</param>
    /// <param name="tried">What was tried so far, with the loader's words; the loaded one last.</param>
    /// <param name="library">The library.</param>
    /// <returns>Whether one could be loaded.</returns>
    internal static bool TryLoad(IReadOnlyList<string> names, out List<CudaTriedPath> tried, out nint library)
    {
        tried = [];
        library = 0;
        foreach (string name in names)
        {
            bool loaded = TryLoad(name, out library, out string? error);
            tried.Add(new CudaTriedPath(name, error));
            if (loaded) return true;
        }
        return false;
    }

    private static bool TryLoad(string name, out nint library, out string? error)
    {
        error = null;
        if (NativeLibrary.TryLoad(name, out library)) return true;
        try
        {
            // TryLoad keeps the loader's words to itself; Load has them in its exception.
            library = NativeLibrary.Load(name);
            return true;
        }
        catch (Exception failure) when (failure is DllNotFoundException or BadImageFormatException)
        {
            string[] lines = failure.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            // On Linux the first line is general advice and the loader's own words follow it.
            error = lines.Length == 0 ? "it could not be loaded" : lines[^1];
            return false;
        }
    }
}
