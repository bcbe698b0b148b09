using PcKernels.Cuda.Interop;

namespace PcKernels.Cuda.Resident;

/// <summary>A resident kernel that is loaded.</summary>
/// <param name="Function">The kernel.</param>
/// <param name="Samples">Samples that it holds.</param>
/// <param name="Width">Inputs of a layer that it holds.</param>
/// <param name="Math">How its products round.</param>
internal sealed record ResidentKernel(CudaFunction Function, int Samples, int Width, CudaMath Math)
{
    /// <summary>Dynamic shared memory of a block.</summary>
    public int SharedBytes { get; } = ResidentShape.SharedBytes(Samples, Math, Width);

    /// <summary>How many blocks are resident at once, and what shared memory each takes.</summary>
    public (int Blocks, int SharedBytes) Fit(CudaLimits limits)
    {
        Function.DynamicSharedLimit = System.Math.Min(SharedBytes, limits.SharedBytesPerBlock - Function.StaticSharedBytes);
        return (limits.Multiprocessors * Function.ResidentBlocks(ResidentShape.Threads, SharedBytes), SharedBytes);
    }
}
