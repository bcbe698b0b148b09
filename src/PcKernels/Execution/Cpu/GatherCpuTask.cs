using System.Numerics;
using PcKernels.Planning.Tasks;

namespace PcKernels.Execution.Cpu;

/// <summary><see cref="GatherTask"/>: sums the adjoint of a block, then moves the value or passes the error on.</summary>
internal sealed unsafe class GatherCpuTask<T> : CpuTask<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly (Matrix<T> Delta, Matrix<T> Weight, Matrix<T> Inner)[] _terms;
    private readonly Matrix<T> _derivative, _delta, _value, _newValue, _readValue, _error, _precision, _velocity, _factor;
    private readonly SettleEpilogue? _settle;
    private readonly ErrorCpuTask<T>? _then;
    private readonly GatherCpuTask<T>[] _followers;
    private readonly T _constantPrecision;
    private readonly bool _hasPrecision, _isOneAsItIs, _keepsDelta;
    private readonly int _block;
    private readonly long _outerScratch;

    public GatherCpuTask(GatherTask task, CpuProgram<T> program)
    {
        _terms = [.. task.Terms.Select(t => (program.Locate(t.Delta), program.Locate(t.Weight), program.Locate(t.InnerDerivative)))];
        _derivative = program.Locate(task.Derivative);
        _delta = program.Locate(task.Delta);
        _settle = task.Settle;
        (_value, _newValue) = (program.Locate(_settle?.Value), program.Locate(_settle?.NewValue));
        int depth = _terms.Select(static t => t.Weight.Rows).DefaultIfEmpty().Max();
        _block = BlockOf(Columns, depth);
        _outerScratch = Kernels.OuterScratch(_block, Columns, depth, false);
        _followers = [.. task.Followers.Select(f => new GatherCpuTask<T>(f, program))];
        _then = task.Then is null ? null : new ErrorCpuTask<T>(task.Then, program);
        // δ that only followers read stays in scratch.
        _keepsDelta = task.Followers.Count == 0 || program.IsRead(task.Delta!);
        // A single adjoint that is only passed on is read where it lies.
        _isOneAsItIs = _terms.Length == 1 && !_terms[0].Weight.Exists && !_terms[0].Inner.Exists;
        if (_settle is null) return;
        _readValue = program.IsRead(_settle.NewValue) ? _newValue : default;
        _error = program.Locate(_settle.Error);
        _precision = program.Locate(_settle.Precision.PerColumn);
        _velocity = program.Locate(_settle.Velocity);
        _factor = program.Locate(_settle.GammaFactor);
        _constantPrecision = T.CreateTruncating(_settle.Precision.Constant);
        _hasPrecision = _precision.Exists || _constantPrecision != T.One;
        // Division happens in place.
        _isOneAsItIs &= !(_settle.DividesByPrecision && _hasPrecision);
    }

    public override int Rows => Target.Rows;

    public override int Columns => Target.Columns;

    public override bool SplitsRows => true;

    public override bool SplitsColumns => true;

    public override double Cost => (double)Rows * Columns * (10 + _terms.Sum(static t => t.Weight.Exists ? t.Weight.Rows : 2)) + _followers.Sum(static f => f.Cost);

    public override long ScratchLength => 2L * _block * Padded(Columns) + _outerScratch;

    private Matrix<T> Target => _settle is null ? _delta : _newValue;

    public override void Run(in Tile tile, in StepContext context, T* scratch)
    {
        for (int row = tile.Row; row < tile.RowEnd; row += _block) Block(row, Math.Min(_block, tile.RowEnd - row), tile.Column, tile.Columns, scratch);
    }

    private void Block(int row, int rows, int column, int columns, T* scratch)
    {
        int stride = Padded(columns);
        T* adjoint = _terms.Length == 0 ? null : scratch;
        if (_isOneAsItIs)
        {
            adjoint = _terms[0].Delta.At(row, column);
            stride = _terms[0].Delta.Stride;
        }
        else for (int i = 0; i < _terms.Length; i++) AddTerm(i, row, rows, column, columns, scratch, stride);
        if (_settle is not null) MoveAll(row, rows, column, columns, adjoint, stride);
        else Descend(row, rows, column, columns, adjoint, stride, scratch);
    }

    private void Descend(int row, int rows, int column, int columns, T* adjoint, int stride, T* scratch)
    {
        T* delta = _keepsDelta ? _delta.At(row, column) : scratch;
        int deltaStride = _keepsDelta ? _delta.Stride : Padded(columns);
        if (_derivative.Exists) Kernels.Multiply(rows, columns, adjoint, stride, _derivative.At(row, column), _derivative.Stride, delta, deltaStride);
        else if (delta != adjoint) Kernels.Copy(rows, columns, adjoint, stride, delta, deltaStride);
        foreach (GatherCpuTask<T> follower in _followers) follower.Follow(row, rows, column, columns, delta, deltaStride, scratch + (long)_block * Padded(columns));
    }

    // The same as if the adjoint were read from its buffer.
    private void Follow(int row, int rows, int column, int columns, T* adjoint, int stride, T* scratch)
    {
        if (!_isOneAsItIs)
        {
            Kernels.Copy(rows, columns, adjoint, stride, scratch, Padded(columns));
            adjoint = scratch;
            stride = Padded(columns);
        }
        MoveAll(row, rows, column, columns, adjoint, stride);
    }

    private void AddTerm(int index, int row, int rows, int column, int columns, T* adjoint, int stride)
    {
        (Matrix<T> delta, Matrix<T> weight, Matrix<T> inner) = _terms[index];
        bool isFirst = index == 0;
        T* copies = _outerScratch == 0 ? null : adjoint + 2L * _block * stride;
        if (weight.Exists && !inner.Exists)
        {
            Kernels.Outer(rows, columns, weight.Rows, delta.At(row, 0), delta.Stride, 1, weight.At(0, column), weight.Stride, adjoint, stride, !isFirst, copies);
            return;
        }
        T* term = delta.At(row, column);
        int termStride = delta.Stride;
        if (weight.Exists)
        {
            term = isFirst ? adjoint : adjoint + (long)_block * stride;
            termStride = stride;
            Kernels.Outer(rows, columns, weight.Rows, delta.At(row, 0), delta.Stride, 1, weight.At(0, column), weight.Stride, term, stride, false, copies);
            Kernels.Multiply(rows, columns, term, stride, inner.At(row, column), inner.Stride, term, stride);
            if (isFirst) return;
        }
        else if (inner.Exists)
        {
            term = isFirst ? adjoint : adjoint + (long)_block * stride;
            termStride = stride;
            Kernels.Multiply(rows, columns, delta.At(row, column), delta.Stride, inner.At(row, column), inner.Stride, term, stride);
            if (isFirst) return;
        }
        if (isFirst) Kernels.Copy(rows, columns, term, termStride, adjoint, stride);
        else Kernels.Add(rows, columns, adjoint, stride, term, termStride, adjoint, stride);
    }

    private void MoveAll(int row, int rows, int column, int columns, T* adjoint, int stride)
    {
        int some = EpilogueRows(columns);
        for (int from = 0; from < rows; from += some)
            Move(row + from, Math.Min(some, rows - from), column, columns, adjoint == null ? null : adjoint + (long)from * stride, stride);
    }

    private void Move(int row, int rows, int column, int columns, T* adjoint, int stride)
    {
        SettleEpilogue settle = _settle!;
        T gamma = T.CreateTruncating(settle.Gamma);
        if (_factor.Exists) gamma *= *_factor.At(0, 0);
        Matrix<T> precision = _precision;
        T constant = _constantPrecision;
        if (settle.DividesByPrecision)
        {
            // γ/π (π ε − adjoint) = γ (ε − adjoint/π).
            if (adjoint != null && _hasPrecision) DivideByPrecision(rows, column, columns, adjoint, stride);
            precision = default;
            constant = T.One;
        }
        if (_then is { IsPlain: true } then && adjoint != null && !_error.Exists && !_velocity.Exists && !precision.Exists)
        {
            then.RunAfterMove(row, rows, column, columns, _value, _readValue, adjoint, stride, gamma);
            return;
        }
        Kernels.Move(rows, columns, _value.At(row, column), _value.Stride, _newValue.At(row, column), _newValue.Stride,
            _error.At(row, column), _error.Stride, precision.At(0, column), constant, adjoint, stride, gamma,
            _velocity.At(row, column), _velocity.Stride, T.CreateTruncating(settle.Momentum));
        _then?.Run(row, rows, column, columns);
    }

    private void DivideByPrecision(int rows, int column, int columns, T* adjoint, int stride)
    {
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++)
                adjoint[(long)r * stride + c] /= _precision.Exists ? *_precision.At(0, column + c) : _constantPrecision;
    }
}
