namespace PcKernels.Tests.Rules.Oracle;

/// <summary>
/// What arithmetic of fewer bits does to a number: a relative change of up to <paramref name="unit"/> that follows from the number's bits and a seed. Equal numbers change alike,
/// so that an error which is exactly zero stays so.
/// </summary>
/// <param name="unit">The largest relative change; 0 for none.</param>
/// <param name="seed">One of many such arithmetics.</param>
internal sealed class Rounding(double unit, ulong seed)
{
    public static Rounding None { get; } = new(0, 0);

    public double Of(double value)
    {
        if (unit == 0) return value;
        // The finaliser of SplitMix64 scatters the bits.
        ulong bits = unchecked(BitConverter.DoubleToUInt64Bits(value) + (seed + 1) * 0x9E3779B97F4A7C15);
        bits = unchecked((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9);
        bits = unchecked((bits ^ (bits >> 27)) * 0x94D049BB133111EB);
        double share = (bits ^ (bits >> 31)) / (double)ulong.MaxValue;
        return value * (1 + unit * (2 * share - 1));
    }

    public double[,] Of(double[,] values)
    {
        if (unit == 0) return values;
        var rounded = (double[,])values.Clone();
        for (int r = 0; r < rounded.GetLength(0); r++)
            for (int c = 0; c < rounded.GetLength(1); c++) rounded[r, c] = Of(rounded[r, c]);
        return rounded;
    }
}
