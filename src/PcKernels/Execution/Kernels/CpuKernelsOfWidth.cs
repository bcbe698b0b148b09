using System.Numerics;
using System.Runtime.CompilerServices;
using PcKernels.Graphs;

namespace PcKernels.Execution.Kernels;

/// <summary>The kernels at the width of V; each family of kernels has a file of its own.</summary>
internal sealed unsafe class CpuKernels<T, V, S> : CpuKernels<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T> where V : struct where S : struct, ISimd<T, V>
{
    private const int LeastOuterRows = 16;

    // A panel of x is copied once for as many rows of the gradient as stay near their update, which come in units of these.
    private const int CopiedRows = 48, MostCopiedRows = 192, NearBytes = 1 << 20;

    public override int Bits => Unsafe.SizeOf<V>() * 8;

    public override void Dot(int m, int n, int k, T* a, int lda, T* b, int ldb, T* c, int ldc) =>
        DotProduct<T, V, S>.Run(m, n, k, a, lda, b, ldb, c, ldc);

    public override bool TransposesDot(int m, int n, int k) => TransposedProduct<T, V, S>.Pays(m, n, k);

    public override void DotTransposed(int m, int n, int k, T* a, int lda, T* b, int ldb, T* c, int ldc, T* scratch) =>
        TransposedProduct<T, V, S>.Run(m, n, k, a, lda, b, ldb, c, ldc, scratch);

    public override long TransposedScratch(int m, int k) => TransposedProduct<T, V, S>.ScratchLength(m, k);

    public override void Outer(int m, int n, int k, T* a, int strideM, int strideK, T* b, int ldb, T* c, int ldc, bool accumulate, T* scratch) =>
        OuterProduct<T, V, S>.Run(m, n, k, a, strideM, strideK, b, ldb, c, ldc, accumulate, scratch);

    public override long OuterScratch(int m, int n, int k, bool learns) => PackedOuterProduct<T, V, S>.Pays(m, n, k, learns) ? PackedOuterProduct<T, V, S>.ScratchLength : 0;

    public override int OuterRows(int n, int k) =>
        PackedOuterProduct<T, V, S>.Pays(CopiedRows, n, k, true) ? Math.Clamp(NearBytes / (n * sizeof(T)) / CopiedRows * CopiedRows, CopiedRows, MostCopiedRows) : LeastOuterRows;

    public override void Activate(Activation f, int rows, int cols, T* z, int ldz, T* y, int ldy, T* derivative, int ldd) =>
        Activations<T, V, S>.Run(f, rows, cols, z, ldz, y, ldy, derivative, ldd);

    public override void ActivateWithError(
        Activation f, int rows, int cols, T* z, int ldz, T* bias, T* y, int ldy, T* derivative, int ldd, T* x, int ldx, T* e, int lde, T precision, T* delta, int ldDelta) =>
        ActivationErrors<T, V, S>.Run(f, rows, cols, z, ldz, bias, y, ldy, derivative, ldd, x, ldx, e, lde, precision, delta, ldDelta);

    public override void AddBias(int rows, int cols, T* c, int ldc, T* bias) =>
        Elementwise<T, V, S>.AddBias(rows, cols, c, ldc, bias);

    public override void Error(int rows, int cols, T* x, int ldx, T* mu, int ldm, T* e, int lde) =>
        Elementwise<T, V, S>.Error(rows, cols, x, ldx, mu, ldm, e, lde);

    public override void Weight(int rows, int cols, T* e, int lde, T* precisions, T precision, T* derivative, int ldd, T* delta, int ldDelta) =>
        Elementwise<T, V, S>.Weight(rows, cols, e, lde, precisions, precision, derivative, ldd, delta, ldDelta);

    public override void Move(
        int rows, int cols, T* x, int ldx, T* moved, int ldMoved, T* e, int lde, T* precisions, T precision,
        T* adjoint, int lda, T gamma, T* velocity, int ldv, T momentum) =>
        Elementwise<T, V, S>.Move(rows, cols, x, ldx, moved, ldMoved, e, lde, precisions, precision, adjoint, lda, gamma, velocity, ldv, momentum);

    public override void MoveWithError(
        int rows, int cols, T* x, int ldx, T* moved, int ldMoved, T* adjoint, int lda, T gamma, T* mu, int ldm, T* e, int lde, T precision, T* derivative, int ldd, T* delta, int ldDelta) =>
        Elementwise<T, V, S>.MoveWithError(rows, cols, x, ldx, moved, ldMoved, adjoint, lda, gamma, mu, ldm, e, lde, precision, derivative, ldd, delta, ldDelta);

    public override void Multiply(int rows, int cols, T* a, int lda, T* b, int ldb, T* c, int ldc) =>
        Elementwise<T, V, S>.Multiply(rows, cols, a, lda, b, ldb, c, ldc);

    public override void Add(int rows, int cols, T* a, int lda, T* b, int ldb, T* c, int ldc) =>
        Elementwise<T, V, S>.Add(rows, cols, a, lda, b, ldb, c, ldc);

    public override void Copy(int rows, int cols, T* a, int lda, T* c, int ldc) =>
        Elementwise<T, V, S>.Copy(rows, cols, a, lda, c, ldc);

    public override void Scale(int rows, int cols, T* a, int lda, T factor, T* c, int ldc) =>
        Elementwise<T, V, S>.Scale(rows, cols, a, lda, factor, c, ldc);

    public override double SumSquares(int rows, int cols, T* e, int lde, T* precisions, T precision) =>
        Reductions<T, V, S>.SumSquares(rows, cols, e, lde, precisions, precision);

    public override void ColumnSums(int rows, int cols, T* d, int ldd, T* sums, bool accumulate) =>
        Reductions<T, V, S>.ColumnSums(rows, cols, d, ldd, sums, accumulate);

    public override void SoftmaxError(int rows, int cols, T* mu, int ldm, T* x, int ldx, T* e, int lde) =>
        Softmax<T, V, S>.Error(rows, cols, mu, ldm, x, ldx, e, lde);

    public override double CrossEntropy(int rows, int cols, T* mu, int ldm, T* x, int ldx) =>
        Softmax<T, V, S>.CrossEntropy(rows, cols, mu, ldm, x, ldx);

    public override void Sgd(int rows, int cols, int ld, T* theta, T* g, T scale, double rate, double decay) =>
        Optimizers<T, V, S>.Sgd(rows, cols, ld, theta, g, scale, rate, decay);

    public override void Momentum(
        int rows, int cols, int ld, T* theta, T* g, T* buffer, double rate, double momentum, double decay, bool nesterov, bool first) =>
        Optimizers<T, V, S>.Momentum(rows, cols, ld, theta, g, buffer, rate, momentum, decay, nesterov, first);

    public override void Adam(
        int rows, int cols, int ld, T* theta, T* g, T* m, T* v, double rate, double beta1, double beta2, double epsilon, double decay,
        bool decoupled, double correction1, double correction2) =>
        Optimizers<T, V, S>.Adam(rows, cols, ld, theta, g, m, v, rate, beta1, beta2, epsilon, decay, decoupled, correction1, correction2);
}
