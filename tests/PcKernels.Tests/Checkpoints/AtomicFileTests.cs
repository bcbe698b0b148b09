using PcKernels.Checkpoints;
using PcKernels.Graphs;

namespace PcKernels.Tests.Checkpoints;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_is_made_and_replaced_and_nothing_else_stays()
    {
        string path = _folder.File("a");
        AtomicFile.Write(path, s => s.Write([1, 2, 3]));
        AtomicFile.Write(path, s => s.Write([4]));
        Assert.Equal([4], File.ReadAllBytes(path));
        Assert.Single(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void The_old_file_is_there_until_the_new_one_is_whole()
    {
        string path = _folder.Write("a", 1);
        AtomicFile.Write(path, s =>
        {
            s.Write([2, 2]);
            s.Flush();
            Assert.Equal([1], File.ReadAllBytes(path));
        });
        Assert.Equal([2, 2], File.ReadAllBytes(path));
    }

    [Fact]
    public void When_the_disk_is_full_the_old_file_stays_and_the_temporary_goes()
    {
        string path = _folder.Write("a", 1);
        RunException e = Assert.Throws<RunException>(() => AtomicFile.Write(path, s =>
        {
            s.Write(new byte[100_000]);
            throw new IOException("No space left on device : '/some/temporary'");
        }));
        Assert.Equal($"'{path}' cannot be written: No space left on device", e.Message);
        Assert.Equal([1], File.ReadAllBytes(path));
        Assert.Single(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void What_the_writer_throws_comes_out_and_the_old_file_stays()
    {
        string path = _folder.Write("a", 1);
        Assert.Throws<InvalidTimeZoneException>(() => AtomicFile.Write(path, _ => throw new InvalidTimeZoneException()));
        Assert.Equal([1], File.ReadAllBytes(path));
        Assert.Single(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_missing_folder_and_a_folder_in_the_place_are_one_line_each()
    {
        string path = Path.Combine(_folder.Path, "none", "a");
        Assert.Equal($"'{path}' cannot be written: the folder '{Path.GetDirectoryName(path)}' does not exist",
            Assert.Throws<RunException>(() => AtomicFile.Write(path, s => s.WriteByte(1))).Message);
        Assert.Contains("it is a folder", Assert.Throws<RunException>(() => AtomicFile.Write(_folder.Path, s => s.WriteByte(1))).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_full_device_is_written_directly_and_said_to_be_full()
    {
        if (!File.Exists("/dev/full")) return;
        string message = Assert.Throws<RunException>(() => Safetensors.Save("/dev/full", [new("a", Tensor.From<byte>([1], 1))])).Message;
        Assert.Equal("'/dev/full' cannot be written: No space left on device", message);
        Assert.True(File.Exists("/dev/full"));
    }

    [Fact]
    public void A_symbolic_link_keeps_pointing_to_the_file_that_is_replaced()
    {
        if (OperatingSystem.IsWindows()) return;
        string path = _folder.Write("a", 1), link = _folder.File("link");
        File.CreateSymbolicLink(link, path);
        AtomicFile.Write(link, s => s.WriteByte(9));
        Assert.Equal([9], File.ReadAllBytes(path));
        Assert.Equal(path, new FileInfo(link).LinkTarget);
    }
}
