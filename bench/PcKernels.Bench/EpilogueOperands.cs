using System.Runtime.InteropServices;
using PcKernels.Execution.Kernels;
using PcKernels.Graphs;

namespace PcKernels.Bench;

/// <summary>What follows a product while its tile is in cache: bias, activation with its derivative, error, δ.</summary>
internal sealed unsafe class EpilogueOperands : IDisposable
{
    private readonly float* _memory;
    private readonly int _rows, _columns, _stride;
    private readonly nint _size;

    /// <summary>Allocates and fills with numbers in [−1, 1).</summary>
    public EpilogueOperands(int rows, int columns)
    {
        (_rows, _columns, _stride) = (rows, columns, (columns + 15) / 16 * 16);
        _size = (nint)rows * _stride;
        int length = checked((int)(6 * _size + _stride));
        _memory = (float*)NativeMemory.AlignedAlloc((nuint)length * sizeof(float), 64);
        var random = new Random(1);
        for (int i = 0; i < length; i++) _memory[i] = i % _stride < columns ? random.NextSingle() * 2 - 1 : 0;
    }

    /// <summary>Elements.</summary>
    public int Count => _rows * _columns;

    /// <summary>z += b, μ = f(z) and f′, ε = x − μ, δ = f′ ⊙ ε. z is not kept, so that every run finds the same.</summary>
    public void Run(CpuKernels<float> kernels, Activation activation)
    {
        float* z = _memory, mu = z + _size, derivative = mu + _size, value = derivative + _size, error = value + _size, delta = error + _size, bias = delta + _size;
        kernels.Copy(_rows, _columns, z, _stride, mu, _stride);
        kernels.AddBias(_rows, _columns, mu, _stride, bias);
        kernels.Activate(activation, _rows, _columns, mu, _stride, mu, _stride, derivative, _stride);
        kernels.Error(_rows, _columns, value, _stride, mu, _stride, error, _stride);
        kernels.Weight(_rows, _columns, error, _stride, null, 1, derivative, _stride, delta, _stride);
    }

    /// <inheritdoc/>
    public void Dispose() => NativeMemory.AlignedFree(_memory);
}
