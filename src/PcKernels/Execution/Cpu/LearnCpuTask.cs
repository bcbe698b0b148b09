using System.Numerics;
using PcKernels.Planning.Tasks;

namespace PcKernels.Execution.Cpu;

/// <summary><see cref="LearnTask"/>: gradients of a few rows of W at a time, each moved at once where the plan says so. Tiles are ranges of outputs.</summary>
internal sealed unsafe class LearnCpuTask<T> : CpuTask<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly (Matrix<T> Delta, Matrix<T> Input)[] _uses;
    private readonly Matrix<T> _weightGradient, _biasGradient;
    private readonly UpdateStage<T>? _weightUpdate, _biasUpdate;
    private readonly T _scale;
    private readonly long _outerScratch;
    private readonly bool _accumulates, _hasBias;
    private readonly int _outputs, _inputs, _weightStride, _rows;

    public LearnCpuTask(LearnTask task, CpuProgram<T> program)
    {
        _uses = [.. task.Uses.Select(u => (program.Locate(u.Delta), program.Locate(u.Input)))];
        _weightGradient = program.Locate(task.WeightGradient);
        _biasGradient = program.Locate(task.BiasGradient);
        _weightUpdate = task.WeightUpdate is null ? null : new UpdateStage<T>(task.WeightUpdate, program);
        _biasUpdate = task.BiasUpdate is null ? null : new UpdateStage<T>(task.BiasUpdate, program);
        _scale = T.CreateTruncating(task.Scale);
        _accumulates = task.Accumulates;
        _hasBias = _biasGradient.Exists || _biasUpdate is not null;
        Matrix<T> weight = _weightUpdate?.Parameter ?? _weightGradient;
        (_outputs, _inputs, _weightStride) = (weight.Rows, weight.Columns, weight.Stride);
        int depth = _uses.Select(static u => u.Delta.Rows).DefaultIfEmpty().Max();
        _rows = Kernels.OuterRows(_inputs, depth);
        _outerScratch = Kernels.OuterScratch(_rows, _inputs, depth, true);
    }

    public override int Columns => _outputs;

    public override bool SplitsColumns => true;

    public override double Cost => (double)_outputs * _inputs * (4 + _uses.Sum(static u => u.Delta.Rows));

    public override long ScratchLength => Math.Max((long)_rows * _weightStride + _outerScratch, 2L * Padded(_outputs));

    public override void Run(in Tile tile, in StepContext context, T* scratch)
    {
        for (int row = tile.Column; row < tile.ColumnEnd; row += _rows) Weights(row, Math.Min(_rows, tile.ColumnEnd - row), context, scratch);
        if (_hasBias) Bias(tile.Column, tile.Columns, context, scratch);
    }

    private void Weights(int row, int rows, in StepContext context, T* scratch)
    {
        T* gradient = _weightGradient.Exists && !_accumulates ? _weightGradient.At(row, 0) : scratch;
        _weightUpdate?.Fetch(row, rows);
        for (int i = 0; i < _uses.Length; i++)
        {
            (Matrix<T> delta, Matrix<T> input) = _uses[i];
            Kernels.Outer(rows, _inputs, delta.Rows, delta.At(0, row), 1, delta.Stride, input.At(0, 0), input.Stride, gradient, _weightStride, i > 0, scratch + (long)_rows * _weightStride);
        }
        bool scalesLater = !_weightGradient.Exists && _weightUpdate is { TakesScale: true };
        if (_uses.Length > 0 && !scalesLater) Kernels.Scale(rows, _inputs, gradient, _weightStride, _scale, gradient, _weightStride);
        else if (_uses.Length == 0 && _weightGradient.Exists && !_accumulates) Clear(gradient, rows, _weightStride);
        if (_accumulates) Kernels.Add(rows, _inputs, _weightGradient.At(row, 0), _weightStride, gradient, _weightStride, _weightGradient.At(row, 0), _weightStride);
        _weightUpdate?.Run(Kernels, row, rows, 0, _inputs, _uses.Length > 0 ? gradient : null, scalesLater ? _scale : T.One, context);
    }

    private void Bias(int column, int columns, in StepContext context, T* scratch)
    {
        T* gradient = _biasGradient.Exists && !_accumulates ? _biasGradient.At(0, column) : scratch;
        for (int i = 0; i < _uses.Length; i++) Kernels.ColumnSums(_uses[i].Delta.Rows, columns, _uses[i].Delta.At(0, column), _uses[i].Delta.Stride, gradient, i > 0);
        int stride = Padded(columns);
        if (_uses.Length > 0) Kernels.Scale(1, columns, gradient, stride, _scale, gradient, stride);
        else if (_biasGradient.Exists && !_accumulates) Clear(gradient, 1, columns);
        if (_accumulates) Kernels.Add(1, columns, _biasGradient.At(0, column), stride, gradient, stride, _biasGradient.At(0, column), stride);
        _biasUpdate?.Run(Kernels, 0, 1, column, columns, _uses.Length > 0 ? gradient : null, T.One, context);
    }

    private static void Clear(T* elements, int rows, int stride) => new Span<T>(elements, rows * stride).Clear();
}
