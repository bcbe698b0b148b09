namespace PcKernels.Cuda.Waves;

/// <summary>Device memory that lasts from one launch of a wave to the next; waves follow one another, so all of them use the same.</summary>
/// <param name="allocate">Makes zeroed memory of a number of bytes and says where it is.</param>
internal sealed class WaveScratch(Func<long, ulong> allocate)
{
    private readonly List<(ulong Address, long Bytes)> _all = [], _free = [];

    /// <summary>A wave begins: what the one before took is free again.</summary>
    public void Begin()
    {
        _free.Clear();
        _free.AddRange(_all);
    }

    /// <summary>Memory for this wave alone.</summary>
    public ulong Take(long bytes)
    {
        int fits = _free.FindIndex(f => f.Bytes >= bytes);
        if (fits >= 0)
        {
            ulong known = _free[fits].Address;
            _free.RemoveAt(fits);
            return known;
        }
        ulong made = allocate(bytes);
        _all.Add((made, bytes));
        return made;
    }
}
