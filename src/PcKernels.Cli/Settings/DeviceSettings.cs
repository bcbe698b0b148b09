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
        string math = options.Choice("math", "f32", ("f32", "f32"), ("tf32", "tf32"), ("bf16", "bf16"));
        int threads = options.Whole("threads") ?? 0;
        CudaKernels? kernels = Kernels(options);
        string name = options.Text("device") ?? "cpu";
        if (math != "f32") throw new InputException($"--math {math}: the {(name == "cpu" ? "cpu rounds" : "kernels round")} products to the element type only; use --math f32");
        CudaExecution execution = Execution(options);
        if (name == "cpu" && execution != CudaExecution.Auto) throw new InputException($"--execution {CudaExecutionPlan.Name(execution)}: the cpu has one execution only; use --device cuda or emulator");
        if (name == "cpu") return new CpuDevice(threads);
        if (name == "emulator") return With(CudaDevice.Emulated(execution), kernels);
        if (name == "cuda") return With(new CudaDevice(0, execution), kernels);
        if (IsNumberedCuda(name)) return With(new CudaDevice(int.Parse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture), execution), kernels);
        throw new InputException($"--device {name}: there is no such device; {Suggestion.Of(name, s_known)}");
    }

    // Where the option is not given, a variable may choose.
    private static CudaKernels? Kernels(OptionValues options) => !options.Has("kernels") ? null
        : options.Choice("kernels", CudaKernels.Auto, ("auto", CudaKernels.Auto), ("fatbin", CudaKernels.Fatbin), ("ptx", CudaKernels.Ptx), ("nvrtc", CudaKernels.Nvrtc));

    private static CudaDevice With(CudaDevice device, CudaKernels? kernels) => kernels is { } chosen ? device.WithKernels(chosen) : device;

    /// <summary>How a GPU is to run a batch.</summary>
    public static CudaExecution Execution(OptionValues options) => options.Choice("execution", CudaExecution.Auto,
        [.. Enum.GetValues<CudaExecution>().Select(static e => (CudaExecutionPlan.Name(e), e))]);

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

    private static bool IsNumberedCuda(string name) =>
        name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
