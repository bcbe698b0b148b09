using PcKernels.Randomness;

namespace PcKernels.Data.Batches;

/// <summary>The order in which an epoch visits the samples: a pure function of seed and epoch, so that a resumed run goes on as the one before would have.</summary>
public static class EpochOrder
{
    // The upper half names the purpose ("SHUF", "SPLT"), so that no other user of the same seed draws the same numbers.
    private const ulong ShuffleStream = 0x5348_5546UL << 32;
    internal const ulong SplitStream = 0x5350_4C54UL << 32;

    /// <summary>Fills <paramref name="order"/> with a random permutation of 0 … length − 1.</summary>
    /// <param name="order">Receives the permutation.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">The epoch, 0 or more; each has its own permutation.</param>
    public static void Fill(Span<int> order, ulong seed, int epoch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        Shuffle(order, seed, ShuffleStream | (uint)epoch);
    }

    /// <summary>Fisher and Yates' shuffle of the identity.</summary>
    internal static void Shuffle(Span<int> order, ulong seed, ulong stream)
    {
        for (int i = 0; i < order.Length; i++) order[i] = i;
        var random = new Philox(seed, stream);
        for (int i = order.Length - 1; i > 0; i--)
        {
            // 64 bits, so that the bias of scaling instead of rejecting is below 2^-32 for any length.
            ulong bits = (ulong)random.UInt32(2 * (ulong)i) << 32 | random.UInt32(2 * (ulong)i + 1);
            int j = (int)Math.BigMul(bits, (ulong)i + 1, out _);
            (order[i], order[j]) = (order[j], order[i]);
        }
    }
}
