using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PcKernels.Randomness;

/// <summary>Many numbers of one stream at once, with the bits of <see cref="Philox"/>.</summary>
internal static class PhiloxVector
{
    private const int Rounds = 10;
    private const int Lanes = 8;
    private const uint Multiplier0 = 0xD2511F53, Multiplier1 = 0xCD9E8D57;
    private const uint KeyStep0 = 0x9E3779B9, KeyStep1 = 0xBB67AE85;
    private const float TwoToMinus24 = 1.0f / (1 << 24);

    /// <summary><see cref="Philox.UniformSingle"/> of consecutive indices.</summary>
    public static void UniformSingles(Philox random, ulong first, Span<float> destination)
    {
        int done = 0;
        if (Avx512DQ.IsSupported)
        {
            Vector256<float> scale = Vector256.Create(TwoToMinus24);
            for (; done + Lanes <= destination.Length; done += Lanes)
            {
                Vector512<ulong> bits = (Word0(random, first + (ulong)done) & Vector512.Create((ulong)uint.MaxValue)) >>> 8;
                (Avx512DQ.ConvertToVector256Single(bits) * scale).CopyTo(destination[done..]);
            }
        }
        else if (Avx2.IsSupported)
        {
            Vector256<float> scale = Vector256.Create(TwoToMinus24);
            Vector256<int> words = Vector256.Create(0, 2, 4, 6, 0, 2, 4, 6);
            for (; done + Lanes <= destination.Length; done += Lanes)
            {
                // Word 0 of each is the lower half of its lane.
                (Vector256<ulong> low, Vector256<ulong> high) = Words0(random, first + (ulong)done);
                Vector128<int> lower = Avx2.PermuteVar8x32(low.AsInt32(), words).GetLower(), upper = Avx2.PermuteVar8x32(high.AsInt32(), words).GetLower();
                (Avx.ConvertToVector256Single(Vector256.Create(lower, upper) >>> 8) * scale).CopyTo(destination[done..]);
            }
        }
        for (; done < destination.Length; done++) destination[done] = random.UniformSingle(first + (ulong)done);
    }

    // A word per 64-bit lane. A 32-bit multiplication leaves both halves of the product where they are needed and ignores what lies in the upper halves of
    // its factors, so nothing is masked.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Word0(Philox random, ulong first)
    {
        Vector512<ulong> c0 = Vector512.Create(first) + Vector512<ulong>.Indices, c1 = c0 >>> 32, c2 = Vector512.Create(random.Stream), c3 = c2 >>> 32;
        Vector512<uint> m0 = Vector512.Create((ulong)Multiplier0).AsUInt32(), m1 = Vector512.Create((ulong)Multiplier1).AsUInt32();
        Vector512<ulong> k0 = Vector512.Create(random.Seed), k1 = k0 >>> 32;
        for (int round = 0; round < Rounds; round++)
        {
            Vector512<ulong> product0 = Avx512F.Multiply(c0.AsUInt32(), m0), product1 = Avx512F.Multiply(c2.AsUInt32(), m1);
            c0 = (product1 >>> 32) ^ c1 ^ k0;
            c1 = product1;
            c2 = (product0 >>> 32) ^ c3 ^ k1;
            c3 = product0;
            k0 += Vector512.Create((ulong)KeyStep0);
            k1 += Vector512.Create((ulong)KeyStep1);
        }
        return c0;
    }

    // The same for two vectors side by side.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<ulong> Low, Vector256<ulong> High) Words0(Philox random, ulong first)
    {
        Vector256<ulong> c0 = Vector256.Create(first) + Vector256<ulong>.Indices, c1 = c0 >>> 32, c2 = Vector256.Create(random.Stream), c3 = c2 >>> 32;
        Vector256<ulong> d0 = c0 + Vector256.Create(4UL), d1 = d0 >>> 32, d2 = c2, d3 = c3;
        Vector256<uint> m0 = Vector256.Create((ulong)Multiplier0).AsUInt32(), m1 = Vector256.Create((ulong)Multiplier1).AsUInt32();
        Vector256<ulong> k0 = Vector256.Create(random.Seed), k1 = k0 >>> 32;
        for (int round = 0; round < Rounds; round++)
        {
            Vector256<ulong> c = Avx2.Multiply(c0.AsUInt32(), m0), cc = Avx2.Multiply(c2.AsUInt32(), m1);
            Vector256<ulong> d = Avx2.Multiply(d0.AsUInt32(), m0), dd = Avx2.Multiply(d2.AsUInt32(), m1);
            (c0, c1, c2, c3) = ((cc >>> 32) ^ c1 ^ k0, cc, (c >>> 32) ^ c3 ^ k1, c);
            (d0, d1, d2, d3) = ((dd >>> 32) ^ d1 ^ k0, dd, (d >>> 32) ^ d3 ^ k1, d);
            k0 += Vector256.Create((ulong)KeyStep0);
            k1 += Vector256.Create((ulong)KeyStep1);
        }
        return (c0, d0);
    }
}
