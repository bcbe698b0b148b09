using PcKernels.Cuda.Interop;
using PcKernels.Cuda.Tests.Targets;

namespace PcKernels.Cuda.Tests;

/// <summary>A test that needs the emulator's library. Without it the test is skipped with the reason, or fails where PCK_REQUIRE_EMULATOR=1 says it has to be there.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EmulatorFactAttribute : FactAttribute
{
    public EmulatorFactAttribute()
    {
        if (TestTargets.SkipReason(TestTarget.Emulator) is { } reason) Skip = reason;
    }
}

/// <summary>As <see cref="EmulatorFactAttribute"/>, for theories.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EmulatorTheoryAttribute : TheoryAttribute
{
    public EmulatorTheoryAttribute()
    {
        if (TestTargets.SkipReason(TestTarget.Emulator) is { } reason) Skip = reason;
    }
}

/// <summary>The emulator, loaded once.</summary>
internal static class EmulatorDevice
{
    private static readonly (DriverApi? Api, string? WhyMissing) s_loaded = Load();

    /// <summary>Why there is none, on one line; null when there is.</summary>
    internal static string? WhyMissing => s_loaded.WhyMissing;

    /// <summary>Its functions.</summary>
    internal static DriverApi Api => s_loaded.Api ?? throw new InvalidOperationException(WhyMissing);

    private static (DriverApi?, string?) Load()
    {
        CudaDriverStatus status = CudaDriver.ProbeEmulator();
        if (!status.IsAvailable)
            return (null, $"no emulator: {status.Reason} ({string.Join("; ", status.TriedPaths.Select(t => $"{t.Path}: {t.Error ?? "loaded"}"))}); {status.Remedy}");
        DriverLibrary.TryLoad(DriverLibrary.EmulatorPaths(), out List<CudaTriedPath> tried, out nint library);
        return (DriverApi.Of(library, tried[^1].Path), null);
    }
}
