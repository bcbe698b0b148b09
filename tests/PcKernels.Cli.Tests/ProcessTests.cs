using System.Diagnostics;

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

    private static (int Code, string Out, string Error) Run(params string[] args)
    {
        using Process process = Start(args);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(s_limit));
        return (process.ExitCode, output, error.Result);
    }

    private static Process Start(params string[] args)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "pck.dll"), .. args]) { RedirectStandardOutput = true, RedirectStandardError = true, StandardErrorEncoding = System.Text.Encoding.UTF8, StandardOutputEncoding = System.Text.Encoding.UTF8 };
        return Process.Start(start)!;
    }
}
