namespace PcKernels.Cuda;

/// <summary>How the products of a CUDA device round their operands. Sums, and everything that is no product, are of the element type.</summary>
/// <remarks>
/// A product over depth K is off by at most (2 u + K 2⁻²³) Σ|a b|, with u half a unit of the operand's mantissa: tf32 keeps 11 bits, u = 2⁻¹¹;
/// bf16 keeps 8, u = 2⁻⁸; the second term is what float32 sums lose.
/// </remarks>
public enum CudaMath
{
    /// <summary>Not at all: f32 and f64 on the ordinary units.</summary>
    Exact,

    /// <summary>To TF32, on the tensor cores; f32 only.</summary>
    Tf32,

    /// <summary>To bfloat16, on the tensor cores; f32 only. Weights stay float32.</summary>
    Bf16,
}
