namespace PcKernels.Rules;

/// <summary>Where free values start in a batch.</summary>
public enum ValueStart
{
    /// <summary>x := the feedforward prediction, bit for bit.</summary>
    Feedforward,

    /// <summary>x ~ U(−1, 1) by seed, batch and vertex: every error is alive from the first step.</summary>
    Random,

    /// <summary>x goes on from the last batch (full-batch training, as in the iPC paper's theorem); the first batch starts feedforward.</summary>
    Keep,
}
