using PcKernels.Cuda.Interop;
using PcKernels.Graphs;

namespace PcKernels.Cuda;

/// <summary>What a GPU has room for: all that choosing an execution needs, so that it can be done without one.</summary>
/// <param name="Name">Its name, in words.</param>
/// <param name="Multiprocessors">Streaming multiprocessors.</param>
/// <param name="ThreadsPerMultiprocessor">Threads that one holds at once.</param>
/// <param name="BlocksPerMultiprocessor">Blocks that one holds at once.</param>
/// <param name="RegistersPerMultiprocessor">32-bit registers of one.</param>
/// <param name="SharedBytesPerMultiprocessor">Shared memory of one, in bytes.</param>
/// <param name="SharedBytesPerBlock">The most that one block can ask for, in bytes.</param>
/// <param name="SharedBytesReserved">What the system takes of it for every block, in bytes.</param>
/// <param name="L2Bytes">Level-2 cache, in bytes.</param>
/// <param name="LaunchesCooperatively">Whether all blocks of a launch can be made to be resident at once.</param>
/// <param name="FlopPerSecond">f32 operations on the ordinary units in a second: lanes, times two, times the clock.</param>
/// <param name="Tf32FlopPerSecond">tf32 operations on the tensor cores in a second, none of them left out as zeros; in bf16 there are twice as many.</param>
/// <param name="MemoryBytesPerSecond">Bandwidth of device memory.</param>
/// <remarks>The named ones are NVIDIA's published figures (CUDA C++ Programming Guide, table of compute capabilities; architecture white papers).</remarks>
public sealed record CudaLimits(string Name, int Multiprocessors, int ThreadsPerMultiprocessor, int BlocksPerMultiprocessor, int RegistersPerMultiprocessor,
    int SharedBytesPerMultiprocessor, int SharedBytesPerBlock, int SharedBytesReserved, long L2Bytes, bool LaunchesCooperatively,
    double FlopPerSecond, double Tf32FlopPerSecond, double MemoryBytesPerSecond)
{
    private const int KiB = 1024;
    private const int RegisterGranule = 256; // registers of a warp are handed out in these
    private const int SharedGranule = 128;
    private const int WarpSize = 32;

    /// <summary>H100 SXM.</summary>
    public static CudaLimits H100 { get; } = new("H100", 132, 2048, 32, 65536, 228 * KiB, 227 * KiB, KiB, 50L * KiB * KiB, true, 132 * 128 * 2 * 1.755e9, 132 * 2048 * 1.755e9, 3.35e12);

    /// <summary>H200: the same chip as <see cref="H100"/>, with more memory.</summary>
    public static CudaLimits H200 { get; } = H100 with { Name = "H200", MemoryBytesPerSecond = 4.8e12 };

    /// <summary>A100.</summary>
    public static CudaLimits A100 { get; } = new("A100", 108, 2048, 32, 65536, 164 * KiB, 163 * KiB, KiB, 40L * KiB * KiB, true, 108 * 64 * 2 * 1.41e9, 108 * 1024 * 1.41e9, 1.555e12);

    /// <summary>The limits of a name: <c>h100</c>, <c>h200</c> or <c>a100</c>.</summary>
    /// <exception cref="InputException">There are none of that name.</exception>
    public static CudaLimits Named(string name)
    {
        CudaLimits[] known = [H100, H200, A100];
        return known.FirstOrDefault(k => string.Equals(k.Name, name, StringComparison.OrdinalIgnoreCase))
            ?? throw new InputException($"--limits {name}: the limits known by name are {string.Join(", ", known.Select(static k => k.Name.ToLowerInvariant()))}");
    }

    /// <summary>Blocks that one multiprocessor holds at once.</summary>
    /// <param name="threads">Threads of a block.</param>
    /// <param name="registers">Registers of a thread.</param>
    /// <param name="sharedBytes">Shared memory of a block.</param>
    /// <returns>0 where not even one fits.</returns>
    public int ResidentBlocks(int threads, int registers, int sharedBytes)
    {
        if (sharedBytes > SharedBytesPerBlock) return 0;
        int warps = Across(threads, WarpSize);
        int byRegisters = RegistersPerMultiprocessor / (Across(registers * WarpSize, RegisterGranule) * RegisterGranule) / warps;
        int byShared = SharedBytesPerMultiprocessor / (Across(sharedBytes + SharedBytesReserved, SharedGranule) * SharedGranule);
        return new[] { BlocksPerMultiprocessor, ThreadsPerMultiprocessor / (warps * WarpSize), byRegisters, byShared }.Min();
    }

    /// <summary>Operations of products in a second at most.</summary>
    /// <param name="dtype">Element type; in f64 the ordinary units do half of what they do in f32.</param>
    /// <param name="math">How products round their operands: on the tensor cores where they do, whatever the element type.</param>
    /// <returns>In FLOP/s, a multiply-add being two; published figures or units and clock, nothing measured.</returns>
    public double ProductFlopPerSecond(DType dtype, CudaMath math) => math switch
    {
        CudaMath.Tf32 => Tf32FlopPerSecond,
        CudaMath.Bf16 => 2 * Tf32FlopPerSecond,
        _ => dtype == DType.F64 ? FlopPerSecond / 2 : FlopPerSecond,
    };

    internal static CudaLimits Of(CudaContext context) => new("this device", context.Attribute(DeviceAttribute.Multiprocessors),
        context.Attribute(DeviceAttribute.MaxThreadsPerMultiprocessor), context.Attribute(DeviceAttribute.MaxBlocksPerMultiprocessor),
        context.Attribute(DeviceAttribute.RegistersPerMultiprocessor), context.Attribute(DeviceAttribute.SharedMemoryPerMultiprocessor),
        context.Attribute(DeviceAttribute.SharedMemoryPerBlockOptIn), context.Attribute(DeviceAttribute.ReservedSharedMemoryPerBlock),
        context.Attribute(DeviceAttribute.L2CacheSize), context.Attribute(DeviceAttribute.CooperativeLaunch) != 0,
        2.0 * context.Attribute(DeviceAttribute.Multiprocessors) * Lanes(context) * context.Attribute(DeviceAttribute.ClockKilohertz) * 1e3,
        1.0 * context.Attribute(DeviceAttribute.Multiprocessors) * Tf32FlopPerCycle(context) * context.Attribute(DeviceAttribute.ClockKilohertz) * 1e3,
        2.0 * context.Attribute(DeviceAttribute.MemoryClockKilohertz) * 1e3 * context.Attribute(DeviceAttribute.MemoryBusBits) / 8);

    // f32 lanes of a multiprocessor: 64 on compute capability 8.0, 128 on what came after.
    private static int Lanes(CudaContext context) =>
        (context.Attribute(DeviceAttribute.ComputeCapabilityMajor), context.Attribute(DeviceAttribute.ComputeCapabilityMinor)) is (8, 0) ? 64 : 128;

    // Of a multiprocessor's tensor cores (architecture white papers): the chips for computing have more of them than those for graphics.
    private static int Tf32FlopPerCycle(CudaContext context) =>
        (context.Attribute(DeviceAttribute.ComputeCapabilityMajor), context.Attribute(DeviceAttribute.ComputeCapabilityMinor)) switch
        {
            (8, 0) => 1024,
            (9, _) => 2048,
            (10, _) => 4096,
            _ => 256,
        };

    private static int Across(int extent, int size) => (extent + size - 1) / size;
}
