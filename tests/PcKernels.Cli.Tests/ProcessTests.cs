using System.Diagnostics;
using PcKernels.Cuda;

namespace PcKernels.Cli.Tests;

/// <summary>The program as a user starts it.</summary>
public sealed class ProcessTests : TemporaryFolder
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    [Fact]
    public void Results_go_to_one_stream_and_progress_to_the_other()
    {
        (int code, string output, string error) = Run("train", "--epochs", "1", "--rule", "bp", "--save", At("x.safetensors"));
        Assert.Equal(0, code);
        Assert.Contains("test accuracy", output);
        Assert.StartsWith("epoch 1/1: ", error);
        Assert.DoesNotContain("\u001b", error);
        Assert.True(File.Exists(At("x.safetensors")));
    }

    [Fact]
    public void The_emulated_gpu_plays_the_device_it_is_told_to()
    {
        if (!CudaDriver.ProbeEmulator().IsAvailable) return; // InventoryTests fails where it has to be there
        Assert.Contains("132 multiprocessors", Devices("h100"));
        Assert.Contains("compute capability 8.0", Devices("a100"));
        Assert.Contains("PCK_EMULATOR_DEVICE: device 'h1000' is neither a preset (small, h100, a100) nor a file", Devices("h1000"));
        File.WriteAllText(At("half.device"), "preset = h100\nname = Half a GPU\nmultiprocessors = 66\n");
        Assert.Contains("emulator:0 Half a GPU, compute capability 9.0, 66 multiprocessors", Devices(At("half.device")));

        static string Devices(string device)
        {
            using Process process = Start(new Dictionary<string, string> { ["PCK_EMULATOR_DEVICE"] = device }, "devices");
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit(s_limit);
            Assert.Equal(0, process.ExitCode);
            return output;
        }
    }

    [Fact]
    public void Without_a_driver_devices_says_why_and_cuda_ends_with_2_and_the_remedy()
    {
        var none = new Dictionary<string, string> { ["PCK_CUDA_DRIVER"] = At("no-such-driver.so") };
        (int code, string output, _) = Run(none, "devices");
        Assert.Equal(0, code);
        foreach (string part in new[] { "cuda      not available: no CUDA driver could be loaded", $"tried {At("no-such-driver.so")}: ", "remedy: install the NVIDIA driver" }) Assert.Contains(part, output);
        (code, output, string error) = Run(none, "train", "--device", "cuda");
        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.StartsWith("pck: --device cuda: no CUDA driver could be loaded", error);
        foreach (string part in new[] { At("no-such-driver.so"), "install the NVIDIA driver", "use --device cpu" }) Assert.Contains(part, error);
        Assert.Single(error.Trim().Split('\n'));
    }

    [Fact]
    public void A_driver_that_is_named_is_the_one_that_runs()
    {
        if (!CudaDriver.ProbeEmulator().IsAvailable) return; // InventoryTests fails where it has to be there
        var emulator = new Dictionary<string, string> { ["PCK_CUDA_DRIVER"] = CudaDriver.ProbeEmulator().TriedPaths[^1].Path };
        (int code, string output, string error) = Run(emulator, "bench", "--device", "cuda", "--nets", "6-5-3@4", "--rules", "ipc", "--seconds", "0.001", "--rounds", "1");
        Assert.True(code == 0, error);
        Assert.Contains("device    PcKernels emulator", output);
        Assert.Matches(@"\| 6-5-3 +\| 4 +\| ipc +\|.*\| cuda +\|", output);
    }

    [Fact]
    public void A_wrong_option_ends_with_2_and_one_line()
    {
        (int code, string output, string error) = Run("train", "--gamma", "-1");
        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.Equal("pck: --gamma -1: the integration step γ must be a finite number > 0\n", error.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void A_full_disk_ends_with_1_and_says_so()
    {
        if (!File.Exists("/dev/full")) return;
        (int code, _, string error) = Run("train", "--epochs", "1", "--rule", "bp", "--save", "/dev/full");
        Assert.Equal(1, code);
        Assert.StartsWith("pck: '/dev/full' cannot be written: ", error.Trim().Split('\n')[^1]);
        Assert.Equal(1, Run("train", "--epochs", "1", "--rule", "bp", "--log", "/dev/full").Code);
    }

    [Fact]
    public void An_interrupt_ends_cleanly_with_what_was_reached()
    {
        if (OperatingSystem.IsWindows()) return;
        using Process process = Start("train", "--epochs", "1000000", "--save", At("x.safetensors"));
        string? first = process.StandardError.ReadLine();
        Assert.StartsWith("epoch 1/", first);
        using (Process signal = Process.Start("kill", ["-TERM", $"{process.Id}"])) signal.WaitForExit();
        _ = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(s_limit));
        Assert.Equal(0, process.ExitCode);
        Assert.Contains("interrupted in epoch", output);
        Assert.True(File.Exists(At("x.safetensors")));
    }

    private static (int Code, string Out, string Error) Run(params string[] args) => Run(new Dictionary<string, string>(), args);

    private static (int Code, string Out, string Error) Run(IReadOnlyDictionary<string, string> variables, params string[] args)
    {
        using Process process = Start(variables, args);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(s_limit));
        return (process.ExitCode, output, error.Result);
    }

    private static Process Start(params string[] args) => Start(new Dictionary<string, string>(), args);

    private static Process Start(IReadOnlyDictionary<string, string> variables, params string[] args)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "pck.dll"), .. args]) { RedirectStandardOutput = true, RedirectStandardError = true, StandardErrorEncoding = System.Text.Encoding.UTF8, StandardOutputEncoding = System.Text.Encoding.UTF8 };
        foreach ((string name, string value) in variables) start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
