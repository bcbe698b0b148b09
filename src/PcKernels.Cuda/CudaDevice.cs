using PcKernels.Cuda.Interop;
using PcKernels.Cuda.Interop.Cublas;
using PcKernels.Cuda.Kernels;
using PcKernels.Cuda.Waves;
using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Planning;

namespace PcKernels.Cuda;

/// <summary>A CUDA GPU, or the emulator that stands in for one: every wave of a program runs over all its tasks at once.</summary>
/// <remarks>
/// <para>f32 and f64 on the ordinary units, sums in a fixed order and without atomics: the same program, seed and data give the same bits run
/// after run on one device. Safe to share between threads; its sessions are not.</para>
/// </remarks>
public sealed class CudaDevice : Device
{
    private readonly DriverApi _api;
    private readonly int _ordinal;
    private readonly ShapeName? _forcedShape;
    private CudaExecution _execution;
    private CudaMath _math;
    private CudaKernels _kernels;
    private long? _cublasFrom;
    private (nint Context, nint Stream)? _borrowed;

    /// <summary>Takes a GPU.</summary>
    /// <param name="ordinal">The device's number in the driver's order, from 0.</param>
    /// <exception cref="InputException">There is no driver or no such device; the message says why, what was tried and what to do.</exception>
    public CudaDevice(int ordinal = 0)
        : this(ordinal == 0 ? "cuda" : $"cuda:{ordinal}", ordinal, CudaDriver.Probe(), DriverLibrary.DriverNames(), null)
    {
    }

    private CudaDevice(string name, int ordinal, CudaDriverStatus status, IReadOnlyList<string> libraries, ShapeName? forcedShape)
    {
        Name = name;
        if (!status.IsAvailable || !DriverLibrary.TryLoad(libraries, out List<CudaTriedPath> tried, out nint library))
        {
            string paths = string.Join("; ", status.TriedPaths.Select(static t => $"{t.Path}: {t.Error ?? "loaded"}"));
            throw new InputException($"--device {name}: {status.Reason}{(paths.Length > 0 ? $" (tried {paths})" : "")}; {status.Remedy}, or use --device cpu");
        }
        if (ordinal < 0 || ordinal >= status.Devices.Count)
            throw new InputException($"--device {name}: the driver sees {status.Devices.Count} {(status.Devices.Count == 1 ? "device, cuda:0" : $"devices, cuda:0 to cuda:{status.Devices.Count - 1}")}");
        try
        {
            _api = DriverApi.Of(library, tried[^1].Path);
        }
        catch (Exception error) when (error is CudaException or EntryPointNotFoundException)
        {
            throw new InputException($"--device {name}: {error.Message}; install a newer driver, release 580 or later, or use --device cpu");
        }
        _ordinal = ordinal;
        _forcedShape = forcedShape;
        _kernels = KernelLoader.Chosen();
        Info = status.Devices[ordinal];
    }

    /// <summary>The least multiply-adds of a product that cuBLAS takes when no other number is given: 512³. Smaller ones do not fill a GPU alone, and a wave runs them side by side.</summary>
    public const long LargeProduct = 1L << 27;

    /// <summary>What the driver says of the device.</summary>
    public CudaDeviceInfo Info { get; }

    /// <summary>What it has room for.</summary>
    /// <exception cref="RunException">The driver does not say.</exception>
    public CudaLimits Limits
    {
        get
        {
            try
            {
                using CudaContext context = CudaContext.RetainPrimary(_api, _ordinal);
                return CudaLimits.Of(context) with { Name = Info.Name };
            }
            catch (CudaException error)
            {
                throw new RunException(error.Message, error);
            }
        }
    }

    /// <summary>How its products round their operands.</summary>
    public CudaMath Math => _math;

    /// <summary>Whether it is the emulator.</summary>
    public bool IsEmulated => _api.IsEmulator;

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string Description => $"{Info.Name}, compute capability {Info.ComputeCapability}, {Info.Multiprocessors} multiprocessors{(IsEmulated ? ", emulated" : "")}; {Words(_execution)}";

    /// <inheritdoc/>
    public override bool KnowsDualForm => true;

    /// <summary>Whether the CUDA kernels know an op, wherever they run.</summary>
    /// <param name="op">The op.</param>
    public static bool HasKernel(Op op) => op is InputOp or RootOp or LinearOp or AddOp or ElementwiseOp || OpFormulas.Knows(op);

