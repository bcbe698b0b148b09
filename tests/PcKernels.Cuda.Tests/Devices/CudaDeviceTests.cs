namespace PcKernels.Cuda.Tests.Devices;

public sealed class CudaDeviceTests
{
    [Fact]
    public void Without_a_gpu_what_was_tried_and_the_remedy_are_told()
    {
        CudaDriverStatus status = CudaDriver.Probe();
        if (status.IsAvailable)
        {
            Assert.Equal(status.Devices[0], new CudaDevice().Info);
            return;
        }
        string told = Assert.Throws<InputException>(static () => new CudaDevice()).Message;
        Assert.Contains(status.Reason!, told, StringComparison.Ordinal);
        Assert.Contains(status.Remedy!, told, StringComparison.Ordinal);
        Assert.All(status.TriedPaths, t => Assert.Contains(t.Path, told, StringComparison.Ordinal));
        Assert.DoesNotContain('\n', told);
    }

    [EmulatorFact]
    public void The_emulator_says_that_it_is_one()
    {
        CudaDevice device = CudaDevice.Emulated();
        Assert.True(device.IsEmulated);
        Assert.Equal("emulator", device.Name);
        Assert.Contains("emulated", device.Description, StringComparison.Ordinal);
    }
}
