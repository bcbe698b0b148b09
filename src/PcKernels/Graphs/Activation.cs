namespace PcKernels.Graphs;

/// <summary>An elementwise nonlinearity f, as in <c>torch.nn.functional</c>.</summary>
public enum Activation
{
    /// <summary>f(z) = z.</summary>
    Identity,

    /// <summary>f(z) = tanh z.</summary>
    Tanh,

    /// <summary>f(z) = max(z, 0); f′(0) = 0.</summary>
    Relu,

    /// <summary>f(z) = z for z &gt; 0, else 0.01 z; f′(0) = 0.01.</summary>
    LeakyRelu,

    /// <summary>f(z) = 1 / (1 + e^−z).</summary>
    Sigmoid,

    /// <summary>f(z) = z Φ(z), the exact form with erf.</summary>
    Gelu,

    /// <summary>f(z) = z σ(z).</summary>
    Silu,
}
