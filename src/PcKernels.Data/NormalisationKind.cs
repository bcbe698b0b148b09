namespace PcKernels.Data;

/// <summary>What is done to inputs before a model sees them.</summary>
public enum NormalisationKind
{
    /// <summary>Nothing more: pixels are in [0, 1], numbers of tables stay as they are.</summary>
    None,

    /// <summary>Mean 0 and deviation 1 over the training part: one pair of figures for all pixels of images, one per column for tables.</summary>
    Standard,
}
