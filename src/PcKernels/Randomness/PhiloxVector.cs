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
}
