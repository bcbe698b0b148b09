namespace PcKernels.Initialization;

/// <summary>How weights and biases start; <see cref="Initializers"/> has the formulas.</summary>
public enum InitializationScheme
{
    /// <summary>The default of <c>torch.nn.Linear</c> and <c>Conv2d</c>: weights and biases uniform in ±1/√fanIn.</summary>
    PyTorch,

    /// <summary>Weights uniform in ±√(6 / (fanIn + fanOut)), biases 0 (Glorot and Bengio 2010).</summary>
    Xavier,

    /// <summary>Weights uniform in ±√(6 / fanIn), the gain of relu, biases 0 (He et al. 2015).</summary>
    Kaiming,

    /// <summary>Everything 0.</summary>
    Zeros,
}
