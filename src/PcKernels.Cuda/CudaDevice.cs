using PcKernels.Cuda.Interop;
using PcKernels.Cuda.Waves;
using PcKernels.Execution;
using PcKernels.Graphs;
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
    private readonly CudaExecution _execution;
    private readonly CudaMath _math;

    /// <summary>Takes a GPU.</summary>
    /// <param name="ordinal">The device's number in the driver's order, from 0.</param>
    /// <param name="execution">How programs run on it.</param>
    /// <param name="math">How products round their operands.</param>
    /// <exception cref="InputException">There is no driver or no such device; the message says why, what was tried and what to do.</exception>
    public CudaDevice(int ordinal = 0, CudaExecution execution = CudaExecution.Auto, CudaMath math = CudaMath.Exact)
        : this(ordinal == 0 ? "cuda" : $"cuda:{ordinal}", ordinal, CudaDriver.Probe(), DriverLibrary.DriverNames(), execution, math, null)
    {
    }

    private CudaDevice(string name, int ordinal, CudaDriverStatus status, IReadOnlyList<string> libraries, CudaExecution execution,
        CudaMath math, ShapeName? forcedShape)
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
        _execution = execution;
        _math = math;
        Info = status.Devices[ordinal];
    }

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

    /// <summary>Whether it is the emulator.</summary>
    public bool IsEmulated => _api.IsEmulator;

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string Description => $"{Info.Name}, compute capability {Info.ComputeCapability}, {Info.Multiprocessors} multiprocessors{(IsEmulated ? ", emulated" : "")}; {Words(_execution)}";

    /// <inheritdoc/>
    public override bool KnowsDualForm => true;

    /// <summary>The emulated GPU, which runs the same kernels on this machine's processor, slowly.</summary>
    /// <param name="execution">How programs run on it.</param>
    /// <param name="math">How products round their operands.</param>
    /// <exception cref="InputException">Its library is not here; the message says what was tried.</exception>
    public static CudaDevice Emulated(CudaExecution execution = CudaExecution.Auto, CudaMath math = CudaMath.Exact) => Emulated(execution, null, math);

    /// <inheritdoc/>
    public override DeviceSession Open(ParameterLayout layout, DType dtype)
    {
        ArgumentNullException.ThrowIfNull(layout);
        if (dtype == DType.F64 && _math != CudaMath.Exact) throw new InputException($"--math {_math.ToString().ToLowerInvariant()}: f64 products are not rounded; use --math f32, or --dtype f32");
        try
        {
            return dtype switch
            {
                DType.F32 => new CudaSession<float>(layout, CudaContext.RetainPrimary(_api, _ordinal), _execution, _math, _forcedShape),
                DType.F64 => new CudaSession<double>(layout, CudaContext.RetainPrimary(_api, _ordinal), _execution, _math, _forcedShape),
                _ => throw new InputException($"--dtype {dtype}: the kernels compute in f32 or f64"),
            };
        }
        catch (CudaException error)
        {
            throw new RunException(error.Message, error);
        }
    }

    internal static CudaDevice Emulated(CudaExecution execution, ShapeName? forcedShape, CudaMath math = CudaMath.Exact) =>
        new("emulator", 0, CudaDriver.ProbeEmulator(), DriverLibrary.EmulatorPaths(), execution, math, forcedShape);

    private static string Words(CudaExecution execution) => execution switch
    {
        CudaExecution.Waves => "waves as launches in a graph",
        CudaExecution.Cooperative => "a batch's waves in one cooperative launch",
        CudaExecution.Resident => "weights on the chip where a program lets them, else cooperative",
        _ => "the execution that fits each program",
    };
}
