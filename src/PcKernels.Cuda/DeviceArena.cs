using System.Numerics;
using System.Runtime.InteropServices;
using PcKernels.Cuda.Interop;
using PcKernels.Cuda.Waves;
using PcKernels.Planning;

namespace PcKernels.Cuda;

/// <summary>Zeroed device memory that holds a plan's buffers, with pinned memory between it and the host: one piece per buffer, made when it is first written or read.</summary>
/// <remarks>
/// A write is only put down; <see cref="Flush"/>, or a read, copies to the device what was written. Both finish before they return, so that pinned
/// memory is never written while it is copied. One thread at a time.
/// </remarks>
internal sealed class DeviceArena<T> : IDisposable where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly CudaStream _stream;
    private readonly CudaContext _context;
    private readonly DeviceBuffer<T> _memory;
    private readonly Dictionary<int, PinnedBuffer<T>> _pinned = [];
    private readonly List<PlanBuffer> _written = [];

    /// <summary>Allocates.</summary>
    /// <param name="stream">What copies run in.</param>
    /// <param name="context">Where.</param>
    /// <param name="length">Elements.</param>
    /// <exception cref="CudaException">The device has not so much memory.</exception>
    public DeviceArena(CudaStream stream, CudaContext context, long length)
    {
        _stream = stream;
        _context = context;
        _memory = DeviceBuffer<T>.Allocate(context, Math.Max(1, length));
        stream.Fill(_memory.Span, 0);
        stream.Synchronize();
    }

    /// <summary>Where a buffer lies.</summary>
    public DeviceView View(PlanBuffer buffer) => new(Span(buffer).Address, buffer.Stride, buffer.Columns);

    /// <summary>Puts row-major elements down.</summary>
    /// <exception cref="ArgumentException">Their number is not the buffer's.</exception>
    public void Write<TFrom>(PlanBuffer buffer, ReadOnlySpan<TFrom> values) where TFrom : unmanaged, INumberBase<TFrom>
    {
        if (values.Length != buffer.Count) throw new ArgumentException($"{buffer} takes {buffer.Count} elements, not {values.Length}", nameof(values));
        Span<T> to = Pinned(buffer).Span;
        for (int r = 0; r < buffer.Rows; r++)
        {
            Span<T> row = to.Slice(r * buffer.Stride, buffer.Columns);
            ReadOnlySpan<TFrom> from = values.Slice(r * buffer.Columns, buffer.Columns);
            if (typeof(TFrom) == typeof(T)) MemoryMarshal.Cast<TFrom, T>(from).CopyTo(row);
            else for (int c = 0; c < from.Length; c++) row[c] = T.CreateTruncating(from[c]);
        }
        if (!_written.Contains(buffer)) _written.Add(buffer);
        // Parameters have no run to wait for.
        if (buffer.IsPersistent) Flush();
    }

    /// <summary>Copies what was written to the device.</summary>
    public void Flush()
    {
        if (_written.Count == 0) return;
        foreach (PlanBuffer buffer in _written) _stream.Copy(Pinned(buffer), Span(buffer));
        _written.Clear();
        _stream.Synchronize();
    }

    /// <summary>Reads row-major elements.</summary>
    /// <exception cref="ArgumentException">Their number is not the buffer's.</exception>
    public void Read<TTo>(PlanBuffer buffer, Span<TTo> values) where TTo : unmanaged, INumberBase<TTo>
    {
        if (values.Length != buffer.Count) throw new ArgumentException($"{buffer} holds {buffer.Count} elements, not {values.Length}", nameof(values));
        Flush();
        PinnedBuffer<T> pinned = Pinned(buffer);
        _stream.Copy(Span(buffer), pinned);
        _stream.Synchronize();
        ReadOnlySpan<T> from = pinned.Span;
        for (int r = 0; r < buffer.Rows; r++)
        {
            ReadOnlySpan<T> row = from.Slice(r * buffer.Stride, buffer.Columns);
            Span<TTo> to = values.Slice(r * buffer.Columns, buffer.Columns);
            for (int c = 0; c < to.Length; c++) to[c] = TTo.CreateTruncating(row[c]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PinnedBuffer<T> pinned in _pinned.Values) pinned.Dispose();
        _memory.Dispose();
    }

    private DeviceSpan<T> Span(PlanBuffer buffer) => _memory.Span.Slice(buffer.Offset, buffer.Length);

    private PinnedBuffer<T> Pinned(PlanBuffer buffer)
    {
        if (_pinned.TryGetValue(buffer.Id, out PinnedBuffer<T>? known)) return known;
        if (buffer.Length > int.MaxValue) throw new RunException($"{buffer} has {buffer.Length} elements, more than the 2^31 that go through host memory at once; use a smaller --batch or model");
        PinnedBuffer<T> made = PinnedBuffer<T>.Allocate(_context, (int)buffer.Length);
        made.Span.Clear();
        _pinned.Add(buffer.Id, made);
        return made;
    }
}
