using System.Runtime.Intrinsics;
using PcKernels.Execution.Cpu;
using PcKernels.Execution.Kernels;
using PcKernels.Planning;

namespace PcKernels.Bench;

/// <summary>The operands of one layer's three products: x [batch, in], W [out, in], z and δ [batch, out], and a gradient like W.</summary>
internal sealed unsafe class ProductOperands : IDisposable
{
    private const int RowBlock = 64;

    private readonly NativeArena _arena;
    private readonly float* _x, _w, _z, _delta, _adjoint, _gradient, _scratch;
    private readonly nint _scratchLength;
    private readonly int _batch, _outputs, _inputs, _ldIn, _ldOut;

    /// <summary>Allocates and fills with numbers in [−1, 1).</summary>
    public ProductOperands(int batch, int outputs, int inputs)
    {
        (_batch, _outputs, _inputs) = (batch, outputs, inputs);
        // As the library lays its matrices out.
        _ldIn = new PlanBuffer(0, "x", BufferRole.Value, batch, inputs, 0).Stride;
        _ldOut = new PlanBuffer(0, "z", BufferRole.Value, batch, outputs, 0).Stride;
        nint x = (nint)batch * _ldIn, w = (nint)outputs * _ldIn, z = (nint)batch * _ldOut;
        _scratchLength = (nint)Enumerable.Max([128, 256, 512], bits => ScratchLength(CpuKernels<float>.ForBits(bits)));
        _arena = new NativeArena((2L * (x + w + z) + Environment.ProcessorCount * _scratchLength) * sizeof(float));
        _x = _arena.Pointer<float>();
        _w = _x + x;
        _z = _w + w;
        _delta = _z + z;
        _adjoint = _delta + z;
        _gradient = _adjoint + x;
        _scratch = _gradient + w;
        var random = new Random(1);
        Fill(random, _x, batch, inputs, _ldIn);
        Fill(random, _w, outputs, inputs, _ldIn);
        Fill(random, _delta, batch, outputs, _ldOut);
    }

    /// <summary>FLOP of each of the three.</summary>
    public double Flop => 2.0 * _batch * _outputs * _inputs;

    /// <summary>z = x Wᵀ.</summary>
    public void Predict(CpuKernels<float> kernels) => Predict(kernels, 0, 1);

    /// <summary>adjoint = δ W.</summary>
    public void Settle(CpuKernels<float> kernels) =>
        kernels.Outer(_batch, _inputs, _outputs, _delta, _ldOut, 1, _w, _ldIn, _adjoint, _ldIn, false, _scratch);

    /// <summary>gradient = δᵀ x.</summary>
    public void Learn(CpuKernels<float> kernels) =>
        kernels.Outer(_outputs, _inputs, _batch, _delta, 1, _ldOut, _x, _ldIn, _gradient, _ldIn, false, _scratch);

    /// <summary>The part of that product that one of so many workers does, by outputs.</summary>
    public void Predict(CpuKernels<float> kernels, int worker, int workers)
    {
        (int from, int to) = Part(_outputs, worker, workers);
        if (to <= from) return;
        if (!kernels.TransposesDot(_batch, _outputs, _inputs)) PredictByDot(kernels, from, to);
        else PredictTransposed(kernels, from, to, ScratchOf(worker));
    }

    /// <summary>z = x Wᵀ for some outputs, by vectors along the inputs.</summary>
    public void PredictByDot(CpuKernels<float> kernels, int from, int to) =>
        kernels.Dot(_batch, to - from, _inputs, _x, _ldIn, _w + (nint)from * _ldIn, _ldIn, _z + from, _ldOut);

    /// <summary>z = x Wᵀ for some outputs, by vectors over the batch.</summary>
    public void PredictTransposed(CpuKernels<float> kernels, int from, int to) => PredictTransposed(kernels, from, to, _scratch);

    // Blocks of 64 rows, as the device takes them.
    private void PredictTransposed(CpuKernels<float> kernels, int from, int to, float* scratch)
    {
        for (int row = 0; row < _batch; row += RowBlock)
            kernels.DotTransposed(Math.Min(RowBlock, _batch - row), to - from, _inputs, _x + (nint)row * _ldIn, _ldIn, _w + (nint)from * _ldIn, _ldIn, _z + (nint)row * _ldOut + from, _ldOut, scratch);
    }

