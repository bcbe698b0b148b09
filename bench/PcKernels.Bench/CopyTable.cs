using PcKernels.Execution.Kernels;

namespace PcKernels.Bench;

/// <summary>Settling products of 256-bit vectors with δ and W as they lie (in blocks of 64 rows) beside those that copy them, in interleaved pairs on one thread, and which of the two the library takes.</summary>
internal static class CopyTable
{
    private static readonly (int Outputs, int Inputs)[] Weights = [(256, 784), (512, 512), (1024, 512), (512, 1024), (768, 768), (1024, 1024)];
    private static readonly int[] Batches = [64, 128, 256];

    /// <summary>Measures and prints.</summary>
    public static void Print()
    {
        CpuKernels<float> kernels = CpuKernels<float>.ForBits(256);
        Console.WriteLine($"vectors of {kernels.Bits} bits, 1 thread, {InterleavedPairs.Count} interleaved pairs");
        Console.WriteLine("batch x out x in   as it lies over copied, median (middle half)   taken");
        foreach (int batch in Batches)
            foreach ((int outputs, int inputs) in Weights)
            {
                using var operands = new ProductOperands(batch, outputs, inputs);
                double[] ratios = InterleavedPairs.Ratios(() => operands.Settle(copies: false), () => operands.Settle(copies: true));
                string taken = kernels.OuterScratch(batch, inputs, outputs, false) > 0 ? "copied" : "as it lies";
                Console.WriteLine($"{$"{batch}x{outputs}x{inputs}",-18} {InterleavedPairs.Show(ratios)}   {taken}");
            }
    }
}
