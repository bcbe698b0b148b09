using System.Numerics;
using PcKernels.Execution.Cpu;
using PcKernels.Graphs.Ops;

namespace PcKernels.Execution.Kernels.Ops;

/// <summary>Softmax along a dimension, the largest taken off first.</summary>
internal sealed unsafe class SoftmaxKernel<T> : OpKernel<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _outer, _extent, _inner;

    public SoftmaxKernel(SoftmaxOp op, IReadOnlyList<int> shape)
    {
        int dim = Dimensions.Resolve(op.Dim, shape.Count);
        _extent = shape[dim];
        _inner = Dimensions.Strides(shape)[dim];
        _outer = Dimensions.Count(shape) / (_extent * _inner);
    }

    public override double Cost => 20.0 * _outer * _extent * _inner;

    public override long ScratchLength => _extent;

    public override void Forward(in OpFrame<T> frame, T* output)
    {
        for (int o = 0; o < _outer; o++)
            for (int i = 0; i < _inner; i++)
            {
                long at = (long)o * _extent * _inner + i;
                Row(frame.Input(0) + at, output + at, _inner);
            }
    }

    public override void Backward(in OpFrame<T> frame, T* delta, T** adjoints)
    {
        for (int o = 0; o < _outer; o++)
            for (int i = 0; i < _inner; i++)
            {
                long at = (long)o * _extent * _inner + i;
                T* soft = frame.Scratch, above = delta + at, below = adjoints[0] + at;
                Row(frame.Input(0) + at, soft, 1);
                T sum = T.Zero;
                for (int e = 0; e < _extent; e++) sum += soft[e] * above[(long)e * _inner];
                for (int e = 0; e < _extent; e++) below[(long)e * _inner] = soft[e] * (above[(long)e * _inner] - sum);
            }
    }

    private void Row(T* x, T* y, int stride)
    {
        T largest = x[0], sum = T.Zero;
        for (int e = 1; e < _extent; e++) largest = T.Max(largest, x[(long)e * _inner]);
        for (int e = 0; e < _extent; e++) sum += y[(long)e * stride] = T.Exp(x[(long)e * _inner] - largest);
        for (int e = 0; e < _extent; e++) y[(long)e * stride] /= sum;
    }
}

/// <summary>Normalisation over the last dimension.</summary>
internal sealed unsafe class LayerNormKernel<T>(LayerNormOp op, IReadOnlyList<int> shape) : OpKernel<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _columns = shape[^1], _rows = Dimensions.Count(shape) / shape[^1];
    private readonly T _epsilon = T.CreateTruncating(op.Epsilon), _count = T.CreateTruncating(shape[^1]);

    public override double Cost => 6.0 * _rows * _columns;

    public override int LearnUnits => _columns;

    public override void Forward(in OpFrame<T> frame, T* output)
    {
        T* weight = frame.Parameters[0].At(0, 0), bias = frame.Parameters[1].At(0, 0);
        for (int r = 0; r < _rows; r++)
        {
            T* x = frame.Input(0) + (long)r * _columns, y = output + (long)r * _columns;
            (T mean, T inverse) = Moments(x);
            Normalise(x, mean, inverse, weight, bias, y);
        }
    }

    // With x̂ the normalised x and g = weight δ: ∂x = (g − mean g − x̂ mean(g x̂)) / √(variance + eps).
    public override void Backward(in OpFrame<T> frame, T* delta, T** adjoints)
    {
        T* weight = frame.Parameters[0].At(0, 0);
        for (int r = 0; r < _rows; r++)
        {
            T* x = frame.Input(0) + (long)r * _columns, above = delta + (long)r * _columns, below = adjoints[0] + (long)r * _columns;
            (T mean, T inverse) = Moments(x);
            T sum = T.Zero, along = T.Zero;
            for (int c = 0; c < _columns; c++)
            {
                T g = weight[c] * above[c];
                sum += g;
                along += g * ((x[c] - mean) * inverse);
            }
            sum /= _count;
            along /= _count;
            for (int c = 0; c < _columns; c++) below[c] = (weight[c] * above[c] - sum - (x[c] - mean) * inverse * along) * inverse;
        }
    }

    public override void Learn(in OpFrame<T> frame, T* delta, ReadOnlySpan<Matrix<T>> gradients, int from, int to)
    {
        T* weight = gradients[0].At(0, 0), bias = gradients[1].At(0, 0);
        for (int r = 0; r < _rows; r++)
        {
            T* x = frame.Input(0) + (long)r * _columns, above = delta + (long)r * _columns;
            (T mean, T inverse) = Moments(x);
            for (int c = from; c < to; c++)
            {
                weight[c] += above[c] * ((x[c] - mean) * inverse);
                bias[c] += above[c];
            }
        }
    }

    private void Normalise(T* x, T mean, T inverse, T* weight, T* bias, T* y)
    {
        Vector<T> middle = Vector.Create(mean), factor = Vector.Create(inverse);
        int c = 0;
        for (; c + Vector<T>.Count <= _columns; c += Vector<T>.Count) Vector.Store((Vector.Load(x + c) - middle) * factor * Vector.Load(weight + c) + Vector.Load(bias + c), y + c);
        for (; c < _columns; c++) y[c] = (x[c] - mean) * inverse * weight[c] + bias[c];
    }

    private (T Mean, T Inverse) Moments(T* x)
    {
        T mean = Row<T>.Sum(x, _columns) / _count;
        return (mean, T.One / T.Sqrt(Row<T>.Squares(x, mean, _columns) / _count + _epsilon));
    }
}

