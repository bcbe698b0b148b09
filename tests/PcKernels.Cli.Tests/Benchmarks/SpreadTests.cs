using PcKernels.Cli.Benchmarks;

namespace PcKernels.Cli.Tests.Benchmarks;

public sealed class SpreadTests
{
    [Fact]
    public void Quartiles_lie_between_neighbours() => Assert.Equal(new Spread(1, 1.75, 2.5, 3.25, 4), Spread.Of([4, 1, 3, 2]));

    [Fact]
    public void One_number_is_all_of_them() => Assert.Equal(new Spread(7, 7, 7, 7, 1), Spread.Of([7]));

    [Fact]
    public void Of_nothing_there_is_none() => Assert.Throws<ArgumentException>(static () => Spread.Of([]));
}