    /// <summary>The emulated GPU, which runs the same kernels on this machine's processor, slowly.</summary>
    /// <param name="execution">How programs run on it.</param>
    /// <param name="math">How products round their operands.</param>
    /// <exception cref="InputException">Its library is not here; the message says what was tried.</exception>
    public static CudaDevice Emulated(CudaExecution execution = CudaExecution.Auto, CudaMath math = CudaMath.Exact) => Emulated(null).WithExecution(execution).WithMath(math);

    /// <inheritdoc/>
    public override bool Knows(Op op) => HasKernel(op);

    /// <inheritdoc/>
    public override DeviceSession Open(ParameterLayout layout, DType dtype)
    {
        ArgumentNullException.ThrowIfNull(layout);
        if (dtype == DType.F64 && _math != CudaMath.Exact) throw new InputException($"--math {_math.ToString().ToLowerInvariant()}: f64 products are not rounded; use --math f32, or --dtype f32");
        try
        {
            if (dtype is not (DType.F32 or DType.F64)) throw new InputException($"--dtype {dtype}: the kernels compute in f32 or f64");
            CudaContext context = _borrowed is { } theirs ? CudaContext.Borrow(_api, theirs.Context) : CudaContext.RetainPrimary(_api, _ordinal);
            CudaStream stream = _borrowed is { Stream: not 0 } other ? CudaStream.Borrow(context, other.Stream) : CudaStream.Create(context);
            var kernels = new KernelLoader(_kernels, KernelCache.OfUser());
            return dtype == DType.F32 ? new CudaSession<float>(layout, context, stream, kernels, _execution, _math, _forcedShape, _cublasFrom)
                : new CudaSession<double>(layout, context, stream, kernels, _execution, _math, _forcedShape, _cublasFrom);
        }
        catch (CudaException error)
        {
            throw new RunException(error.Message, error);
        }
    }

    /// <summary>Multiply-adds of the ordinary units at the highest clock, two operations each.</summary>
    /// <param name="dtype">F32 or F64.</param>
    /// <returns>In GFLOP/s, by clock and number of units, not measured; null for the emulator and where the units of the compute capability are not known.</returns>
    public double? PeakGflops(DType dtype)
    {
        if (IsEmulated) return null;
        // Lanes of a multiprocessor: arithmetic throughput table of the CUDA C++ programming guide.
        (int single, int wide) = (Info.ComputeCapability.Major, Info.ComputeCapability.Minor) switch
        {
            (8, 0) => (64, 32),
            (8, _) => (128, 2),
            (9, 0) => (128, 64),
            (10, 0) => (128, 64),
            (12, _) => (128, 2),
            _ => (0, 0),
        };
        if (single == 0) return null;
        using CudaContext context = CudaContext.RetainPrimary(_api, _ordinal);
        return 2e-6 * context.Attribute(DeviceAttribute.ClockKilohertz) * Info.Multiprocessors * (dtype == DType.F64 ? wide : single);
    }

    /// <summary>The same device, running programs in one way.</summary>
    /// <param name="execution">Which; one that a program does not allow gives way to the next that it does, see <see cref="CudaExecutionPlan"/>.</param>
    public CudaDevice WithExecution(CudaExecution execution)
    {
        var copy = (CudaDevice)MemberwiseClone();
        copy._execution = execution;
        return copy;
    }

    /// <summary>The same device, its products rounding their operands.</summary>
    /// <param name="math">How; f32 only.</param>
    public CudaDevice WithMath(CudaMath math)
    {
        var copy = (CudaDevice)MemberwiseClone();
        copy._math = math;
        return copy;
    }

    /// <summary>The same device, its large products by cuBLAS, one after another in the batch's graph before the launch that goes on from them.</summary>
    /// <param name="from">The least multiply-adds of a product that it takes. Smaller ones, and all other work, stay with the kernels of this library.</param>
    /// <remarks>
    /// Exact math is the library's pedantic mode; <see cref="CudaMath.Tf32"/> and <see cref="CudaMath.Bf16"/> are its own. Only waves run so. Sums are in another order than
    /// those of our kernels. On the emulator a stand-in takes the library's place.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="from"/> is less than 1.</exception>
    /// <exception cref="InputException">There is no cuBLAS here; the message lists every path tried.</exception>
    public CudaDevice WithCublas(long from = LargeProduct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(from, 1);
        if (CublasLibrary.WhyMissing(_api) is { } reason) throw new InputException(reason);
        var copy = (CudaDevice)MemberwiseClone();
        copy._cublasFrom = from;
        return copy;
    }

