using PcKernels.Cuda.Kernels;

namespace PcKernels.Cuda.Tests.Kernels;

public sealed class KernelCacheTests : IDisposable
{
    private static readonly byte[] s_content = [.. Enumerable.Range(0, 300).Select(static i => (byte)i)];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pck-cache-");
    private int _made;

    [Fact]
    public void What_was_made_once_is_read_from_then_on()
    {
        Assert.Equal(s_content, Cache().Get("key", Make));
        Assert.Equal(s_content, Cache().Get("key", Make));
        Assert.Equal(1, _made);
        Assert.Equal(s_content, Cache().Get("another", Make));
        Assert.Equal(2, _made);
    }

    [Theory]
    [InlineData("flipped")]
    [InlineData("cut")]
    [InlineData("longer")]
    [InlineData("empty")]
    [InlineData("another program's")]
    public void A_damaged_entry_is_made_anew(string damage)
    {
        string path = Cache().PathOf("key");
        Cache().Get("key", Make);
        byte[] file = File.ReadAllBytes(path);
        byte[] damaged = damage switch
        {
            "flipped" => [.. file[..^5], (byte)(file[^5] ^ 1), .. file[^4..]],
            "cut" => file[..^1],
            "longer" => [.. file, 0],
            "empty" => [],
            _ => [.. "something else"u8],
        };
        File.WriteAllBytes(path, damaged);
        Assert.Equal(s_content, Cache().Get("key", Make));
        Assert.Equal(2, _made);
        Assert.Equal(file, File.ReadAllBytes(path));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_costs_only_the_work()
    {
        string file = Path.Combine(_folder.FullName, "file");
        File.WriteAllText(file, "in the way");
        var cache = new KernelCache(Path.Combine(file, "cache"));
        Assert.Equal(s_content, cache.Get("key", Make));
        Assert.Equal(s_content, cache.Get("key", Make));
        Assert.Equal(2, _made);
    }

    [Fact]
    public void Writers_at_the_same_time_leave_one_whole_entry_and_nothing_else()
    {
        Parallel.For(0, 16, _ => Assert.Equal(s_content, Cache().Get("key", static () => s_content)));
        Assert.Equal([Cache().PathOf("key")], Directory.GetFiles(_folder.FullName));
        Assert.Equal(s_content, Cache().Get("key", static () => throw new InvalidOperationException("it is there")));
    }

    [Fact]
    public void A_key_knows_every_part_and_where_it_ends()
    {
        string[] keys = [KernelCache.Key("ab", "c"), KernelCache.Key("a", "bc"), KernelCache.Key("ab", "c", ""), KernelCache.Key("ab", "d"), KernelCache.Key("abc")];
        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.Equal(keys[0], KernelCache.Key("ab", "c"));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private KernelCache Cache() => new(_folder.FullName);

    private byte[] Make()
    {
        _made++;
        return s_content;
    }
}
