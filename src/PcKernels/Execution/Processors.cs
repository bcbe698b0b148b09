using System.Numerics;
using System.Runtime.InteropServices;

namespace PcKernels.Execution;

/// <summary>Which processor a thread runs on, and moving it to another. Linux; elsewhere nothing is known and nothing moves.</summary>
internal static unsafe partial class Processors
{
    /// <summary>No processor: not known.</summary>
    public const int None = -1;

    private const int MaskWords = 16, WordBits = 64;

    // Found missing once, it is not looked for again.
    private static volatile bool s_isMissing = !OperatingSystem.IsLinux();

    /// <summary>The processor of the calling thread, or <see cref="None"/>.</summary>
    public static int Current()
    {
        if (s_isMissing) return None;
        try
        {
            return CurrentProcessor();
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException)
        {
            s_isMissing = true;
            return None;
        }
    }

    /// <summary>Moves the calling thread to a processor that it may use and that is not among the taken ones. Where it may run stays as it was: the system can move it again.</summary>
    /// <returns>The processor, or <see cref="None"/> where there is no such one or the system refuses.</returns>
    public static int MoveAwayFrom(ReadOnlySpan<int> taken)
    {
        if (s_isMissing) return None;
        ulong* allowed = stackalloc ulong[MaskWords];
        ulong* one = stackalloc ulong[MaskWords];
        const nuint bytes = MaskWords * sizeof(ulong);
        try
        {
            if (GetAffinity(0, bytes, allowed) != 0) return None;
            int free = FirstFree(new ReadOnlySpan<ulong>(allowed, MaskWords), taken);
            if (free == None) return None;
            one[free / WordBits] = 1UL << free % WordBits;
            int moved = SetAffinity(0, bytes, one);
            _ = SetAffinity(0, bytes, allowed);
            return moved == 0 ? free : None;
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException)
        {
            s_isMissing = true;
            return None;
        }
    }

    /// <summary>The first processor of a mask that is not taken.</summary>
    internal static int FirstFree(ReadOnlySpan<ulong> allowed, ReadOnlySpan<int> taken)
    {
        for (int word = 0; word < allowed.Length; word++)
        {
            for (ulong left = allowed[word]; left != 0; left &= left - 1)
            {
                int processor = word * WordBits + BitOperations.TrailingZeroCount(left);
                if (!taken.Contains(processor)) return processor;
            }
        }
        return None;
    }

    [LibraryImport("libc", EntryPoint = "sched_getcpu")]
    [SuppressGCTransition]
    private static partial int CurrentProcessor();

    [LibraryImport("libc", EntryPoint = "sched_getaffinity")]
    private static partial int GetAffinity(int thread, nuint bytes, ulong* mask);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int thread, nuint bytes, ulong* mask);
}
