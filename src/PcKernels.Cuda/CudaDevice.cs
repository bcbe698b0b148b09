using PcKernels.Cuda.Interop;
using PcKernels.Cuda.Waves;
using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Planning;

namespace PcKernels.Cuda;

/// <summary>A CUDA GPU, or the emulator that stands in for one: every wave of a program is one launch over all its tasks.</summary>
/// <remarks>
/// <para>f32 and f64 on the ordinary units, sums in a fixed order and without atomics: the same program, seed and data give the same bits run
/// after run on one device. Safe to share between threads; its sessions are not.</para>
/// </remarks>
public sealed class CudaDevice : Device
{
    private readonly DriverApi _api;
    private readonly int _ordinal;
    private readonly ShapeName? _forcedShape;

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
        Info = status.Devices[ordinal];
    }

    /// <summary>What the driver says of the device.</summary>
    public CudaDeviceInfo Info { get; }

    /// <summary>Whether it is the emulator.</summary>
    public bool IsEmulated => _api.IsEmulator;

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string Description => $"{Info.Name}, compute capability {Info.ComputeCapability}, {Info.Multiprocessors} multiprocessors{(IsEmulated ? ", emulated" : "")}; waves as launches in a graph";

    /// <summary>The emulated GPU, which runs the same kernels on this machine's processor, slowly.</summary>
    /// <exception cref="InputException">Its library is not here; the message says what was tried.</exception>
    public static CudaDevice Emulated() => Emulated(null);

    /// <inheritdoc/>
    public override bool Knows(Op op) => op is InputOp or RootOp or LinearOp or AddOp or ElementwiseOp;

    /// <inheritdoc/>
    public override DeviceSession Open(ParameterLayout layout, DType dtype)
    {
        ArgumentNullException.ThrowIfNull(layout);
        try
        {
            return dtype switch
            {
                DType.F32 => new CudaSession<float>(layout, CudaContext.RetainPrimary(_api, _ordinal), _forcedShape),
                DType.F64 => new CudaSession<double>(layout, CudaContext.RetainPrimary(_api, _ordinal), _forcedShape),
                _ => throw new InputException($"--dtype {dtype}: the kernels compute in f32 or f64"),
            };
        }
        catch (CudaException error)
        {
            throw new RunException(error.Message, error);
        }
    }

    internal static CudaDevice Emulated(ShapeName? forcedShape) =>
        new("emulator", 0, CudaDriver.ProbeEmulator(), DriverLibrary.EmulatorPaths(), forcedShape);
}
