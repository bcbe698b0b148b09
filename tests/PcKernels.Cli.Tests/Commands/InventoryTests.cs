using System.Text.Json;

namespace PcKernels.Cli.Tests.Commands;

/// <summary>What is here: data sets and devices.</summary>
public sealed class InventoryTests : TemporaryFolder
{
    [Fact]
    public void The_digits_are_listed_with_counts_source_licence_and_checksums()
    {
        string text = CliRun.Done("data");
        foreach (string part in new[] { "3823 samples of [8, 8], 10 classes", "1797 samples", "UCI", "CC BY 4.0", "6e48d6930e4d67d66a0f2f88a36c2349" }) Assert.Contains(part, text);
    }

    [Fact]
    public void A_file_is_described()
    {
        string text = CliRun.Done("data", Text("t.csv", "1,2,a\n3,4,b\n5,6,a\n"));
        Assert.Contains("3 samples of [2], 2 classes", text);
        Assert.Contains("md5", text);
    }

    [Fact]
    public void Devices_say_what_is_there_and_why_not()
    {
        Assert.Contains("cpu       available:", CliRun.Done("devices"));
        JsonElement devices = JsonDocument.Parse(CliRun.Done("devices", "--json")).RootElement;
        Assert.True(devices.GetProperty("cpu").GetProperty("available").GetBoolean());
        Assert.True(devices.GetProperty("cpu").GetProperty("vector_bits").GetInt32() >= 64);
        JsonElement cuda = devices.GetProperty("cuda");
        if (cuda.GetProperty("available").GetBoolean()) return;
        Assert.NotEmpty(cuda.GetProperty("reason").GetString()!);
        Assert.NotEmpty(cuda.GetProperty("remedy").GetString()!);
    }

    [Fact]
    public void The_emulated_gpu_is_described_or_its_absence_explained()
    {
        string text = CliRun.Done("devices");
        JsonElement emulator = JsonDocument.Parse(CliRun.Done("devices", "--json")).RootElement.GetProperty("emulator");
        Assert.NotEqual(0, emulator.GetProperty("tried").GetArrayLength() + (OperatingSystem.IsWindows() ? 1 : 0));
        if (emulator.GetProperty("devices").GetArrayLength() == 0)
        {
            Assert.NotEqual("1", Environment.GetEnvironmentVariable("PCK_REQUIRE_EMULATOR"));
            Assert.Contains("emulator  not available:", text);
            return;
        }
        JsonElement device = emulator.GetProperty("devices")[0];
        Assert.True(device.GetProperty("multiprocessors").GetInt32() > 0);
        Assert.Contains($"emulator:0 {device.GetProperty("name").GetString()}", text);
        Assert.Contains("emulated by this processor", text);
    }
}
