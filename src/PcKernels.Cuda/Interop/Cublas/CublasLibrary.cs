namespace PcKernels.Cuda.Interop.Cublas;

/// <summary>Finds cuBLAS, which a CUDA toolkit or a wheel of it brings.</summary>
internal static class CublasLibrary
{
    /// <summary>The environment variable with its file or folder.</summary>
    internal const string Variable = "PCK_CUBLAS";

    private static readonly Lazy<string?> s_whyMissing = new(Load);

    /// <summary>Why it cannot be used and what to do, on one line with every path tried; null when it can.</summary>
    internal static string? WhyMissing => s_whyMissing.Value;

    /// <summary>Paths in the order in which they are tried.</summary>
    internal static IReadOnlyList<string> Paths() => LibraryPaths.Of(Variable, ["libcublas.so.13", "libcublas.so.12", "libcublas.so"], ["cublas64_13.dll", "cublas64_12.dll"]);

    /// <summary>What is told of paths that all failed.</summary>
    internal static string Explain(IReadOnlyList<CudaTriedPath> tried) =>
        $"cuBLAS could not be loaded (tried {(tried.Count == 0 ? "nothing: there is none for this operating system" : string.Join("; ", tried.Select(static t => $"{t.Path}: {t.Error}")))}); "
        + $"install the CUDA toolkit, or set CUDA_PATH to one or {Variable} to the library";

    private static string? Load()
    {
        if (!DriverLibrary.TryLoad(Paths(), out List<CudaTriedPath> tried, out nint library)) return Explain(tried);
        LibraryImports.Bind(CublasFunctions.Library, library);
        return null;
    }
}