/// <summary>Rows of a table.</summary>
internal sealed unsafe class EmbeddingKernel<T>(EmbeddingOp op, string node, int positions) : OpKernel<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public override double Cost => (double)positions * op.Units;

    public override int LearnUnits => op.Vocabulary;

    public override void Forward(in OpFrame<T> frame, T* output)
    {
        for (int p = 0; p < positions; p++)
            new ReadOnlySpan<T>(frame.Parameters[0].At(Row(frame, p), 0), op.Units).CopyTo(new Span<T>(output + (long)p * op.Units, op.Units));
    }

    public override void Backward(in OpFrame<T> frame, T* delta, T** adjoints) => throw new NotSupportedException("no derivative flows to whole numbers");

    public override void Learn(in OpFrame<T> frame, T* delta, ReadOnlySpan<Matrix<T>> gradients, int from, int to)
    {
        for (int p = 0; p < positions; p++)
        {
            int row = Row(frame, p);
            if (row < from || row >= to) continue;
            Row<T>.Add(gradients[0].At(row, 0), delta + (long)p * op.Units, op.Units);
        }
    }

    private int Row(in OpFrame<T> frame, int position)
    {
        T number = frame.Input(0)[position];
        return number >= T.Zero && number < T.CreateTruncating(op.Vocabulary)
            ? int.CreateTruncating(number)
            : throw new RunException($"node '{node}' reads the number {number}, and its vocabulary has rows 0 to {op.Vocabulary - 1}");
    }
}

/// <summary>y = x + weight.</summary>
internal sealed unsafe class PositionalKernel<T>(IReadOnlyList<int> shape) : OpKernel<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _rows = shape[0], _columns = shape[1];

    public override double Cost => (double)_rows * _columns;

    public override int LearnUnits => _rows;

    public override void Forward(in OpFrame<T> frame, T* output) =>
        Kernels.Add(_rows, _columns, frame.Input(0), _columns, frame.Parameters[0].At(0, 0), frame.Parameters[0].Stride, output, _columns);

    public override void Backward(in OpFrame<T> frame, T* delta, T** adjoints) => Kernels.Copy(1, _rows * _columns, delta, 0, adjoints[0], 0);

    public override void Learn(in OpFrame<T> frame, T* delta, ReadOnlySpan<Matrix<T>> gradients, int from, int to)
    {
        Matrix<T> gradient = gradients[0];
        Kernels.Add(to - from, _columns, gradient.At(from, 0), gradient.Stride, delta + (long)from * _columns, _columns, gradient.At(from, 0), gradient.Stride);
    }
}
