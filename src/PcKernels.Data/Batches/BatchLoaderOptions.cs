namespace PcKernels.Data.Batches;

/// <summary>How a <see cref="BatchLoader"/> visits a part.</summary>
public sealed record BatchLoaderOptions
{
    /// <summary>Whether every epoch has its own random order (the default) or the part's own order.</summary>
    public bool Shuffle { get; init; } = true;

    /// <summary>The seed of the orders; see <see cref="EpochOrder"/>.</summary>
    public ulong Seed { get; init; }

    /// <summary>Whether a last batch of fewer samples is left out; it is kept by default.</summary>
    public bool DropLast { get; init; }

    /// <summary>What is applied to the inputs; null for nothing.</summary>
    public Normalisation? Normalisation { get; init; }

    /// <summary>How many batches are in memory, the caller's included: 1 for no overlap, 3 by default. No more are made than an epoch has.</summary>
    public int Buffers { get; init; } = 3;
}
