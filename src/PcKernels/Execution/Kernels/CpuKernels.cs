using System.Numerics;
using System.Runtime.Intrinsics;
using PcKernels.Graphs;

namespace PcKernels.Execution.Kernels;

/// <summary>The kernels of the CPU device for one element type, at one vector width.</summary>
/// <remarks>
/// Matrices are row-major. A leading dimension (ld…) is in elements and a multiple of 16; rows begin on 64 bytes; the columns between a
/// matrix's width and its leading dimension (the pad) are zero and stay zero, so that loads may run over them. A tile of columns begins at a
/// multiple of 16 and ends at one or at the matrix's last column. Instances hold nothing and may be used by all threads at once.
/// </remarks>
/// <typeparam name="T">float or double.</typeparam>
internal abstract unsafe class CpuKernels<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>The kernels for this machine. The widest accelerated vectors: a choice by timing could change the bits from run to run.</summary>
    public static CpuKernels<T> Best { get; } = ForBits(
        Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128);

    /// <summary>Bits per vector: 128, 256 or 512.</summary>
    public abstract int Bits { get; }

    /// <summary>The kernels at one width, which the machine need not have: the runtime then splits the vectors.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 128, 256 or 512.</exception>
    public static CpuKernels<T> ForBits(int bits) => bits switch
    {
        512 => new CpuKernels<T, Vector512<T>, Simd512<T>>(),
        256 => new CpuKernels<T, Vector256<T>, Simd256<T>>(),
        128 => new CpuKernels<T, Vector128<T>, Simd128<T>>(),
        _ => throw new ArgumentOutOfRangeException(nameof(bits), bits, "vectors have 128, 256 or 512 bits"),
    };

    /// <summary>C[i, j] = Σ_k A[i, k] B[j, k]: the prediction z = x Wᵀ with W [out, in]. The bits of an element do not depend on m, n or its place.</summary>
    public abstract void Dot(int m, int n, int k, T* a, int lda, T* b, int ldb, T* c, int ldc);

    /// <summary>Whether a product is better taken by <see cref="DotTransposed"/>, for the whole of it: an element has other bits there, which do not depend on its tile either.</summary>
    public abstract bool TransposesDot(int m, int n, int k);

    /// <summary><see cref="Dot"/> by lanes that are rows of A; scratch has <see cref="TransposedScratch"/> elements.</summary>
    public abstract void DotTransposed(int m, int n, int k, T* a, int lda, T* b, int ldb, T* c, int ldc, T* scratch);

    /// <summary>Elements of scratch that <see cref="DotTransposed"/> takes for so many rows of A.</summary>
    public abstract long TransposedScratch(int m, int k);

    /// <summary>C[i, j] (+)= Σ_k A[i strideM + k strideK] B[k, j], n in whole vectors into the pad: settling (A = δ) and learning (A = δᵀ, B = x). One chain per element over ascending k. With scratch of <see cref="OuterScratch"/> elements large operands are copied to where they follow each other, which is faster and has the same bits; it may be null.</summary>
    public abstract void Outer(int m, int n, int k, T* a, int strideM, int strideK, T* b, int ldb, T* c, int ldc, bool accumulate, T* scratch);

    /// <summary>Elements of scratch that help <see cref="Outer"/>: none where it copies nothing.</summary>
    public abstract long OuterScratch(int m, int n, int k, bool learns);

    /// <summary>Rows of the result that <see cref="Outer"/> for learning takes best at once, at least.</summary>
    public abstract int OuterRows(int n, int k);

    /// <summary>y = f(z) and, unless the pointer is null, f′(z). In place is allowed; the pads of both results become zero.</summary>
    public abstract void Activate(Activation f, int rows, int cols, T* z, int ldz, T* y, int ldy, T* derivative, int ldd);

    /// <summary>The bits of <see cref="AddBias"/>, <see cref="Activate"/>, <see cref="Error"/> and <see cref="Weight"/> in one pass: y = f(z + bias), f′, e = x − y, δ = (π e) f′. In place is allowed; bias, y, f′ and e may be null; the pads of the results become zero.</summary>
    public abstract void ActivateWithError(
        Activation f, int rows, int cols, T* z, int ldz, T* bias, T* y, int ldy, T* derivative, int ldd, T* x, int ldx, T* e, int lde, T precision, T* delta, int ldDelta);

    /// <summary>C[i, j] += bias[j].</summary>
    public abstract void AddBias(int rows, int cols, T* c, int ldc, T* bias);

    /// <summary>e = x − μ.</summary>
    public abstract void Error(int rows, int cols, T* x, int ldx, T* mu, int ldm, T* e, int lde);

    /// <summary>δ = (π e) f′, with π per column unless <paramref name="precisions"/> is null, and f′ = 1 where <paramref name="derivative"/> is null.</summary>
    public abstract void Weight(int rows, int cols, T* e, int lde, T* precisions, T precision, T* derivative, int ldd, T* delta, int ldDelta);

    /// <summary>g = π e − adjoint; with a velocity v = momentum v + g and g = v; moved = x − γ g. Errors, adjoint and velocity may be null; in place is allowed.</summary>
    public abstract void Move(
        int rows, int cols, T* x, int ldx, T* moved, int ldMoved, T* e, int lde, T* precisions, T precision,
        T* adjoint, int lda, T gamma, T* velocity, int ldv, T momentum);

    /// <summary>The bits of <see cref="Move"/> without error or velocity, of <see cref="Error"/> and of <see cref="Weight"/>, in one pass: moved = x + γ adjoint, e = moved − μ, δ = (π e) f′. moved, e and f′ (then 1) may be null.</summary>
    public abstract void MoveWithError(
        int rows, int cols, T* x, int ldx, T* moved, int ldMoved, T* adjoint, int lda, T gamma, T* mu, int ldm, T* e, int lde, T precision, T* derivative, int ldd, T* delta, int ldDelta);

    /// <summary>c = a b, element by element.</summary>
    public abstract void Multiply(int rows, int cols, T* a, int lda, T* b, int ldb, T* c, int ldc);

    /// <summary>c = a + b.</summary>
    public abstract void Add(int rows, int cols, T* a, int lda, T* b, int ldb, T* c, int ldc);

    /// <summary>c = a.</summary>
    public abstract void Copy(int rows, int cols, T* a, int lda, T* c, int ldc);

    /// <summary>c = factor a.</summary>
    public abstract void Scale(int rows, int cols, T* a, int lda, T factor, T* c, int ldc);

    /// <summary>Σ π e² in double: rows in ascending order, each in an order of its own that no vector width changes.</summary>
    public abstract double SumSquares(int rows, int cols, T* e, int lde, T* precisions, T precision);

    /// <summary>sums[j] (+)= Σ_i d[i, j] over ascending i: the gradient of a bias.</summary>
    public abstract void ColumnSums(int rows, int cols, T* d, int ldd, T* sums, bool accumulate);

    /// <summary>e = x − softmax(μ), row by row; e may be μ but not x.</summary>
    public abstract void SoftmaxError(int rows, int cols, T* mu, int ldm, T* x, int ldx, T* e, int lde);

    /// <summary>−Σ x ln softmax(μ) in double; where x is zero the term is zero.</summary>
    public abstract double CrossEntropy(int rows, int cols, T* mu, int ldm, T* x, int ldx);

    /// <summary>g = scale g + λθ; θ −= lr g, where only θ is written. As in every optimiser here, a null g is a gradient of zero and all tiles share one leading dimension.</summary>
    public abstract void Sgd(int rows, int cols, int ld, T* theta, T* g, T scale, double rate, double decay);

    /// <summary>torch.optim.SGD with momentum: b = m b + g (g alone in the first step); θ −= lr b, or lr (g + m b) with Nesterov's form.</summary>
    public abstract void Momentum(
        int rows, int cols, int ld, T* theta, T* g, T* buffer, double rate, double momentum, double decay, bool nesterov, bool first);

    /// <summary>torch.optim.Adam, or AdamW where the decay is decoupled: θ −= lr (m/c₁) / (√(v/c₂) + ε) with cᵢ = 1 − βᵢᵏ at step k.</summary>
    public abstract void Adam(
        int rows, int cols, int ld, T* theta, T* g, T* m, T* v, double rate, double beta1, double beta2, double epsilon, double decay,
        bool decoupled, double correction1, double correction2);
}
