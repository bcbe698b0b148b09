using System.Globalization;
using PcKernels.Cli.CommandLine;
using PcKernels.Cuda;
using PcKernels.Execution;
using PcKernels.Graphs;

namespace PcKernels.Cli.Settings;

/// <summary>Options to a device.</summary>
internal static class DeviceSettings
{
    /// <summary>Why a GPU that is there, emulated or not, cannot be chosen.</summary>
    public const string NoKernels = "this version has no CUDA kernels yet";

    private static readonly string[] s_known = ["cpu", "emulator", "cuda", "cuda:0"];

    /// <summary>The device.</summary>
    /// <exception cref="InputException">There is no such device, or it cannot be used here; the message says why and what to do.</exception>
    public static Device Read(OptionValues options)
    {
        string math = options.Choice("math", "f32", ("f32", "f32"), ("tf32", "tf32"), ("bf16", "bf16"));
        int threads = options.Whole("threads") ?? 0;
        string name = options.Text("device") ?? "cpu";
        if (name == "cuda" || IsNumberedCuda(name)) throw NoGpu(name, CudaDriver.Probe(), "a driver");
        if (name == "emulator") throw NoGpu(name, CudaDriver.ProbeEmulator(), "the emulator");
        if (name != "cpu") throw new InputException($"--device {name}: there is no such device; {Suggestion.Of(name, s_known)}");
        if (math != "f32") throw new InputException($"--math {math}: the cpu rounds products to the element type only; use --math f32");
        return new CpuDevice(threads);
    }

    private static InputException NoGpu(string name, CudaDriverStatus driver, string what) => new(driver.IsAvailable
        ? $"--device {name}: {what} is here, but {NoKernels}; use --device cpu"
        : $"--device {name}: {driver.Reason}; {driver.Remedy}, or use --device cpu");

    private static bool IsNumberedCuda(string name) =>
        name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
