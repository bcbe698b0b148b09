using System.Runtime.InteropServices;

namespace PcKernels.Execution.Cpu;

/// <summary>Zeroed memory outside the managed heap, aligned to cache lines.</summary>
internal sealed unsafe class NativeArena : SafeHandle
{
    private const nuint Alignment = 64;

    /// <summary>Allocates.</summary>
    /// <exception cref="RunException">There is not that much memory.</exception>
    public NativeArena(long bytes) : base(0, ownsHandle: true)
    {
        nuint length = (nuint)Math.Max(bytes, (long)Alignment);
        try
        {
            SetHandle((nint)NativeMemory.AlignedAlloc(length, Alignment));
        }
        catch (OutOfMemoryException error)
        {
            throw new RunException($"{bytes >> 20} MiB for buffers cannot be allocated; use a smaller --batch", error);
        }
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
}
