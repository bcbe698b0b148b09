using System.Numerics;
using PcKernels.Cuda.Interop;
using PcKernels.Cuda.Interop.Cublas;
using PcKernels.Cuda.Kernels;
using PcKernels.Cuda.Resident;
using PcKernels.Cuda.Waves;
using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Planning;

namespace PcKernels.Cuda;

/// <summary>Parameters and optimiser state in device memory, the kernels, and the stream that everything runs in.</summary>
internal sealed class CudaSession<T> : DeviceSession where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly string _products; // how kernels are named: by what their products round to
    private readonly Lazy<CudaModule> _waveModule, _graphModule, _loopModule;
    private readonly KernelLoader _kernels;
    private readonly Dictionary<string, CudaModule> _residentModules = []; // by what they are specialised for
    private readonly Lazy<CublasHandle> _cublas;
    private readonly DeviceArena<T> _parameters;

    public CudaSession(ParameterLayout layout, CudaContext context, CudaStream stream, KernelLoader kernels, CudaExecution execution, CudaMath math, ShapeName? forcedShape, long? cublasFrom)
    {
        Layout = layout;
        Context = context;
        bool isSingle = typeof(T) == typeof(float);
        string type = isSingle ? "f32" : "f64";
        _products = math == CudaMath.Exact ? type : math.ToString().ToLowerInvariant();
        _waveModule = new(() => kernels.Load(context, $"wave_{_products}"));
        _graphModule = new(() => kernels.Load(context, $"graph_{type}"));
        _loopModule = new(() => kernels.Load(context, $"loop_{_products}"));
        _kernels = kernels;
        Stream = stream;
        (Execution, Math, CublasFrom) = (execution, math, cublasFrom);
        _cublas = new(() => CublasHandle.Create(Stream, DType, Math));
        Limits = CudaLimits.Of(context);
        Choice = new TileChoice(Limits.Multiprocessors, isSingle, forcedShape);
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
    public CudaFunction Kernel => _waveModule.Value.Function($"pck_wave_{_products}");

    /// <summary>The kernel of a wave that knows all ops.</summary>
    public CudaFunction GraphKernel => _graphModule.Value.Function(typeof(T) == typeof(float) ? "pck_graph_f32" : "pck_graph_f64");

    /// <summary>The kernel of a whole batch.</summary>
    public CudaFunction LoopKernel => _loopModule.Value.Function($"pck_loop_{_products}");

    /// <summary>The kernel that keeps the weights on the chip; f32 only, exact or in tf32. Where NVRTC makes it, it is made for this program.</summary>
    public ResidentKernel ResidentKernel(ResidentSpecialisation program)
    {
        string[] definitions = program.Definitions;
        string key = string.Join(' ', definitions);
        if (!_residentModules.TryGetValue(key, out CudaModule? module) && !_residentModules.TryGetValue("", out module))
        {
            (module, bool isSpecialised) = _kernels.LoadFor(Context, $"resident_{_products}", definitions);
            _residentModules[isSpecialised ? key : ""] = module;
        }
        return new(module.Function($"pck_resident_{_products}_b{program.Samples}"), program.Samples, _residentModules.ContainsKey("") ? ResidentShape.Width : program.Width, Math);
    }

    /// <summary>How programs are to run.</summary>
    public CudaExecution Execution { get; }

    /// <summary>How products round their operands.</summary>
    public CudaMath Math { get; }

    /// <summary>The least multiply-adds of a product that cuBLAS takes; null: it takes none.</summary>
    public long? CublasFrom { get; }

    /// <summary>cuBLAS in the stream.</summary>
    /// <exception cref="InputException">There is none here.</exception>
    public CublasHandle Cublas => _cublas.Value;

    /// <summary>The device's limits.</summary>
    public CudaLimits Limits { get; }

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
        if (_cublas.IsValueCreated) _cublas.Value.Dispose();
        Stream.Dispose();
        if (_waveModule.IsValueCreated) _waveModule.Value.Dispose();
        if (_graphModule.IsValueCreated) _graphModule.Value.Dispose();
        if (_loopModule.IsValueCreated) _loopModule.Value.Dispose();
        foreach (CudaModule module in _residentModules.Values) module.Dispose();
        Context.Dispose();
    }

    private PlanBuffer Mine(PlanBuffer buffer) => buffer.Role == BufferRole.Parameter ? Layout.Parameter(buffer.Name) : buffer;
}
