using PcKernels.Randomness;

namespace PcKernels.Tests.Randomness;

public sealed class PhiloxVectorTests
{
    [Theory]
    [InlineData(0ul, 0ul, 0ul, 1)]
    [InlineData(1ul, 2ul, 3ul, 100)]
    [InlineData(ulong.MaxValue, 0x0123456789ABCDEFul, uint.MaxValue - 3ul, 23)]
    [InlineData(42ul, ulong.MaxValue, ulong.MaxValue - 9, 17)]
    public void The_numbers_are_those_drawn_one_by_one(ulong seed, ulong stream, ulong first, int count)
    {
        var random = new Philox(seed, stream);
        var numbers = new float[count];
        PhiloxVector.UniformSingles(random, first, numbers);
        for (int i = 0; i < count; i++) Assert.Equal(random.UniformSingle(unchecked(first + (ulong)i)), numbers[i]);
    }
}
