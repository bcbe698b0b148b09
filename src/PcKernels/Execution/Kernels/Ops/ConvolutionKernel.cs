using System.Numerics;
using PcKernels.Execution.Cpu;
using PcKernels.Graphs.Ops;

namespace PcKernels.Execution.Kernels.Ops;

/// <summary>
/// Convolution of a few images as products with their windows: Y = W C, ∂C = Wᵀ δ, ∂W = δ Cᵀ, with C <c>[in/groups · kernel², images · places]</c>. Of C only
/// <see cref="DepthBlock"/> rows exist at a time, in scratch that stays in the second-level cache; small images lie side by side until they fill a block's width.
/// </summary>
/// <remarks>An element of Y is one chain over ascending depth, begun at the bias; one of ∂C one chain over channels. Neither depends on which images lie beside its own.</remarks>
internal sealed unsafe class ConvolutionKernel<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int DepthBlock = 256;
    private const int WantedPlaces = 256;

    private readonly WindowRows<T> _windows;
    private readonly int _groups, _inChannels, _outChannels, _imageCount, _places;

    public ConvolutionKernel(Conv2dOp op, IReadOnlyList<int> input, IReadOnlyList<int> output, int batch)
    {
        _windows = new WindowRows<T>(op.Window, input, output);
        _groups = op.Groups;
        (_inChannels, _outChannels) = (input[0] / _groups, output[0] / _groups);
        _imageCount = input[0] * input[1] * input[2];
        _places = _windows.Places;
        Depth = _inChannels * op.Kernel * op.Kernel;
        Images = Math.Clamp(WantedPlaces / _places, 1, batch);
    }

    /// <summary>Rows of C: columns of a group's weights.</summary>
    public int Depth { get; }

    /// <summary>Images at once, at most.</summary>
    public int Images { get; }

    /// <summary>Multiply-adds for one image.</summary>
    public double Cost => (double)_groups * _outChannels * Depth * _places;

    /// <summary>Elements of scratch that a call needs: rows of windows, a result or δ of one group side by side, and what products of δ copy.</summary>
    public long ScratchLength => BlocksLength + Kernels.OuterScratch(BlockRows, Images * _places, _outChannels, true);

    /// <summary>Elements of scratch that <see cref="Learn"/> needs on top.</summary>
    public long LearnScratchLength => (long)_outChannels * BlockRows;

    private static CpuKernels<T> Kernels => CpuKernels<T>.Best;

    private long BlocksLength => (long)(BlockRows + _outChannels) * Padded(Images * _places);

    private int BlockRows => Math.Min(DepthBlock, Padded(Depth));

    /// <summary>Y of some images; the bias may be missing.</summary>
    public void Forward(T** images, int count, Matrix<T> weight, Matrix<T> bias, T** results, T* scratch)
    {
        int width = Padded(count * _places);
        T* windows = scratch, sideBySide = scratch + (long)BlockRows * width;
        for (int g = 0; g < _groups; g++)
        {
            int channel = g * _outChannels;
            T* result = InPlace(count) ? results[0] + (long)channel * _places : sideBySide;
            for (int c = 0; c < _outChannels; c++) new Span<T>(result + (long)c * width, width).Fill(bias.Exists ? *bias.At(0, channel + c) : T.Zero);
            for (int d = 0; d < Depth; d += DepthBlock)
            {
                int rows = Math.Min(DepthBlock, Depth - d);
                _windows.Unfold(images, count, g * _inChannels, d, d + rows, windows, width);
                Kernels.Outer(_outChannels, count * _places, rows, weight.At(channel, d), weight.Stride, 1, windows, width, result, width, true, null);
            }
            if (!InPlace(count)) Scatter(result, width, count, channel, results);
        }
    }

    /// <summary>∂x of some images, written.</summary>
    public void Backward(T** deltas, int count, Matrix<T> weight, T** adjoints, T* scratch)
    {
        int width = Padded(count * _places);
        T* windows = scratch, sideBySide = scratch + (long)BlockRows * width;
        for (int s = 0; s < count; s++) new Span<T>(adjoints[s], _imageCount).Clear();
        for (int g = 0; g < _groups; g++)
        {
            int channel = g * _outChannels;
            T* delta = Gathered(deltas, count, channel, sideBySide, width);
            for (int d = 0; d < Depth; d += DepthBlock)
            {
                int rows = Math.Min(DepthBlock, Depth - d);
                Kernels.Outer(rows, count * _places, _outChannels, weight.At(channel, d), 1, weight.Stride, delta, width, windows, width, false, scratch + BlocksLength);
                _windows.Fold(windows, width, d, d + rows, adjoints, count, g * _inChannels);
            }
        }
    }

    /// <summary>The columns [<paramref name="from"/>, <paramref name="to"/>) of ∂W of one group, at most <see cref="DepthBlock"/>, written to or added to sums of that leading dimension, channel by channel.</summary>
    public void Learn(T** images, T** deltas, int count, int group, int from, int to, T* sums, bool accumulate, T* scratch)
    {
        int width = Padded(count * _places), stride = BlockRows;
        T* windows = scratch, sideBySide = windows + (long)stride * width, product = scratch + ScratchLength;
        T* delta = Gathered(deltas, count, group * _outChannels, sideBySide, width);
        _windows.Unfold(images, count, group * _inChannels, from, to, windows, width);
        T* target = accumulate ? product : sums;
        Kernels.Dot(_outChannels, to - from, width, delta, width, windows, width, target, stride);
        if (accumulate) Kernels.Add(_outChannels, to - from, sums, stride, product, stride, sums, stride);
    }

    /// <summary>∂b += Σ δ over the places of one image.</summary>
    public void LearnBias(T* delta, T* sums)
    {
        for (int c = 0; c < _groups * _outChannels; c++, delta += _places) sums[c] += Row<T>.Sum(delta, _places);
    }

    // One image whose lines of places are whole cache lines need not be moved.
    private bool InPlace(int count) => count == 1 && _places % 16 == 0;

    /// <summary>δ of one group's channels, all images side by side, zeros in the pad.</summary>
    private T* Gathered(T** deltas, int count, int channel, T* rows, int width)
    {
        if (InPlace(count)) return deltas[0] + (long)channel * _places;
        for (int c = 0; c < _outChannels; c++)
        {
            T* row = rows + (long)c * width;
            for (int s = 0; s < count; s++, row += _places) Copy(deltas[s] + (long)(channel + c) * _places, row);
            new Span<T>(row, width - count * _places).Clear();
        }
        return rows;
    }

    private void Scatter(T* rows, int width, int count, int channel, T** results)
    {
        for (int c = 0; c < _outChannels; c++)
            for (int s = 0; s < count; s++) Copy(rows + (long)c * width + s * _places, results[s] + (long)(channel + c) * _places);
    }

    private void Copy(T* from, T* to) => new ReadOnlySpan<T>(from, _places).CopyTo(new Span<T>(to, _places));

    private static int Padded(int columns) => (columns + 15) / 16 * 16;
}
