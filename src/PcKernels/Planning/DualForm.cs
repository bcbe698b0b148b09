namespace PcKernels.Planning;

/// <summary>Whether layers on a clamped input learn in dual form: W(t) = W(0) + (α k/B) Σ δ(s) a(s)ᵀ is never formed inside the batch, only Σ δ, and a prediction takes G Σ δ with the batch's Gram matrix G = a aᵀ + 𝟏𝟏ᵀ.</summary>
/// <remarks>The same to rounding, not to the bit. Only with plain SGD (no momentum, decay or clipping), several moves of θ in a batch, and gradients that nobody keeps.</remarks>
public enum DualForm
{
    /// <summary>Where the cost model finds it cheaper.</summary>
    Auto,

    /// <summary>Nowhere.</summary>
    Never,

    /// <summary>Wherever it is possible.</summary>
    Always,
}
