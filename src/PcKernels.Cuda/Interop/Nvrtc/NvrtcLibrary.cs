using System.Runtime.InteropServices;

namespace PcKernels.Cuda.Interop.Nvrtc;

/// <summary>Finds NVRTC, the compiler that a CUDA toolkit or a wheel of it brings; the driver alone has none.</summary>
internal static class NvrtcLibrary
{
    /// <summary>The environment variable with its file or folder.</summary>
    internal const string Variable = "PCK_NVRTC";

    private static readonly Lazy<Found> s_found = new(Load);

    /// <summary>Whether it was found; what was tried.</summary>
    internal static bool IsAvailable => s_found.Value.Error is null;

    /// <summary>Every path that was tried with the loader's words, the loaded one last.</summary>
    internal static IReadOnlyList<CudaTriedPath> TriedPaths => s_found.Value.Tried;

    /// <summary>Why it cannot be used and what to do, on one line with every path tried; null when it can.</summary>
    internal static string? WhyMissing => s_found.Value.Error;

    /// <summary>Paths in the order in which they are tried.</summary>
    internal static IReadOnlyList<string> Paths() => LibraryPaths.Of(Variable, ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"], ["nvrtc64_130_0.dll", "nvrtc64_120_0.dll"]);

    /// <summary>What is told of paths that all failed.</summary>
    internal static string Explain(IReadOnlyList<CudaTriedPath> tried) =>
        $"NVRTC could not be loaded (tried {(tried.Count == 0 ? "nothing: there is none for this operating system" : string.Join("; ", tried.Select(static t => $"{t.Path}: {t.Error}")))}); "
        + $"install the CUDA toolkit, or set CUDA_PATH to one or {Variable} to the library";

    private static Found Load()
    {
        if (!DriverLibrary.TryLoad(Paths(), out List<CudaTriedPath> tried, out nint library)) return new Found(tried, Explain(tried));
        LoadBuiltins(tried[^1].Path);
        NvrtcFunctions.Bind(library);
        return new Found(tried, null);
    }

    // The library loads its other half by name alone when it first compiles; from a folder that the loader does not search, it has to be there by then.
    private static void LoadBuiltins(string path)
    {
        string? folder = Path.GetDirectoryName(path);
        if (string.IsNullOrEmpty(folder) || !OperatingSystem.IsLinux()) return;
        foreach (string file in Directory.EnumerateFiles(folder, "libnvrtc-builtins.so.*")) NativeLibrary.TryLoad(file, out _);
    }

    private sealed record Found(IReadOnlyList<CudaTriedPath> Tried, string? Error);
}
