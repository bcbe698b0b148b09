using PcKernels.Execution.Kernels;

namespace PcKernels.Bench;

/// <summary>Predictions by vectors along the inputs beside those by vectors over the batch, in interleaved pairs on one thread, and which of the two the library takes.</summary>
internal static class DotTable
{
    private static readonly (int Batch, int Outputs, int Inputs)[] Shapes =
        [(32, 64, 32), (32, 64, 64), (32, 64, 128), (64, 256, 256), (64, 256, 512), (64, 256, 784), (64, 512, 512), (32, 256, 512), (32, 1024, 1024), (64, 1024, 1024), (256, 1024, 1024), (20, 1024, 1024), (20, 128, 64), (20, 128, 128), (20, 128, 256), (8, 64, 64), (40, 64, 64), (64, 10, 64), (64, 10, 256)];

    /// <summary>Measures and prints.</summary>
    public static void Print()
    {
        CpuKernels<float> kernels = CpuKernels<float>.Best;
        Console.WriteLine($"vectors of {kernels.Bits} bits, 1 thread, {InterleavedPairs.Count} interleaved pairs");
        Console.WriteLine("batch x out x in   along inputs over over the batch, median (middle half)   taken");
        foreach ((int batch, int outputs, int inputs) in Shapes)
        {
            using var operands = new ProductOperands(batch, outputs, inputs);
            double[] ratios = InterleavedPairs.Ratios(() => operands.PredictByDot(kernels, 0, outputs), () => operands.PredictTransposed(kernels, 0, outputs));
            string taken = kernels.TransposesDot(batch, outputs, inputs) ? "over the batch" : "along inputs";
            Console.WriteLine($"{$"{batch}x{outputs}x{inputs}",-18} {InterleavedPairs.Show(ratios)}   {taken}");
        }
    }
}
