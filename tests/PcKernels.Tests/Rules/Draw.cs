using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace PcKernels.Tests.Rules;

/// <summary>One drawn case: a seed that everything follows from, and a size that shrinks.</summary>
/// <param name="Seed">Seed.</param>
/// <param name="Size">Hidden nodes.</param>
public sealed record Draw(int Seed, int Size)
{
    /// <summary>Checks a property on random draws, the same ones in every run; ten times as many with PCK_FULL=1.</summary>
    /// <param name="cases">How many.</param>
    /// <param name="largest">The largest size.</param>
    /// <param name="property">Throws where it does not hold.</param>
    public static void Check(int cases, int largest, Action<Draw> property)
    {
        Gen<Draw> draws = from seed in Gen.Choose(0, int.MaxValue - 1) from size in Gen.Choose(1, largest) select new Draw(seed, size);
        Arbitrary<Draw> arbitrary = Arb.From(draws, static d => d.Size <= 1 ? [] : [d with { Size = d.Size - 1 }, d with { Size = d.Size / 2 }]);
        bool isFull = Environment.GetEnvironmentVariable("PCK_FULL") == "1";
        Config config = Config.QuickThrowOnFailure.WithMaxTest(isFull ? 10 * cases : cases).WithReplay(new Replay(new Rnd(20_25, 7), null));
        Prop.ForAll(arbitrary, draw => Explained(draw, property)).Check(config);
    }

    /// <summary>One of several things, by seed and by what it is for.</summary>
    public T Pick<T>(string what, params T[] choices) => choices[Random(what).Next(choices.Length)];

    /// <summary>Random numbers for one purpose, independent of those for others.</summary>
    public Random Random(string what) => new(what.Aggregate(Seed, static (hash, letter) => unchecked(hash * 31 + letter)) & int.MaxValue);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"seed {Seed}, size {Size}");

    private static void Explained(Draw draw, Action<Draw> property)
    {
        try
        {
            property(draw);
        }
        catch (Exception error)
        {
            throw new InvalidOperationException($"{draw}: {error.Message}", error);
        }
    }
}
