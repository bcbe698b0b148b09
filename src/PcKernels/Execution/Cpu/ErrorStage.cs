using System.Numerics;
using PcKernels.Execution.Kernels;
using PcKernels.Graphs;
using PcKernels.Planning.Tasks;

namespace PcKernels.Execution.Cpu;

/// <summary>ε and δ of one tile.</summary>
internal readonly unsafe struct ErrorStage<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Matrix<T> _value, _error, _readError, _delta, _precision;
    private readonly T _weight;
    private readonly bool _isCategorical;

    public ErrorStage(ErrorEpilogue epilogue, CpuProgram<T> program)
    {
        _value = program.Locate(epilogue.Value);
        _error = program.Locate(epilogue.Error);
        _readError = program.IsRead(epilogue.Error) ? _error : default;
        _delta = program.Locate(epilogue.Delta);
        _precision = program.Locate(epilogue.Precision.PerColumn);
        _weight = T.CreateTruncating(epilogue.Precision.Constant * epilogue.Scale);
        _isCategorical = epilogue.IsCategorical;
    }

    /// <summary>ε's buffer, where a prediction that nobody keeps is put first.</summary>
    public Matrix<T> Error => _error;

    /// <summary>Whether f′ is needed.</summary>
    public bool HasDelta => _delta.Exists;

    /// <summary>Whether all columns have the same π.</summary>
    public bool HasOnePrecision => !_precision.Exists;

    /// <summary>Whether it is e = x − μ and δ = (π e) f′ with one π, which can be taken with the prediction.</summary>
    public bool IsPlain => !_isCategorical && HasDelta && HasOnePrecision;

    /// <summary>The prediction of a product z, its ε and δ, in one pass. An error that nobody reads is not written. Only where <see cref="IsPlain"/>.</summary>
    public void RunWithPrediction(
        CpuKernels<T> kernels, Activation f, int row, int rows, int column, int columns, T* z, int zStride, T* bias, T* mu, int muStride, T* derivative, int derivativeStride) =>
        kernels.ActivateWithError(f, rows, columns, z, zStride, bias, mu, muStride, derivative, derivativeStride, _value.At(row, column), _value.Stride,
            _readError.At(row, column), _readError.Stride, _weight, _delta.At(row, column), _delta.Stride);

    /// <summary>x moved by γ times the adjoint, its ε and δ. A moved value or an error that nobody reads again is not written.</summary>
    public void RunAfterMove(CpuKernels<T> kernels, int row, int rows, int column, int columns, Matrix<T> value, Matrix<T> moved, T* adjoint, int adjointStride, T gamma, Matrix<T> mu, Matrix<T> derivative) =>
        kernels.MoveWithError(rows, columns, value.At(row, column), value.Stride, moved.At(row, column), moved.Stride, adjoint, adjointStride, gamma, mu.At(row, column), mu.Stride,
            _readError.At(row, column), _readError.Stride, _weight, derivative.At(row, column), derivative.Stride, _delta.At(row, column), _delta.Stride);

    /// <summary>ε = x − μ and δ = f′ ⊙ π ε for a block of rows; μ null means 0.</summary>
    public void Run(CpuKernels<T> kernels, int row, int rows, int column, int columns, T* mu, int muStride, T* derivative, int derivativeStride)
    {
        T* error = _error.At(row, column);
        if (mu == null) kernels.Copy(rows, columns, _value.At(row, column), _value.Stride, error, _error.Stride);
        else if (_isCategorical) kernels.SoftmaxError(rows, columns, mu, muStride, _value.At(row, column), _value.Stride, error, _error.Stride);
        else kernels.Error(rows, columns, _value.At(row, column), _value.Stride, mu, muStride, error, _error.Stride);
        if (!_delta.Exists) return;
        kernels.Weight(rows, columns, error, _error.Stride, _precision.At(0, column), _weight, derivative, derivativeStride, _delta.At(row, column), _delta.Stride);
    }
}
