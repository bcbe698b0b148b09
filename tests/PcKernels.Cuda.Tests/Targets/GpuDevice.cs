using PcKernels.Cuda.Interop;

namespace PcKernels.Cuda.Tests.Targets;

/// <summary>The driver, loaded once, where there is one with a device.</summary>
internal static class GpuDevice
{
    private static readonly (DriverApi? Api, string? WhyMissing) s_loaded = Load();

    /// <summary>Why there is none, on one line; null when there is.</summary>
    internal static string? WhyMissing => s_loaded.WhyMissing;

    /// <summary>Its functions.</summary>
    internal static DriverApi Api => s_loaded.Api ?? throw new InvalidOperationException(WhyMissing);

    private static (DriverApi?, string?) Load()
    {
        CudaDriverStatus status = CudaDriver.Probe();
        if (!status.IsAvailable)
            return (null, $"no GPU: {status.Reason} ({string.Join("; ", status.TriedPaths.Select(t => $"{t.Path}: {t.Error ?? "loaded"}"))}); {status.Remedy}");
        DriverLibrary.TryLoad(DriverLibrary.DriverNames(), out List<CudaTriedPath> tried, out nint library);
        return (DriverApi.Of(library, tried[^1].Path), null);
    }
}
