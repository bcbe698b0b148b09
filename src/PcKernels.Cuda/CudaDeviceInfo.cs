namespace PcKernels.Cuda;

/// <summary>What the driver says of one GPU.</summary>
/// <param name="Ordinal">Its number in the driver's order, as in <c>--device cuda:N</c>.</param>
/// <param name="Name">Its product name.</param>
/// <param name="ComputeCapability">Major and minor version, such as 9.0.</param>
/// <param name="Multiprocessors">Number of streaming multiprocessors.</param>
/// <param name="MemoryBytes">Global memory in bytes.</param>
public sealed record CudaDeviceInfo(int Ordinal, string Name, Version ComputeCapability, int Multiprocessors, long MemoryBytes);
