using PcKernels.Cuda.Tests.Targets;
using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Tests.Ops;
using PcKernels.Tests.Rules;

namespace PcKernels.Cuda.Tests.Devices;

/// <summary>Every op of the catalogue on a device: its value and the derivative for each input and parameter, in four orders, against the CPU in f64, whose own are held against finite differences.</summary>
public abstract class OpSuite : DeviceComparison
{
    private const int Orders = 4;

    /// <param name="dtype">The element type.</param>
    private protected OpSuite(DType dtype) : base(dtype)
    {
    }

    [DeviceTheory]
    [MemberData(nameof(OpBench.Names), MemberType = typeof(OpBench))]
    public void Every_example_is_the_cpus_in_any_order(string op, int example) => Check(new OpBench(OpCatalog.Find(op).Examples[example], 100 + example));

    [DeviceTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Of_equal_maxima_the_first_gets_the_gradient_as_on_the_cpu(int example)
    {
        var bench = new OpBench(OpCatalog.Find("max_pool2d").Examples[example], 1);
        for (int i = 0; i < bench.Inputs[0].Length; i++) bench.Inputs[0][i] = Math.Sign(bench.Inputs[0][i]);
        Check(bench);
    }

    // One step with γ = 1 moves the inputs by their derivatives; the errors have the value, and the gradients those of the parameters.
    private void Check(OpBench bench)
    {
        Target.CheckAll();
        Dictionary<string, double[]> expected = bench.Run(1);
        Dictionary<string, double[]>? first = null;
        for (int order = 0; order < Orders; order++)
        {
            Target.Shuffle(order);
            Dictionary<string, double[]> actual = bench.Run(1, Type, device: Target.Open());
            foreach ((string name, double[] values) in expected) Near(actual[name], values, name);
            first ??= actual;
            Compare.Same(actual, first, $"order {order}");
        }
    }

    // Differences of numbers of size 1, so that is the least size that counts; f32: as on the CPU.
    private void Near(double[] actual, double[] expected, string what)
    {
        double off = Norm([.. actual.Zip(expected, static (a, b) => a - b)]) / Math.Max(1, Norm(expected));
        Assert.True(off <= (Type == DType.F64 ? 1e-12 : 2e-6), $"{what} is off by {off:e2}");
    }

    private static double Norm(double[] values) => Math.Sqrt(values.Sum(static v => v * v));
}

[On(TestTarget.Emulator)]
public sealed class EmulatorOpF64Suite() : OpSuite(DType.F64);

[On(TestTarget.Emulator)]
public sealed class EmulatorOpF32Suite() : OpSuite(DType.F32);

[On(TestTarget.Cuda)]
public sealed class CudaOpF64Suite() : OpSuite(DType.F64);

[On(TestTarget.Cuda)]
public sealed class CudaOpF32Suite() : OpSuite(DType.F32);
