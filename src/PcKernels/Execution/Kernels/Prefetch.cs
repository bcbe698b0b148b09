using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace PcKernels.Execution.Kernels;

/// <summary>Asks for lines of memory before they are needed; any address is allowed. Nothing where the runtime has no such instruction (Arm64).</summary>
internal static unsafe class Prefetch
{
    /// <summary>Weights that are larger than this do not stay in the second-level cache: to fetch them ahead pays. Elsewhere it only costs instructions.</summary>
    public const long ResidentBytes = 512 * 1024;

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

/// <summary>What a block of a product fetches for the blocks after the next ones, as a type, so that a block that fetches nothing has no instruction for it.</summary>
internal interface IPrefetch
{
    /// <summary>0 or 1: which half of the next panel; −1: nothing.</summary>
    static abstract int Half { get; }
}

/// <summary>Nothing.</summary>
internal readonly struct FetchNothing : IPrefetch
{
    public static int Half => -1;
}

/// <summary>The first half of the next panel.</summary>
internal readonly struct FetchFirst : IPrefetch
{
    public static int Half => 0;
}

/// <summary>The second half of the next panel.</summary>
internal readonly struct FetchSecond : IPrefetch
{
    public static int Half => 1;
}
