using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text.Encodings.Web;
using System.Text.Json;
using PcKernels.Cli.CommandLine;
using PcKernels.Cli.Settings;
using PcKernels.Cuda;

namespace PcKernels.Cli.Commands;

/// <summary><c>pck devices</c>.</summary>
internal static class DevicesCommand
{
    private const string NoKernels = "this version has no CUDA kernels yet";

    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static CommandSpec Spec { get; } = new("devices", "Says what can be used here, and for what cannot, why and what would help.",
        ["pck devices", "pck devices --json"], [new("json", null, "one JSON object instead of text")], Run);

    private static int VectorBits => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : Vector128.IsHardwareAccelerated ? 128 : 64;

    private static void Run(CommandContext context)
    {
        CudaDriverStatus cuda = CudaDriver.Probe();
        if (context.Options.Flag("json")) WriteJson(context.Terminal.Out, cuda);
        else Write(context.Terminal.Out, cuda);
    }

    private static void Write(TextWriter to, CudaDriverStatus cuda)
    {
        to.WriteLine($"cpu       available: {Environment.ProcessorCount} processors, {VectorBits}-bit vectors, {RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}, {RuntimeInformation.FrameworkDescription}");
        to.WriteLine($"emulator  not available: {DeviceSettings.NoEmulator}");
        to.WriteLine($"cuda      not available: {(cuda.IsAvailable ? NoKernels : cuda.Reason)}");
        if (cuda.DriverVersion is not null) to.WriteLine($"          driver serves CUDA {cuda.DriverVersion}");
        foreach (CudaDeviceInfo device in cuda.Devices)
            to.WriteLine($"          cuda:{device.Ordinal} {device.Name}, compute capability {device.ComputeCapability}, {device.Multiprocessors} multiprocessors, {device.MemoryBytes >> 20} MiB");
        foreach (CudaTriedPath tried in cuda.TriedPaths) to.WriteLine($"          tried {tried.Path}: {tried.Error ?? "loaded"}");
        to.WriteLine($"          remedy: {cuda.Remedy ?? "use --device cpu"}");
    }

    private static void WriteJson(TextWriter to, CudaDriverStatus cuda) => to.WriteLine(JsonSerializer.Serialize(new
    {
        cpu = new { available = true, processors = Environment.ProcessorCount, vector_bits = VectorBits },
        emulator = new { available = false, reason = DeviceSettings.NoEmulator },
        cuda = new
        {
            available = false,
            reason = cuda.IsAvailable ? NoKernels : cuda.Reason,
            remedy = cuda.Remedy ?? "use --device cpu",
            driver = cuda.DriverVersion?.ToString(),
            devices = cuda.Devices.Select(static d => new { ordinal = d.Ordinal, name = d.Name, compute_capability = d.ComputeCapability.ToString(), multiprocessors = d.Multiprocessors, memory_bytes = d.MemoryBytes }),
            tried = cuda.TriedPaths.Select(static t => new { path = t.Path, error = t.Error }),
        },
    }, s_json));
}
