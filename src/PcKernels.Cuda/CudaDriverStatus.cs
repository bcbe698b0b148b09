namespace PcKernels.Cuda;

/// <summary>Whether CUDA can be used here, and if not, why not and what to do.</summary>
/// <param name="IsAvailable">A driver was loaded and initialised and has at least one device.</param>
/// <param name="DriverVersion">The newest CUDA version the driver serves, such as 13.0; null when no driver could be asked.</param>
/// <param name="Devices">The devices in the driver's order; empty when none can be used.</param>
/// <param name="Reason">Why CUDA is not available, on one line; null when it is.</param>
/// <param name="TriedPaths">Every library tried, in order, the loaded one last.</param>
/// <param name="Remedy">What would help, on one line; null when nothing has to.</param>
public sealed record CudaDriverStatus(bool IsAvailable, Version? DriverVersion, IReadOnlyList<CudaDeviceInfo> Devices, string? Reason,
    IReadOnlyList<CudaTriedPath> TriedPaths, string? Remedy);
