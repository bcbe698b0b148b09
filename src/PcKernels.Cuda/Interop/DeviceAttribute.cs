namespace PcKernels.Cuda.Interop;

/// <summary>Limits of a device that planning and launching need (<c>CUdevice_attribute</c>). Sizes are bytes.</summary>
internal enum DeviceAttribute
{
    MaxThreadsPerBlock = 1,
    SharedMemoryPerBlock = 8,
    WarpSize = 10,
    RegistersPerBlock = 12,
    ClockKilohertz = 13,
    Multiprocessors = 16,
    MemoryClockKilohertz = 36,
    MemoryBusBits = 37,
    L2CacheSize = 38,
    MaxThreadsPerMultiprocessor = 39,
    ComputeCapabilityMajor = 75,
    ComputeCapabilityMinor = 76,
    SharedMemoryPerMultiprocessor = 81,
    RegistersPerMultiprocessor = 82,
    CooperativeLaunch = 95,
    SharedMemoryPerBlockOptIn = 97,
    MaxBlocksPerMultiprocessor = 106,
    ReservedSharedMemoryPerBlock = 111,
}
