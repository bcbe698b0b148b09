using PcKernels.Execution.Cpu;

namespace PcKernels.Tests.Execution;

public sealed unsafe class NativeArenaTests
{
    [Theory, InlineData(1), InlineData(4096), InlineData((2 << 20) - 1), InlineData(2 << 20), InlineData((6 << 20) + 12345)]
    public void Memory_is_zeroed_and_aligned_to_lines_or_large_pages(int bytes)
    {
        using var arena = new NativeArena(bytes);
        byte* first = arena.Pointer<byte>();
        nuint alignment = OperatingSystem.IsLinux() && bytes >= 2 << 20 ? 2u << 20 : 64u;
        Assert.Equal((nuint)0, (nuint)first % alignment);
        Assert.Equal(-1, new ReadOnlySpan<byte>(first, bytes).IndexOfAnyExcept((byte)0));
        first[0] = first[bytes - 1] = 1;
    }
}
