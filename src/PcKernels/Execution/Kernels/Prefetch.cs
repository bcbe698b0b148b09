using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace PcKernels.Execution.Kernels;

/// <summary>Asks for lines of memory before they are needed; any address is allowed. Nothing where the runtime has no such instruction (Arm64).</summary>
internal static unsafe class Prefetch
{
    /// <summary>Weights that are larger than this do not stay in the second-level cache: to fetch them ahead pays. Elsewhere it only costs instructions.</summary>
    public const long ResidentBytes = 512 * 1024;

    /// <summary>Bytes that one call asks for.</summary>
    public const int LineBytes = 64;

    /// <summary>Into all levels of cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Near(void* address)
    {
        if (Sse.IsSupported) Sse.Prefetch0(address);
    }

    /// <summary>Into the second level and below.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Far(void* address)
    {
        if (Sse.IsSupported) Sse.Prefetch1(address);
    }
}

/// <summary>Whether a block of a product fetches for the blocks after the next ones, as a type, so that a block that does not has no instruction for it.</summary>
internal interface IPrefetch
{
    /// <summary>Whether it does.</summary>
    static abstract bool Fetches { get; }
}

/// <summary>It does not.</summary>
internal readonly struct FetchNothing : IPrefetch
{
    public static bool Fetches => false;
}

/// <summary>It does.</summary>
internal readonly struct FetchAhead : IPrefetch
{
    public static bool Fetches => true;
}
