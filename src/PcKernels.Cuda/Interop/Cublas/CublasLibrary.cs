namespace PcKernels.Cuda.Interop.Cublas;

/// <summary>Finds cuBLAS, which a CUDA toolkit or a wheel of it brings. The emulator carries a stand-in of its own: machine code cannot run on it.</summary>
internal static class CublasLibrary
{
    /// <summary>The environment variable with its file or folder.</summary>
    internal const string Variable = "PCK_CUBLAS";

    private static readonly Lazy<(CublasApi? Api, string? WhyMissing)> s_toolkits = new(Load);
    private static readonly Lock s_gate = new();
    private static readonly Dictionary<nint, CublasApi> s_emulators = [];

    /// <summary>Paths in the order in which they are tried.</summary>
    internal static IReadOnlyList<string> Paths() => LibraryPaths.Of(Variable, ["libcublas.so.13", "libcublas.so.12", "libcublas.so"], ["cublas64_13.dll", "cublas64_12.dll"]);

    /// <summary>Why a driver's kernels have none beside them and what to do, on one line with every path tried; null when it is there.</summary>
    internal static string? WhyMissing(DriverApi driver) => driver.IsEmulator ? null : s_toolkits.Value.WhyMissing;

    /// <summary>The library that belongs to a driver.</summary>
    /// <exception cref="InputException">There is none; the message lists every path tried.</exception>
    internal static CublasApi Of(DriverApi driver)
    {
        if (!driver.IsEmulator) return s_toolkits.Value.Api ?? throw new InputException(s_toolkits.Value.WhyMissing!);
        lock (s_gate)
        {
            if (!s_emulators.TryGetValue(driver.Library, out CublasApi? known)) s_emulators.Add(driver.Library, known = new CublasApi(driver.Library));
            return known;
        }
    }

    /// <summary>What is told of paths that all failed.</summary>
    internal static string Explain(IReadOnlyList<CudaTriedPath> tried) =>
        $"cuBLAS could not be loaded (tried {(tried.Count == 0 ? "nothing: there is none for this operating system" : string.Join("; ", tried.Select(static t => $"{t.Path}: {t.Error}")))}); "
        + $"install the CUDA toolkit, or set CUDA_PATH to one or {Variable} to the library";

    private static (CublasApi?, string?) Load()
    {
        if (!DriverLibrary.TryLoad(Paths(), out List<CudaTriedPath> tried, out nint library)) return (null, Explain(tried));
        try
        {
            return (new CublasApi(library), null);
        }
        catch (EntryPointNotFoundException error)
        {
            return (null, Explain([.. tried.SkipLast(1), new CudaTriedPath(tried[^1].Path, error.Message)]));
        }
    }
}
