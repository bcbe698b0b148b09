using PcKernels.Cuda.Waves;

namespace PcKernels.Cuda.Interop.Cublas;

/// <summary>Which product of a linear layer: the three shapes of native/kernels/products_naive.cu.</summary>
internal enum ProductKind
{
    /// <summary><c>c[m, n] = a[m, k] b[n, k]ᵀ</c>.</summary>
    Predict,

    /// <summary><c>c[m, n] = a[m, k] b[k, n]</c>.</summary>
    Settle,

    /// <summary><c>c[m, n] = a[k, m]ᵀ b[k, n]</c>.</summary>
    Learn,
}

/// <summary>One product of row-major matrices, <c>c = scale product</c>, or added to what c holds.</summary>
/// <param name="Kind">Which.</param>
/// <param name="M">Rows of c.</param>
/// <param name="N">Columns of c.</param>
/// <param name="K">What is summed over.</param>
/// <param name="A">The left factor.</param>
/// <param name="B">The right factor.</param>
/// <param name="C">The result; what lies behind its columns is left as it is.</param>
/// <param name="Scale">Of the product.</param>
/// <param name="Adds">Whether c keeps what it holds.</param>
internal sealed record LibraryProduct(ProductKind Kind, int M, int N, int K, DeviceView A, DeviceView B, DeviceView C, double Scale = 1, bool Adds = false);
