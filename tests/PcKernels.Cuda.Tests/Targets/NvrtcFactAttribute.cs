using PcKernels.Cuda.Interop.Nvrtc;

namespace PcKernels.Cuda.Tests.Targets;

/// <summary>A test that compiles by NVRTC; skipped with every path tried where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NvrtcFactAttribute : FactAttribute
{
    public NvrtcFactAttribute()
    {
        if (NvrtcLibrary.WhyMissing is { } reason) Skip = reason;
    }
}

/// <summary>As <see cref="NvrtcFactAttribute"/>, for theories.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NvrtcTheoryAttribute : TheoryAttribute
{
    public NvrtcTheoryAttribute()
    {
        if (NvrtcLibrary.WhyMissing is { } reason) Skip = reason;
    }
}
