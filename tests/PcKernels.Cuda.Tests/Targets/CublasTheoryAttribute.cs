using PcKernels.Cuda.Interop.Cublas;

namespace PcKernels.Cuda.Tests.Targets;

/// <summary>A test of cuBLAS. It is skipped with the reason where there is no GPU, or where the library is missing; but PCK_REQUIRE_GPU=1 wants all on a GPU. Where the emulator stands in for the driver, so does its stand-in for the library.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CublasTheoryAttribute : TheoryAttribute
{
    public CublasTheoryAttribute()
    {
        if (TestTargets.SkipReason(TestTarget.Cuda) is { } noGpu) Skip = noGpu;
        else if (TestTargets.Requires(TestTarget.Cuda)) return;
        else if (CublasLibrary.WhyMissing(GpuDevice.Api) is { } noLibrary) Skip = noLibrary;
    }
}
