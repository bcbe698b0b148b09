namespace PcKernels.Randomness;

/// <summary>
/// The counter-based generator Philox4x32-10: number <c>i</c> of a stream is a pure function of (seed, stream, i), so any element of an
/// array can be drawn alone, in any order, by any thread or device, always with the same bits.
/// </summary>
/// <param name="seed">The key, low word first: one seed is one experiment.</param>
/// <param name="stream">The upper half of the counter, low word first: one stream per parameter, layer or data set. Streams never overlap.</param>
/// <remarks>
/// <para>Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. The same functions, to the same
/// bits, are in <c>native/include/pck/philox.cuh</c>.</para>
/// <para>Every draw takes the block with counter (index, stream): <see cref="UInt32"/>, <see cref="Uniform"/> and <see cref="Normal"/> of one
/// index are therefore not independent of each other. Stateless, hence safe from any thread.</para>
/// </remarks>
public readonly struct Philox(ulong seed, ulong stream)
{
    private const int Rounds = 10;
    private const uint Multiplier0 = 0xD2511F53, Multiplier1 = 0xCD9E8D57;

    // Weyl increments of the key: the golden ratio and √3 − 1, as fractions of 2^32.
    private const uint KeyStep0 = 0x9E3779B9, KeyStep1 = 0xBB67AE85;

    private const double TwoToMinus53 = 1.0 / (1L << 53);
    private const float TwoToMinus24 = 1.0f / (1 << 24);

    /// <summary>The seed.</summary>
    public ulong Seed { get; } = seed;

    /// <summary>The stream.</summary>
    public ulong Stream { get; } = stream;

    /// <summary>The four output words for one counter, all 128 bits of which are free; the stream is not used.</summary>
    /// <param name="counterLow">Counter words 0 and 1, word 0 in the low half.</param>
    /// <param name="counterHigh">Counter words 2 and 3, word 2 in the low half.</param>
    public (uint Word0, uint Word1, uint Word2, uint Word3) Block(ulong counterLow, ulong counterHigh)
    {
        uint c0 = (uint)counterLow, c1 = (uint)(counterLow >> 32), c2 = (uint)counterHigh, c3 = (uint)(counterHigh >> 32);
        uint k0 = (uint)Seed, k1 = (uint)(Seed >> 32);
        for (int round = 0; round < Rounds; round++)
        {
            ulong product0 = (ulong)Multiplier0 * c0, product1 = (ulong)Multiplier1 * c2;
            c0 = (uint)(product1 >> 32) ^ c1 ^ k0;
            c1 = (uint)product1;
            c2 = (uint)(product0 >> 32) ^ c3 ^ k1;
            c3 = (uint)product0;
            unchecked
            {
                k0 += KeyStep0;
                k1 += KeyStep1;
            }
        }
        return (c0, c1, c2, c3);
    }

#pragma warning disable CA1720 // The width is the point: these are the words of the published algorithm.
    /// <summary>32 uniform bits: word 0 of the block.</summary>
    public uint UInt32(ulong index) => Block(index, Stream).Word0;

    /// <summary>64 uniform bits: words 0 (low) and 1 (high) of the block.</summary>
    public ulong UInt64(ulong index)
    {
        (uint low, uint high, _, _) = Block(index, Stream);
        return Join(low, high);
    }
#pragma warning restore CA1720

    /// <summary>A uniform number in [0, 1): the upper 53 bits of <see cref="UInt64"/>, times 2^−53.</summary>
    public double Uniform(ulong index) => (UInt64(index) >> 11) * TwoToMinus53;

    /// <summary>A uniform number in [0, 1): the upper 24 bits of <see cref="UInt32"/>, times 2^−24.</summary>
    public float UniformSingle(ulong index) => (UInt32(index) >> 8) * TwoToMinus24;

    /// <summary>A standard normal number, √(−2 ln u) cos(2π v) with u in (0, 1] and v in [0, 1), 53 bits each, from one block.</summary>
    /// <remarks>
    /// Its magnitude is at most √(106 ln 2) ≈ 8.57. The bits of u and v are the same everywhere; logarithm and cosine are the
    /// platform's, so that platforms may differ in the last digits. Source: Box and Muller 1958.
    /// </remarks>
    public double Normal(ulong index)
    {
        (uint w0, uint w1, uint w2, uint w3) = Block(index, Stream);
        double u = ((Join(w0, w1) >> 11) + 1) * TwoToMinus53; // never 0, whose logarithm is infinite
        double v = (Join(w2, w3) >> 11) * TwoToMinus53;
        return Math.Sqrt(-2.0 * Math.Log(u)) * Math.Cos(2.0 * Math.PI * v);
    }

    private static ulong Join(uint low, uint high) => low | ((ulong)high << 32);
}
