using System.Numerics;
using PcKernels.Cuda.Interop;
using PcKernels.Cuda.Kernels;
using PcKernels.Cuda.Waves;
using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Planning;

namespace PcKernels.Cuda;

/// <summary>Parameters and optimiser state in device memory, the kernels, and the stream that everything runs in.</summary>
internal sealed class CudaSession<T> : DeviceSession where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly CudaModule _module;
    private readonly DeviceArena<T> _parameters;

    public CudaSession(ParameterLayout layout, CudaContext context, CudaStream stream, KernelLoader kernels, ShapeName? forcedShape)
    {
        Layout = layout;
        Context = context;
        bool isSingle = typeof(T) == typeof(float);
        string name = isSingle ? "wave_f32" : "wave_f64";
        _module = kernels.Load(context, name);
        Kernel = _module.Function($"pck_{name}");
        Stream = stream;
        Choice = new TileChoice(context.Attribute(DeviceAttribute.Multiprocessors), isSingle, forcedShape);
        _parameters = new DeviceArena<T>(Stream, context, layout.Length);
    }

    /// <inheritdoc/>
    public override DType DType => DTypes.Of<T>();

    /// <inheritdoc/>
    public override ParameterLayout Layout { get; }

    /// <summary>Where all of it lives.</summary>
    public CudaContext Context { get; }

    /// <summary>What all of it runs in.</summary>
    public CudaStream Stream { get; }

    /// <summary>The kernel of a wave.</summary>
    public CudaFunction Kernel { get; }

    /// <summary>Which tiles products take.</summary>
    public TileChoice Choice { get; }

    /// <inheritdoc/>
    public override PreparedProgram Prepare(Program program)
    {
        ArgumentNullException.ThrowIfNull(program);
        PlanBuffer[] persistent = [.. program.Buffers.Where(static b => b.IsPersistent)];
        bool fits = persistent.All(b => b.Id < Layout.Buffers.Count && Layout.Buffers[b.Id] is { } mine && mine.Name == b.Name && mine.Offset == b.Offset && mine.Length == b.Length);
        // A prediction knows no optimiser; its parameters may lie elsewhere and are found by name.
        if (!fits && program.Rule is not null) throw new ArgumentException("the program was planned for other parameters or another optimiser", nameof(program));
        try
        {
            return new CudaProgram<T>(this, program);
        }
        catch (CudaException error)
        {
            throw new RunException(error.Message, error);
        }
    }

    /// <inheritdoc/>
    public override DeviceMemory Memory(PlanBuffer buffer)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        return Locate(buffer).Hand(buffer, DType);
    }

    /// <summary>Where a persistent buffer lies.</summary>
    public DeviceView Locate(PlanBuffer buffer) => _parameters.View(Mine(buffer));

    /// <inheritdoc/>
    public override void Write(PlanBuffer buffer, ReadOnlySpan<double> values) => _parameters.Write(Mine(buffer), values);

    /// <inheritdoc/>
    public override void Read(PlanBuffer buffer, Span<double> values) => _parameters.Read(Mine(buffer), values);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _parameters.Dispose();
        Stream.Dispose();
        _module.Dispose();
        Context.Dispose();
    }

    private PlanBuffer Mine(PlanBuffer buffer) => buffer.Role == BufferRole.Parameter ? Layout.Parameter(buffer.Name) : buffer;
}
