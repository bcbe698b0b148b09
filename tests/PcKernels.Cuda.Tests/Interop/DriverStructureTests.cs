using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PcKernels.Cuda.Interop;

namespace PcKernels.Cuda.Tests.Interop;

/// <summary>Structures lie in memory as cuda.h has them; the emulator asserts the same sizes on its side.</summary>
public sealed class DriverStructureTests
{
    [Fact]
    public void Structures_are_laid_out_as_the_driver_reads_them()
    {
        Assert.Equal(72, Unsafe.SizeOf<KernelNodeParameters>());
        Assert.Equal(40, (int)Marshal.OffsetOf<KernelNodeParameters>(nameof(KernelNodeParameters.Values)));
        Assert.Equal(40, Unsafe.SizeOf<FillNodeParameters>());
        Assert.Equal(200, Unsafe.SizeOf<CopyNodeParameters>());
        Assert.Equal(88, (int)Marshal.OffsetOf<CopyNodeParameters>(nameof(CopyNodeParameters.Destination)));
        Assert.Equal(40, (int)Marshal.OffsetOf<CopySide>(nameof(CopySide.HostAddress)));
        Assert.Equal(24, Unsafe.SizeOf<GraphUpdateResult>());
        Assert.Equal(72, Unsafe.SizeOf<LaunchAttribute>());
        Assert.Equal(8, (int)Marshal.OffsetOf<LaunchAttribute>(nameof(LaunchAttribute.Number)));
        Assert.Equal(56, Unsafe.SizeOf<LaunchDescription>());
        Assert.Equal(32, (int)Marshal.OffsetOf<LaunchDescription>(nameof(LaunchDescription.Stream)));
    }

    [Fact]
    public void A_library_that_is_no_emulator_is_told_what_it_lacks()
    {
        if (!OperatingSystem.IsLinux()) return; // the library below is Linux's
        NativeLibrary.TryLoad("libc.so.6", out nint library);
        string message = Assert.Throws<EntryPointNotFoundException>(() => DriverApi.Of(library, "libc.so.6")).Message;
        Assert.StartsWith("cuInit, cuDriverGetVersion, ", message, StringComparison.Ordinal);
        Assert.EndsWith("cuGraphExecUpdate_v2", message, StringComparison.Ordinal);
        CudaDriverStatus status = CudaDriver.ProbeEmulator(["libno-such-emulator.so", "libc.so.6"]);
        Assert.Equal("libc.so.6 is no emulator or too old a one: it has no cuInit", status.Reason);
        Assert.Equal(2, status.TriedPaths.Count);
    }

    [Fact]
    public void Without_an_emulator_the_reason_and_the_remedy_are_told()
    {
        CudaDriverStatus status = CudaDriver.ProbeEmulator(["libno-such-emulator.so"]);
        Assert.False(status.IsAvailable);
        Assert.Equal("the emulator's library could not be loaded", status.Reason);
        Assert.Contains("PCK_EMULATOR", status.Remedy, StringComparison.Ordinal);
        Assert.Contains("operating system", CudaDriver.ProbeEmulator([]).Reason, StringComparison.Ordinal);
    }
}
