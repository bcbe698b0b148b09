using System.Runtime.InteropServices;

namespace PcKernels.Execution;

/// <summary>An integer with cache lines of its own (two on each side: the hardware fetches them in pairs), so that threads that poll it disturb no one else.</summary>
[StructLayout(LayoutKind.Explicit, Size = 384)]
internal struct PaddedInt
{
    /// <summary>The value.</summary>
    [FieldOffset(128)]
    public int Value;
}
