using PcKernels.Graphs;

namespace PcKernels.Checkpoints;

/// <summary>One tensor as a checked header describes it; <paramref name="Begin"/> and <paramref name="End"/> count bytes from where the data starts.</summary>
internal sealed record SafetensorsEntry(string Name, DType DType, int[] Shape, long Begin, long End)
{
    public long Length => End - Begin;
}
