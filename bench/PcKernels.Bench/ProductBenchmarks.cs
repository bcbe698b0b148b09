using BenchmarkDotNet.Attributes;
using PcKernels.Execution.Kernels;

namespace PcKernels.Bench;

/// <summary>The same products under BenchmarkDotNet, which derives from this class: it cannot be sealed.</summary>
public class ProductBenchmarks : IDisposable
{
    private ProductOperands? _operands;

    /// <summary>Batch, outputs and inputs.</summary>
    [Params("20x128x784", "64x256x256", "64x256x784", "512x512x512", "20x1024x1024")]
    public string Shape { get; set; } = "";

    /// <summary>Bits per vector.</summary>
    [Params(256, 512)]
    public int Bits { get; set; }

    /// <summary>Allocates the operands.</summary>
    [GlobalSetup]
    public void Setup()
    {
        int[] extents = [.. Shape.Split('x').Select(int.Parse)];
        _operands = new ProductOperands(extents[0], extents[1], extents[2]);
    }

    /// <inheritdoc/>
    [GlobalCleanup]
    public void Dispose()
    {
        _operands?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>z = x Wᵀ.</summary>
    [Benchmark]
    public void Predict() => _operands!.Predict(CpuKernels<float>.ForBits(Bits));

    /// <summary>adjoint = δ W.</summary>
    [Benchmark]
    public void Settle() => _operands!.Settle(CpuKernels<float>.ForBits(Bits));

    /// <summary>gradient = δᵀ x.</summary>
    [Benchmark]
    public void Learn() => _operands!.Learn(CpuKernels<float>.ForBits(Bits));
}