    /// <summary>How a program runs on this device, and why so.</summary>
    /// <param name="program">The program.</param>
    /// <param name="dtype">F32 or F64.</param>
    /// <exception cref="InputException">The kernels do not know one of the program's tasks.</exception>
    /// <exception cref="RunException">The driver does not say what the device has room for.</exception>
    public CudaExecutionPlan Plan(Program program, DType dtype) => CudaExecutionPlan.Of(program, dtype, Limits, _execution, _math, _cublasFrom);

    /// <summary>What the matrix products of one batch take by cuBLAS, one after another in a CUDA graph and without anything else: a peer to compare a batch with.</summary>
    /// <param name="program">The program of the batch.</param>
    /// <param name="dtype">F32 or F64.</param>
    /// <returns>Milliseconds, the median of several runs.</returns>
    /// <exception cref="InputException">There is no cuBLAS here, with every path tried, or the device is the emulator.</exception>
    /// <exception cref="RunException">The library fails.</exception>
    public double CublasMilliseconds(Program program, DType dtype)
    {
        ArgumentNullException.ThrowIfNull(program);
        if (IsEmulated) throw new InputException("cuBLAS needs a GPU; the emulator runs kernels in PTX only");
        try
        {
            using CudaContext context = CudaContext.RetainPrimary(_api, _ordinal);
            return dtype == DType.F64 ? LibraryProducts.Milliseconds<double>(context, program) : LibraryProducts.Milliseconds<float>(context, program);
        }
        catch (CudaException error)
        {
            throw new RunException(error.Message, error);
        }
    }

    /// <summary>The same device with kernels from one source.</summary>
    /// <param name="kernels">The source; by default the one that the variable PCK_KERNELS names, else all in order.</param>
    public CudaDevice WithKernels(CudaKernels kernels)
    {
        var copy = (CudaDevice)MemberwiseClone();
        copy._kernels = kernels;
        return copy;
    }

    /// <summary>The same device, its sessions in a context and a stream that another library made and goes on to own.</summary>
    /// <param name="context">The <c>CUcontext</c>, of this device; it has to outlive the sessions.</param>
    /// <param name="stream">The <c>CUstream</c>, or 0 for a stream of each session's own. Not the legacy stream: batches are captured.</param>
    /// <remarks>
    /// <para>A thread's current context is left as it was found by every call. A batch has ended when the call that runs it returns. Where parameters,
    /// inputs and results lie, <see cref="Training.Trainer.Memory"/> says: other kernels may read and write them in place.</para>
    /// </remarks>
    /// <exception cref="ArgumentException">The context is zero, or belongs to another device.</exception>
    /// <exception cref="InputException">It is no context of this driver.</exception>
    public CudaDevice WithHandles(nint context, nint stream = 0)
    {
        try
        {
            using CudaContext theirs = CudaContext.Borrow(_api, context);
            if (theirs.Ordinal != _ordinal) throw new ArgumentException($"the context belongs to device {theirs.Ordinal}, not {_ordinal}", nameof(context));
        }
        catch (CudaException error)
        {
            throw new InputException(error.Message);
        }
        var copy = (CudaDevice)MemberwiseClone();
        copy._borrowed = (context, stream);
        return copy;
    }

    internal static CudaDevice Gpu(ShapeName? forcedShape) => new("cuda", 0, CudaDriver.Probe(), DriverLibrary.DriverNames(), forcedShape);

    internal static CudaDevice Emulated(ShapeName? forcedShape) =>
        new("emulator", 0, CudaDriver.ProbeEmulator(), DriverLibrary.EmulatorPaths(), forcedShape);

    private static string Words(CudaExecution execution) => execution switch
    {
        CudaExecution.Waves => "waves as launches in a graph",
        CudaExecution.Cooperative => "a batch's waves in one cooperative launch",
        CudaExecution.Resident => "weights on the chip where a program lets them, else cooperative",
        _ => "the execution that fits each program",
    };
}
