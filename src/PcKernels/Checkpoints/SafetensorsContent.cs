using PcKernels.Graphs;

namespace PcKernels.Checkpoints;

/// <summary>What a safetensors file holds, copied into memory of its own.</summary>
/// <param name="Tensors">The tensors by name, in the order of their bytes.</param>
/// <param name="Metadata">The strings under <c>__metadata__</c>; empty when there are none.</param>
public sealed record SafetensorsContent(IReadOnlyDictionary<string, Tensor> Tensors, IReadOnlyDictionary<string, string> Metadata);
