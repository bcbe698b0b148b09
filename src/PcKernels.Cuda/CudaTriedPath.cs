namespace PcKernels.Cuda;

/// <summary>One library that was tried while looking for the driver.</summary>
/// <param name="Path">File name or path as handed to the loader.</param>
/// <param name="Error">What the loader said, on one line; null when the library was loaded.</param>
public sealed record CudaTriedPath(string Path, string? Error);
