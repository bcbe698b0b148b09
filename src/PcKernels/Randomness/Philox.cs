namespace PcKernels.Randomness;

/// <summary>Philox4x32-10: random numbers as a pure function of seed, stream and index (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).</summary>
/// <param name="seed">The key.</param>
/// <param name="stream">Separates independent sequences of one seed.</param>
public readonly struct Philox(ulong seed, ulong stream)
{
    /// <summary>32 uniform bits: word 0 of the block at counter (index, stream).</summary>
#pragma warning disable CA1720 // The name says how many bits are drawn, as in Random.NextInt64.
    public uint UInt32(ulong index)
    {
        (uint c0, uint c1, uint c2, uint c3) = ((uint)index, (uint)(index >> 32), (uint)stream, (uint)(stream >> 32));
        (uint k0, uint k1) = ((uint)seed, (uint)(seed >> 32));
        for (int round = 0; round < 10; round++)
        {
            ulong p0 = 0xD2511F53UL * c0, p1 = 0xCD9E8D57UL * c2;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ k1, (uint)p0);
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }
        return c0;
    }
#pragma warning restore CA1720
}
