namespace PcKernels.Cuda.Tests;

public sealed class CudaDriverTests
{
    [Fact]
    public void What_is_found_here_is_told_without_a_throw()
    {
        CudaDriverStatus status = CudaDriver.Probe();
        if (status.IsAvailable)
        {
            Assert.Null(status.Reason);
            Assert.NotNull(status.DriverVersion);
            Assert.NotEmpty(status.Devices);
            Assert.All(status.Devices, d => Assert.True(d.Name.Length > 0 && d.Multiprocessors > 0 && d.MemoryBytes > 0 && d.ComputeCapability.Major > 0));
            Assert.Null(status.TriedPaths[^1].Error);
        }
        else
        {
            Assert.Empty(status.Devices);
            AssertOneLine(status.Reason);
            AssertOneLine(status.Remedy);
        }
    }

    [Fact]
    public void Without_a_driver_every_path_tried_has_its_error()
    {
        string[] names = ["libno-such-driver.so.1", Path.Combine(Path.GetTempPath(), "no", "such", "driver.so")];
        CudaDriverStatus status = CudaDriver.Probe(names);
        Assert.False(status.IsAvailable);
        Assert.Null(status.DriverVersion);
        Assert.Empty(status.Devices);
        Assert.Equal(names, status.TriedPaths.Select(p => p.Path));
        Assert.All(status.TriedPaths, p => AssertOneLine(p.Error));
        AssertOneLine(status.Reason);
        Assert.All(names, n => Assert.Contains(n, status.Reason, StringComparison.Ordinal));
        AssertOneLine(status.Remedy);
    }

    [Fact]
    public void The_loader_error_is_the_loaders_own_words()
    {
        if (!OperatingSystem.IsLinux()) return; // the words below are those of the Linux loader
        CudaTriedPath tried = Assert.Single(CudaDriver.Probe(["libno-such-driver.so.1"]).TriedPaths);
        Assert.Contains("No such file or directory", tried.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_library_is_told_and_the_search_goes_on()
    {
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "not a library");
            CudaDriverStatus status = CudaDriver.Probe([file, "libno-such-driver.so.1"]);
            Assert.False(status.IsAvailable);
            Assert.Equal(2, status.TriedPaths.Count);
            Assert.All(status.TriedPaths, p => AssertOneLine(p.Error));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_library_that_is_no_driver_is_named_with_what_it_lacks()
    {
        string some = OperatingSystem.IsWindows() ? "kernel32.dll" : OperatingSystem.IsMacOS() ? "libSystem.dylib" : "libc.so.6";
        CudaDriverStatus status = CudaDriver.Probe(["libno-such-driver.so.1", some]);
        Assert.False(status.IsAvailable);
        Assert.Equal($"{some} is no CUDA driver or too old a one: it has no cuInit", status.Reason);
        Assert.Equal([some], status.TriedPaths.Where(p => p.Error is null).Select(p => p.Path));
        AssertOneLine(status.Remedy);
    }

    [Fact]
    public void A_platform_without_a_driver_says_so()
    {
        CudaDriverStatus status = CudaDriver.Probe([]);
        Assert.False(status.IsAvailable);
        Assert.Empty(status.TriedPaths);
        Assert.Equal("there is no CUDA driver for this operating system", status.Reason);
        AssertOneLine(status.Remedy);
    }

    private static void AssertOneLine(string? text)
    {
        Assert.False(string.IsNullOrWhiteSpace(text));
        Assert.DoesNotContain('\n', text!);
    }
}
