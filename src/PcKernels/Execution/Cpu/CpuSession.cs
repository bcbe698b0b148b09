using System.Numerics;
using PcKernels.Graphs;
using PcKernels.Planning;

namespace PcKernels.Execution.Cpu;

/// <summary>Parameters, optimiser state and workers of the CPU device.</summary>
internal sealed unsafe class CpuSession<T> : DeviceSession where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly NativeArena _arena;

    public CpuSession(ParameterLayout layout, int threads)
    {
        Layout = layout;
        _arena = new NativeArena(layout.Length * sizeof(T));
        Pool = new WorkerPool(threads);
    }

    /// <inheritdoc/>
    public override DType DType => DTypes.Of<T>();

    /// <inheritdoc/>
    public override ParameterLayout Layout { get; }

    /// <summary>The workers, shared by all programs of the session.</summary>
    public WorkerPool Pool { get; }

    /// <inheritdoc/>
    public override PreparedProgram Prepare(Program program)
    {
        ArgumentNullException.ThrowIfNull(program);
        PlanBuffer[] persistent = [.. program.Buffers.Where(static b => b.IsPersistent)];
        bool fits = persistent.All(b => b.Id < Layout.Buffers.Count && Layout.Buffers[b.Id] is { } mine && mine.Name == b.Name && mine.Offset == b.Offset && mine.Length == b.Length);
        // A prediction knows no optimiser; its parameters may lie elsewhere and are found by name.
        if (!fits && program.Rule is not null) throw new ArgumentException("the program was planned for other parameters or another optimiser", nameof(program));
        return new CpuProgram<T>(this, program);
    }

    /// <summary>Where a persistent buffer lies.</summary>
    public Matrix<T> Locate(PlanBuffer buffer)
    {
        PlanBuffer mine = buffer.Role == BufferRole.Parameter ? Layout.Parameter(buffer.Name) : buffer;
        return new Matrix<T>((nint)(_arena.Pointer<T>() + mine.Offset), mine.Rows, mine.Columns, mine.Stride);
    }

    /// <inheritdoc/>
    public override void Write(PlanBuffer buffer, ReadOnlySpan<double> values) => Locate(buffer).Write(values, buffer);

    /// <inheritdoc/>
    public override void Read(PlanBuffer buffer, Span<double> values) => Locate(buffer).Read(values, buffer);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        Pool.Dispose();
        _arena.Dispose();
    }
}
