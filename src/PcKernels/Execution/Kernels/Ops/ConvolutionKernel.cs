using System.Numerics;
using PcKernels.Execution.Cpu;
using PcKernels.Graphs.Ops;

namespace PcKernels.Execution.Kernels.Ops;

/// <summary>Convolution of one image as products with its windows: Y = W C, ∂C = Wᵀ δ, ∂W = δ Cᵀ, with C <c>[in/groups · kernel², places]</c> the windows of one group side by side.</summary>
/// <remarks>C is made for one image and one group at a time in scratch, never for the batch.</remarks>
internal sealed unsafe class ConvolutionKernel<T> : OpKernel<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Window _window;
    private readonly int _groups, _height, _width, _outHeight, _outWidth;
    private readonly int _inChannels, _outChannels, _depth, _places, _padded, _depthPadded;

    public ConvolutionKernel(Conv2dOp op, IReadOnlyList<int> input, IReadOnlyList<int> output)
    {
        _window = op.Window;
        _groups = op.Groups;
        (_height, _width, _outHeight, _outWidth) = (input[1], input[2], output[1], output[2]);
        (_inChannels, _outChannels) = (input[0] / _groups, output[0] / _groups);
        _depth = _inChannels * op.Kernel * op.Kernel;
        _places = _outHeight * _outWidth;
        _padded = Padded(_places);
        _depthPadded = Padded(_depth);
    }

    public override double Cost => (double)_groups * _outChannels * _depth * _places;

    public override int LearnUnits => _groups * _outChannels;

    public override long ScratchLength => (long)_depth * _padded + (long)_outChannels * (_padded + _depthPadded);

    public override void Forward(in OpFrame<T> frame, T* output)
    {
        T* windows = frame.Scratch, result = windows + (long)_depth * _padded;
        Matrix<T> weight = frame.Parameters[0];
        for (int g = 0; g < _groups; g++)
        {
            Unfold(frame.Input(0) + (long)g * _inChannels * _height * _width, windows);
            Kernels.Outer(_outChannels, _places, _depth, weight.At(g * _outChannels, 0), weight.Stride, 1, windows, _padded, result, _padded, false);
            for (int c = 0; c < _outChannels; c++) Finish(frame, g * _outChannels + c, result + (long)c * _padded, output);
        }
    }

    public override void Backward(in OpFrame<T> frame, T* delta, T** adjoints)
    {
        T* windows = frame.Scratch, padded = windows + (long)_depth * _padded;
        Matrix<T> weight = frame.Parameters[0];
        new Span<T>(adjoints[0], _groups * _inChannels * _height * _width).Clear();
        for (int g = 0; g < _groups; g++)
        {
            Pad(delta, g * _outChannels, _outChannels, padded);
            Kernels.Outer(_depth, _places, _outChannels, weight.At(g * _outChannels, 0), 1, weight.Stride, padded, _padded, windows, _padded, false);
            Fold(windows, adjoints[0] + (long)g * _inChannels * _height * _width);
        }
    }

    public override void Learn(in OpFrame<T> frame, T* delta, ReadOnlySpan<Matrix<T>> gradients, int from, int to)
    {
        T* windows = frame.Scratch, padded = windows + (long)_depth * _padded, product = padded + (long)_outChannels * _padded;
        for (int g = from / _outChannels; g * _outChannels < to; g++)
        {
            int first = Math.Max(from, g * _outChannels), rows = Math.Min(to, (g + 1) * _outChannels) - first;
            Unfold(frame.Input(0) + (long)g * _inChannels * _height * _width, windows);
            Pad(delta, first, rows, padded);
            Kernels.Dot(rows, _depth, _places, padded, _padded, windows, _padded, product, _depthPadded);
            Matrix<T> weight = gradients[0];
            Kernels.Add(rows, _depth, weight.At(first, 0), weight.Stride, product, _depthPadded, weight.At(first, 0), weight.Stride);
            for (int c = 0; gradients.Length > 1 && c < rows; c++) *gradients[1].At(0, first + c) += Sum(padded + (long)c * _padded);
        }
    }

    private void Finish(in OpFrame<T> frame, int channel, T* from, T* output)
    {
        T* to = output + (long)channel * _places;
        if (frame.Parameters.Length == 1)
        {
            new ReadOnlySpan<T>(from, _places).CopyTo(new Span<T>(to, _places));
            return;
        }
        T bias = *frame.Parameters[1].At(0, channel);
        for (int p = 0; p < _places; p++) to[p] = from[p] + bias;
    }

    /// <summary>The windows of one group's channels, zeros where they reach over the border and behind the last place.</summary>
    private void Unfold(T* image, T* windows)
    {
        new Span<T>(windows, _depth * _padded).Clear();
        int row = 0;
        for (int c = 0; c < _inChannels; c++)
            for (int y = 0; y < _window.Kernel; y++)
                for (int x = 0; x < _window.Kernel; x++, row++)
                    UnfoldRow(image + (long)c * _height * _width, y - _window.Padding, x - _window.Padding, windows + (long)row * _padded);
    }

    private void UnfoldRow(T* plane, int y, int x, T* row)
    {
        (int from, int to) = Inside(x, _width, _outWidth);
        for (int i = 0; i < _outHeight; i++, y += _window.Stride, row += _outWidth)
        {
            if (y < 0 || y >= _height) continue;
            T* line = plane + (long)y * _width + x;
            if (_window.Stride == 1 && to > from) new ReadOnlySpan<T>(line + from, to - from).CopyTo(new Span<T>(row + from, to - from));
            else for (int j = from; j < to; j++) row[j] = line[j * _window.Stride];
        }
    }

    /// <summary>Adds each window back to where it was taken from.</summary>
    private void Fold(T* windows, T* image)
    {
        int row = 0;
        for (int c = 0; c < _inChannels; c++)
            for (int y = 0; y < _window.Kernel; y++)
                for (int x = 0; x < _window.Kernel; x++, row++)
                    FoldRow(windows + (long)row * _padded, y - _window.Padding, x - _window.Padding, image + (long)c * _height * _width);
    }

    private void FoldRow(T* row, int y, int x, T* plane)
    {
        (int from, int to) = Inside(x, _width, _outWidth);
        for (int i = 0; i < _outHeight; i++, y += _window.Stride, row += _outWidth)
        {
            if (y < 0 || y >= _height) continue;
            T* line = plane + (long)y * _width + x;
            for (int j = from; j < to; j++) line[j * _window.Stride] += row[j];
        }
    }

    /// <summary>The places whose element at an offset lies in the image.</summary>
    private (int From, int To) Inside(int offset, int extent, int places)
    {
        int stride = _window.Stride;
        int from = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
        int to = offset >= extent ? 0 : (extent - 1 - offset) / stride + 1;
        return (Math.Min(from, places), Math.Min(to, places));
    }

    private void Pad(T* delta, int channel, int channels, T* padded)
    {
        for (int c = 0; c < channels; c++)
        {
            T* to = padded + (long)c * _padded;
            new ReadOnlySpan<T>(delta + (long)(channel + c) * _places, _places).CopyTo(new Span<T>(to, _places));
            new Span<T>(to + _places, _padded - _places).Clear();
        }
    }

    private T Sum(T* row)
    {
        T sum = T.Zero;
        for (int p = 0; p < _places; p++) sum += row[p];
        return sum;
    }
}