    /// <summary>The part of that product that one of so many workers does, by inputs.</summary>
    public void Settle(CpuKernels<float> kernels, int worker, int workers)
    {
        (int from, int to) = Part(_inputs, worker, workers);
        if (to > from) kernels.Outer(_batch, to - from, _outputs, _delta, _ldOut, 1, _w + from, _ldIn, _adjoint + from, _ldIn, false, ScratchOf(worker));
    }

    /// <summary>The part of that product that one of so many workers does, by outputs.</summary>
    public void Learn(CpuKernels<float> kernels, int worker, int workers)
    {
        (int from, int to) = Part(_outputs, worker, workers);
        if (to > from) kernels.Outer(to - from, _inputs, _batch, _delta + from, 1, _ldOut, _x, _ldIn, _gradient + (nint)from * _ldIn, _ldIn, false, ScratchOf(worker));
    }

    private float* ScratchOf(int worker) => _scratch + worker * _scratchLength;

    private long ScratchLength(CpuKernels<float> kernels) => Enumerable.Max<long>(
    [
        kernels.TransposedScratch(Math.Min(_batch, RowBlock), _inputs), kernels.OuterScratch(_batch, _inputs, _outputs, false), kernels.OuterScratch(_outputs, _inputs, _batch, true),
        PackedOuterProduct<float, Vector256<float>, Simd256<float>>.ScratchLength,
    ]);

    /// <summary>adjoint = δ W, large operands copied or not, for any shape.</summary>
    public void Settle(bool copies)
    {
        if (copies) PackedOuterProduct<float, Vector256<float>, Simd256<float>>.Run(_batch, _inputs, _outputs, _delta, _ldOut, 1, _w, _ldIn, _adjoint, _ldIn, false, _scratch);
        else
            for (int row = 0; row < _batch; row += RowBlock)
                CpuKernels<float>.ForBits(256).Outer(Math.Min(RowBlock, _batch - row), _inputs, _outputs, _delta + (nint)row * _ldOut, _ldOut, 1, _w, _ldIn, _adjoint + (nint)row * _ldIn, _ldIn, false, null);
    }

    // In units of 16, as tiles are cut.
    private static (int From, int To) Part(int extent, int worker, int workers)
    {
        int units = (extent + 15) / 16;
        return (Math.Min(extent, units * worker / workers * 16), Math.Min(extent, units * (worker + 1) / workers * 16));
    }

    /// <summary>The largest error of the three against sums in double, over some elements of each.</summary>
    public double WorstError(CpuKernels<float> kernels)
    {
        Predict(kernels);
        Settle(kernels);
        Learn(kernels);
        double worst = 0;
        var random = new Random(2);
        for (int probe = 0; probe < 200; probe++)
        {
            int b = random.Next(_batch), o = random.Next(_outputs), i = random.Next(_inputs);
            double z = 0, adjoint = 0, gradient = 0;
            for (int k = 0; k < _inputs; k++) z += (double)_x[b * _ldIn + k] * _w[o * _ldIn + k];
            for (int k = 0; k < _outputs; k++) adjoint += (double)_delta[b * _ldOut + k] * _w[k * _ldIn + i];
            for (int k = 0; k < _batch; k++) gradient += (double)_delta[k * _ldOut + o] * _x[k * _ldIn + i];
            worst = Math.Max(worst, Math.Abs(z - _z[b * _ldOut + o]));
            worst = Math.Max(worst, Math.Abs(adjoint - _adjoint[b * _ldIn + i]));
            worst = Math.Max(worst, Math.Abs(gradient - _gradient[o * _ldIn + i]));
        }
        return worst;
    }

    /// <inheritdoc/>
    public void Dispose() => _arena.Dispose();

    private static void Fill(Random random, float* a, int rows, int cols, int ld)
    {
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < cols; j++) a[i * ld + j] = random.NextSingle() * 2 - 1;
    }
}
