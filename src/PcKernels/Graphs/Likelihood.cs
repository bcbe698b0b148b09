namespace PcKernels.Graphs;

/// <summary>The energy of an output.</summary>
public enum Likelihood
{
    /// <summary>E = ½ Σ π (x − μ)² − ½ Σ ln π.</summary>
    Gaussian,

    /// <summary>E = −Σ x ln softmax(μ), softmax over the last dimension; targets are probabilities.</summary>
    Categorical,
}
