using PcKernels.Execution;

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

    /// <summary>How many batches are in memory, the caller's included: 3 by default, no more than an epoch has. With 1 nothing is gathered in the background: a device reads the samples itself, and the caller's thread gathers a batch only when it asks for its arrays.</summary>
    public int Buffers { get; init; } = 3;

    /// <summary>As many buffers as serve a device: 1 where it reads the samples itself, else 3.</summary>
    /// <param name="device">Where the batches go.</param>
    public static int BuffersFor(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device.ReadsSamples ? 1 : 3;
    }
}
