using System.Globalization;
using PcKernels.Cli.CommandLine;
using PcKernels.Cuda;
using PcKernels.Execution;
using PcKernels.Graphs;

namespace PcKernels.Cli.Settings;

/// <summary>Options to a device.</summary>
internal static class DeviceSettings
{
    private static readonly string[] s_known = ["cpu", "emulator", "cuda", "cuda:0"];

    /// <summary>The device.</summary>
    /// <exception cref="InputException">There is no such device, or it cannot be used here; the message says why and what to do.</exception>
    public static Device Read(OptionValues options)
    {
        CudaMath math = Math(options);
        CudaExecution execution = Execution(options);
        CudaKernels? kernels = Kernels(options);
        long? cublasFrom = CublasFrom(options);
        int threads = options.Whole("threads") ?? 0;
        string name = options.Text("device") ?? "cpu";
        if (name == "cpu" && math != CudaMath.Exact) throw new InputException($"--math {options.Text("math")}: the cpu rounds products to the element type only; use --math f32");
        if (name == "cpu" && execution != CudaExecution.Auto) throw new InputException($"--execution {CudaExecutionPlan.Name(execution)}: the cpu has one execution only; use --device cuda or emulator");
        if (name == "cpu" && cublasFrom is not null) throw new InputException("--products cublas: the cpu has products of its own only; use --device cuda or emulator");
        if (name == "cpu") return new CpuDevice(threads);
        if (name == "emulator") return Chosen(CudaDevice.Emulated());
        if (name == "cuda") return Chosen(new CudaDevice());
        if (IsNumberedCuda(name)) return Chosen(new CudaDevice(int.Parse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture)));
        throw new InputException($"--device {name}: there is no such device; {Suggestion.Of(name, s_known)}");

        CudaDevice Chosen(CudaDevice device)
        {
            device = device.WithExecution(execution).WithMath(math);
            if (cublasFrom is { } from) device = WithCublas(device, from);
            return kernels is { } source ? device.WithKernels(source) : device;
        }
    }

    /// <summary>How products round their operands.</summary>
    public static CudaMath Math(OptionValues options) => options.Choice("math", CudaMath.Exact, ("f32", CudaMath.Exact), ("tf32", CudaMath.Tf32), ("bf16", CudaMath.Bf16));

    /// <summary>How a GPU is to run a batch.</summary>
    public static CudaExecution Execution(OptionValues options) => options.Choice("execution", CudaExecution.Auto,
        [.. Enum.GetValues<CudaExecution>().Select(static e => (CudaExecutionPlan.Name(e), e))]);

    /// <summary>The least multiply-adds of a product that is left to cuBLAS; null: none is.</summary>
    /// <exception cref="InputException">A number without cuBLAS, or none.</exception>
    public static long? CublasFrom(OptionValues options)
    {
        bool isAsked = options.Choice("products", false, ("own", false), ("cublas", true));
        if (options.Text("cublas-from") is not { } text) return isAsked ? CudaDevice.LargeProduct : null;
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long from) || from < 1) throw new InputException($"--cublas-from {text}: must be a whole number ≥ 1");
        return isAsked ? from : throw new InputException($"--cublas-from {text}: our kernels do every product; add --products cublas");
    }

    /// <summary>The limits to plan for: those that are named, else the GPU's own; null for the cpu.</summary>
    /// <exception cref="InputException">There are no limits of that name, or no such device.</exception>
    public static CudaLimits? Limits(OptionValues options)
    {
        string? named = options.Text("limits");
        if (named is null) return (Read(options) as CudaDevice)?.Limits;
        string device = options.Text("device") ?? "cpu";
        if (device != "cuda" && device != "emulator" && !IsNumberedCuda(device)) throw new InputException($"--limits {named}: limits are a GPU's; add --device cuda");
        return CudaLimits.Named(named);
    }

    private static CudaDevice WithCublas(CudaDevice device, long from)
    {
        try
        {
            return device.WithCublas(from);
        }
        catch (InputException error)
        {
            throw new InputException($"--products cublas: {error.Message}, or use --products own");
        }
    }

    // Where the option is not given, a variable may choose.
    private static CudaKernels? Kernels(OptionValues options) => !options.Has("kernels") ? null
        : options.Choice("kernels", CudaKernels.Auto, ("auto", CudaKernels.Auto), ("fatbin", CudaKernels.Fatbin), ("ptx", CudaKernels.Ptx), ("nvrtc", CudaKernels.Nvrtc));

    private static bool IsNumberedCuda(string name) =>
        name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
