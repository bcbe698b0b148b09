using System.Buffers;

namespace PcKernels.Checkpoints;

/// <summary>Some bytes of a mapped file as <see cref="Memory{T}"/>. After the file is closed every use throws instead of touching freed pages.</summary>
internal sealed unsafe class MappedMemory(byte* start, int length) : MemoryManager<byte>
{
    private byte* _start = start;

    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        return new Span<byte>(_start, length);
    }

    // Mapped pages do not move, so there is nothing to pin.
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)length, nameof(elementIndex));
        return new MemoryHandle(_start + elementIndex);
    }

    public override void Unpin() { }

    public void Close() => _start = null;

    protected override void Dispose(bool disposing) => Close();
}
