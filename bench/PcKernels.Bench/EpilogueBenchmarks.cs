using BenchmarkDotNet.Attributes;
using PcKernels.Execution.Kernels;
using PcKernels.Graphs;

namespace PcKernels.Bench;

/// <summary>What follows a product of 64 × 256 elements. BenchmarkDotNet derives from this class: it cannot be sealed.</summary>
public class EpilogueBenchmarks : IDisposable
{
    private readonly EpilogueOperands _operands = new(64, 256);

    /// <summary>Bits per vector.</summary>
    [Params(256, 512)]
    public int Bits { get; set; }

    /// <summary>f.</summary>
    [Params(Activation.Identity, Activation.Tanh, Activation.Gelu)]
    public Activation Function { get; set; }

    /// <inheritdoc/>
    [GlobalCleanup]
    public void Dispose()
    {
        _operands.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Bias, activation and derivative, error, δ.</summary>
    [Benchmark]
    public void Epilogue() => _operands.Run(CpuKernels<float>.ForBits(Bits), Function);
}
