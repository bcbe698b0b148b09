using PcKernels.Cuda.Interop;

namespace PcKernels.Cuda.Tests.Interop;

/// <summary>Lengths that do not fit 32 bits, without the memory.</summary>
public sealed class LargeMemoryTests : EmulatorTests
{
    [Fact]
    public void A_part_far_behind_the_beginning_has_its_address()
    {
        var span = new DeviceSpan<double>(0x1000, 5_000_000_000);
        Assert.Equal(40_000_000_000u, span.Bytes);
        DeviceSpan<double> part = span.Slice(4_999_999_990, 10);
        Assert.Equal(0x1000 + 8ul * 4_999_999_990, part.Address);
        Assert.Equal(10, part.Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => span.Slice(4_999_999_991, 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => span.Slice(-1, 1));
    }

    [EmulatorFact]
    public void Memory_that_the_device_has_not_is_told_in_bytes() =>
        Assert.Contains("12000000000 bytes", Fails(2, "CUDA_ERROR_OUT_OF_MEMORY", () => DeviceBuffer<float>.Allocate(Context, 3_000_000_000)).Message, StringComparison.Ordinal);
}
