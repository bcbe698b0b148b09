using PcKernels.Cuda.Interop.Cublas;

namespace PcKernels.Cuda.Tests.Targets;

/// <summary>A test of cuBLAS. It is skipped with the reason where there is no GPU, where the emulator stands in for one, or where the library is missing; but PCK_REQUIRE_GPU=1 wants all on a GPU.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CublasTheoryAttribute : TheoryAttribute
{
    public CublasTheoryAttribute()
    {
        if (TestTargets.SkipReason(TestTarget.Cuda) is { } noGpu) Skip = noGpu;
        else if (GpuDevice.WhyMissing is null && GpuDevice.Api.IsEmulator) Skip = "the emulator stands in for the GPU, and cuBLAS is machine code";
        else if (TestTargets.Requires(TestTarget.Cuda)) return;
        else if (CublasLibrary.WhyMissing is { } noLibrary) Skip = noLibrary;
    }
}
