using System.Runtime.InteropServices;

namespace PcKernels.Execution.Cpu;

/// <summary>Zeroed memory outside the managed heap, aligned to cache lines; large ones lie on large pages where the system (Linux) has them, since rows of a wide matrix are on a page each.</summary>
internal sealed unsafe partial class NativeArena : SafeHandle
{
    private const nuint LineBytes = 64;
    private const nuint LargePageBytes = 2 << 20;
    private const int UseLargePages = 14;

    /// <summary>Allocates.</summary>
    /// <exception cref="RunException">There is not that much memory.</exception>
    public NativeArena(long bytes) : base(0, ownsHandle: true)
    {
        nuint length = (nuint)Math.Max(bytes, (long)LineBytes);
        bool isLarge = OperatingSystem.IsLinux() && length >= LargePageBytes;
        try
        {
            SetHandle((nint)NativeMemory.AlignedAlloc(length, isLarge ? LargePageBytes : LineBytes));
        }
        catch (OutOfMemoryException error)
        {
            throw new RunException($"{bytes >> 20} MiB for buffers cannot be allocated; use a smaller --batch", error);
        }
        if (isLarge) AskForLargePages(length);
        NativeMemory.Clear((void*)handle, length);
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The first element.</summary>
    public T* Pointer<T>() where T : unmanaged => (T*)handle;

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        return true;
    }

    // A hint: where it is refused, or nobody takes it, the memory is as good, only slower. The last, partial page is left out.
    private void AskForLargePages(nuint length)
    {
        try
        {
            _ = Advise(handle, length / LargePageBytes * LargePageBytes, UseLargePages);
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException)
        {
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}
