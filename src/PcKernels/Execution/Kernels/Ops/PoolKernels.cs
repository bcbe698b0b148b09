using System.Numerics;
using PcKernels.Graphs.Ops;

namespace PcKernels.Execution.Kernels.Ops;

/// <summary>The largest of each window; the first of equal ones in row-major order.</summary>
internal sealed unsafe class MaxPoolKernel<T>(Pool2dOp op, IReadOnlyList<int> input, IReadOnlyList<int> output) : OpKernel<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Window _window = op.Window;
    private readonly int _channels = input[0], _height = input[1], _width = input[2], _outHeight = output[1], _outWidth = output[2];

    public override double Cost => (double)_channels * _outHeight * _outWidth * _window.Kernel * _window.Kernel;

    public override void Forward(in OpFrame<T> frame, T* output)
    {
        for (int c = 0; c < _channels; c++)
        {
            T* plane = frame.Input(0) + (long)c * _height * _width;
            for (int y = 0; y < _outHeight; y++)
                for (int x = 0; x < _outWidth; x++) *output++ = plane[Largest(plane, y, x)];
        }
    }

    public override void Backward(in OpFrame<T> frame, T* delta, T** adjoints)
    {
        new Span<T>(adjoints[0], _channels * _height * _width).Clear();
        for (int c = 0; c < _channels; c++)
        {
            T* plane = frame.Input(0) + (long)c * _height * _width, below = adjoints[0] + (long)c * _height * _width;
            for (int y = 0; y < _outHeight; y++)
                for (int x = 0; x < _outWidth; x++) below[Largest(plane, y, x)] += *delta++;
        }
    }

    /// <summary>Which of two by two is the largest, without a branch: where the largest lies is chance, and half of all guesses would be wrong.</summary>
    private int LargestOfFour(T a, T b, T c, T d)
    {
        T largest = T.Max(T.Max(a, b), T.Max(c, d));
        // Of NaN none is equal: the first NaN is the one.
        if (T.IsNaN(largest)) return T.IsNaN(a) ? 0 : T.IsNaN(b) ? 1 : T.IsNaN(c) ? _width : _width + 1;
        int notA = Bit(a != largest), notB = Bit(b != largest), notC = Bit(c != largest);
        int lower = notA & notB;
        return (notA & ~lower) + lower * (_width + notC);
    }

    private static int Bit(bool value) => System.Runtime.CompilerServices.Unsafe.BitCast<bool, byte>(value);

    private int Largest(T* plane, int y, int x)
    {
        int first = y * _window.Stride * _width + x * _window.Stride, largest = first;
        if (_window.Kernel == 2) return first + LargestOfFour(plane[first], plane[first + 1], plane[first + _width], plane[first + _width + 1]);
        for (int i = 0; i < _window.Kernel; i++)
            for (int j = 0; j < _window.Kernel; j++)
            {
                int at = first + i * _width + j;
                // A NaN is larger than all, so that it is not lost.
                if (plane[at] > plane[largest] || (T.IsNaN(plane[at]) && !T.IsNaN(plane[largest]))) largest = at;
            }
        return largest;
    }
}

/// <summary>The mean of each window, given where windows begin and end.</summary>
internal sealed unsafe class MeanPoolKernel<T>(IReadOnlyList<int> input, (int From, int To)[] rows, (int From, int To)[] columns) : OpKernel<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _channels = input[0], _height = input[1], _width = input[2];

    public override double Cost => (double)_channels * rows.Sum(static r => r.To - r.From) * columns.Sum(static c => c.To - c.From);

    /// <summary>Windows of one side that move by a stride.</summary>
    public static (int From, int To)[] Places(Window window, int places) => [.. Enumerable.Range(0, places).Select(i => (i * window.Stride, i * window.Stride + window.Kernel))];

    /// <summary>Windows that divide an extent.</summary>
    public static (int From, int To)[] Places(int places, int extent) => [.. Enumerable.Range(0, places).Select(i => AdaptivePool2dOp.Place(i, places, extent))];

    public override void Forward(in OpFrame<T> frame, T* output)
    {
        for (int c = 0; c < _channels; c++)
        {
            T* plane = frame.Input(0) + (long)c * _height * _width;
            foreach ((int top, int bottom) in rows)
                foreach ((int left, int right) in columns)
                {
                    T sum = T.Zero;
                    for (int y = top; y < bottom; y++)
                        for (int x = left; x < right; x++) sum += plane[y * _width + x];
                    *output++ = sum / T.CreateTruncating((bottom - top) * (right - left));
                }
        }
    }

    public override void Backward(in OpFrame<T> frame, T* delta, T** adjoints)
    {
        new Span<T>(adjoints[0], _channels * _height * _width).Clear();
        for (int c = 0; c < _channels; c++)
        {
            T* below = adjoints[0] + (long)c * _height * _width;
            foreach ((int top, int bottom) in rows)
                foreach ((int left, int right) in columns)
                {
                    T share = *delta++ / T.CreateTruncating((bottom - top) * (right - left));
                    for (int y = top; y < bottom; y++)
                        for (int x = left; x < right; x++) below[y * _width + x] += share;
                }
        }
    }
}
