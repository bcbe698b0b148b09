using System.Numerics;
using PcKernels.Graphs.Ops;

namespace PcKernels.Execution.Kernels.Ops;

/// <summary>
/// The windows of a convolution as a matrix that is never whole: row d is the element (channel, y, x) of the kernel, a column is a place of one of a few
/// images side by side. Some rows at a time are unfolded from the images, or folded back onto them.
/// </summary>
/// <param name="window">Kernel, stride, padding.</param>
/// <param name="input">The shape of an image.</param>
/// <param name="output">The shape of the result.</param>
internal sealed unsafe class WindowRows<T>(Window window, IReadOnlyList<int> input, IReadOnlyList<int> output) where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _height = input[1], _width = input[2], _outHeight = output[1], _outWidth = output[2];

    // With equal extents and stride 1 a row is its plane moved by an offset: one run of neighbours, but for columns that come in from the line before or after.
    private readonly bool _keepsExtents = window.Stride == 1 && output[1] == input[1] && output[2] == input[2];

    /// <summary>Places of one image.</summary>
    public int Places => _outHeight * _outWidth;

    private int Area => window.Kernel * window.Kernel;

    /// <summary>Writes rows [<paramref name="from"/>, <paramref name="to"/>) of the windows of some images, zeros where they reach over the border and in the pad.</summary>
    public void Unfold(T** images, int count, int channel, int from, int to, T* rows, int stride)
    {
        for (int d = from; d < to; d++, rows += stride)
        {
            (int y, int x) = Offset(d);
            long plane = (long)(channel + d / Area) * _height * _width;
            for (int s = 0; s < count; s++)
            {
                if (_keepsExtents) UnfoldMoved(images[s] + plane, y, x, rows + s * Places);
                else UnfoldRow(images[s] + plane, y, x, rows + s * Places);
            }
            new Span<T>(rows + count * Places, stride - count * Places).Clear();
        }
    }

    /// <summary>Adds rows back to where they were taken from. The rows are used up.</summary>
    public void Fold(T* rows, int stride, int from, int to, T** images, int count, int channel)
    {
        for (int d = from; d < to; d++, rows += stride)
        {
            (int y, int x) = Offset(d);
            long plane = (long)(channel + d / Area) * _height * _width;
            for (int s = 0; s < count; s++)
            {
                if (_keepsExtents) FoldMoved(rows + s * Places, y, x, images[s] + plane);
                else FoldRow(rows + s * Places, y, x, images[s] + plane);
            }
        }
    }

    private (int Y, int X) Offset(int d) => (d % Area / window.Kernel - window.Padding, d % window.Kernel - window.Padding);

    private void UnfoldMoved(T* plane, int y, int x, T* row)
    {
        (int from, int to) = MovedRun(y, x);
        if (from >= to)
        {
            new Span<T>(row, Places).Clear();
            return;
        }
        new Span<T>(row, from).Clear();
        new ReadOnlySpan<T>(plane + from + y * _width + x, to - from).CopyTo(new Span<T>(row + from, to - from));
        new Span<T>(row + to, Places - to).Clear();
        ClearWrapped(row, x);
    }

    private void FoldMoved(T* row, int y, int x, T* plane)
    {
        (int from, int to) = MovedRun(y, x);
        if (from >= to) return;
        ClearWrapped(row, x);
        Row<T>.Add(plane + from + y * _width + x, row + from, to - from);
    }

    /// <summary>The places whose element, moved by an offset, lies in the plane.</summary>
    private (int From, int To) MovedRun(int y, int x)
    {
        int from = Math.Max(0, -y) * _width + Math.Max(0, -x), to = (_outHeight - Math.Max(0, y)) * _width - Math.Max(0, x);
        return (from, to);
    }

    private void ClearWrapped(T* row, int x)
    {
        for (int j = x < 0 ? 0 : _width - Math.Min(x, _width); j < (x < 0 ? Math.Min(-x, _width) : _width); j++)
            for (int i = 0; i < _outHeight; i++) row[i * _width + j] = T.Zero;
    }

    private void UnfoldRow(T* plane, int y, int x, T* row)
    {
        (int from, int to) = Inside(x, _width, _outWidth);
        for (int i = 0; i < _outHeight; i++, y += window.Stride, row += _outWidth)
        {
            if (y < 0 || y >= _height)
            {
                for (int j = 0; j < _outWidth; j++) row[j] = T.Zero;
                continue;
            }
            T* line = plane + (long)y * _width + x;
            for (int j = 0; j < from; j++) row[j] = T.Zero;
            for (int j = from; j < to; j++) row[j] = line[j * window.Stride];
            for (int j = to; j < _outWidth; j++) row[j] = T.Zero;
        }
    }

    private void FoldRow(T* row, int y, int x, T* plane)
    {
        (int from, int to) = Inside(x, _width, _outWidth);
        for (int i = 0; i < _outHeight; i++, y += window.Stride, row += _outWidth)
        {
            if (y < 0 || y >= _height) continue;
            T* line = plane + (long)y * _width + x;
            for (int j = from; j < to; j++) line[j * window.Stride] += row[j];
        }
    }

    /// <summary>The places of a line whose element at an offset lies in the image.</summary>
    private (int From, int To) Inside(int offset, int extent, int places)
    {
        int stride = window.Stride;
        int from = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
        int to = offset >= extent ? 0 : (extent - 1 - offset) / stride + 1;
        from = Math.Min(from, places);
        return (from, Math.Max(from, Math.Min(to, places)));
    }
}
