using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text.Encodings.Web;
using System.Text.Json;
using PcKernels.Cli.CommandLine;
using PcKernels.Cuda;

namespace PcKernels.Cli.Commands;

/// <summary><c>pck devices</c>.</summary>
internal static class DevicesCommand
{
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static CommandSpec Spec { get; } = new("devices", "Says what can be used here, and for what cannot, why and what would help.",
        ["pck devices", "pck devices --json"], [new("json", null, "one JSON object instead of text")], Run);

    private static int VectorBits => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : Vector128.IsHardwareAccelerated ? 128 : 64;

    private static void Run(CommandContext context)
    {
        CudaDriverStatus cuda = CudaDriver.Probe();
        CudaDriverStatus emulator = CudaDriver.ProbeEmulator();
        if (context.Options.Flag("json")) WriteJson(context.Terminal.Out, emulator, cuda);
        else Write(context.Terminal.Out, emulator, cuda);
    }

    private static void Write(TextWriter to, CudaDriverStatus emulator, CudaDriverStatus cuda)
    {
        to.WriteLine($"cpu       available: {Environment.ProcessorCount} processors, {VectorBits}-bit vectors, {RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}, {RuntimeInformation.FrameworkDescription}");
        Write(to, "emulator", emulator);
        Write(to, "cuda", cuda);
    }

    private static void Write(TextWriter to, string name, CudaDriverStatus status)
    {
        to.WriteLine(status.IsAvailable ? $"{name,-9} available:" : $"{name,-9} not available: {status.Reason}");
        if (status.DriverVersion is not null) to.WriteLine($"          driver serves CUDA {status.DriverVersion}");
        foreach (CudaDeviceInfo device in status.Devices)
        {
            string emulated = name == "emulator" ? ", emulated by this processor" : "";
            to.WriteLine($"          {name}:{device.Ordinal} {device.Name}, compute capability {device.ComputeCapability}, {device.Multiprocessors} multiprocessors, {device.MemoryBytes >> 20} MiB{emulated}");
        }
        foreach (CudaTriedPath tried in status.TriedPaths) to.WriteLine($"          tried {tried.Path}: {tried.Error ?? "loaded"}");
        if (status.Remedy is not null) to.WriteLine($"          remedy: {status.Remedy}");
    }

    private static void WriteJson(TextWriter to, CudaDriverStatus emulator, CudaDriverStatus cuda) => to.WriteLine(JsonSerializer.Serialize(new
    {
        cpu = new { available = true, processors = Environment.ProcessorCount, vector_bits = VectorBits },
        emulator = Json(emulator),
        cuda = Json(cuda),
    }, s_json));

    private static object Json(CudaDriverStatus status) => new
    {
        available = status.IsAvailable,
        reason = status.Reason,
        remedy = status.Remedy,
        driver = status.DriverVersion?.ToString(),
        devices = status.Devices.Select(static d => new { ordinal = d.Ordinal, name = d.Name, compute_capability = d.ComputeCapability.ToString(), multiprocessors = d.Multiprocessors, memory_bytes = d.MemoryBytes }),
        tried = status.TriedPaths.Select(static t => new { path = t.Path, error = t.Error }),
    };
}
