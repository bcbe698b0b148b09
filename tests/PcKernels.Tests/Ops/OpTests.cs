using PcKernels.Graphs;
using PcKernels.Graphs.Ops;

namespace PcKernels.Tests.Ops;

/// <summary>Every example of the catalogue: its value and derivatives against plain loops, and against finite differences of the energy.</summary>
public sealed class OpTests
{
    private const double Step = 1e-4;
    private const int MostElements = 40;

    [Theory]
    [MemberData(nameof(OpBench.Names), MemberType = typeof(OpBench))]
    public void Value_and_derivatives_are_the_references(string op, int example)
    {
        OpBench bench = Make(op, example);
        if (bench.Example.Op is DropoutOp) return; // Its numbers have tests of their own.
        Check(bench, DType.F64, 1e-13);
        Check(bench, DType.F32, 2e-6);
    }

    [Theory]
    [MemberData(nameof(OpBench.Names), MemberType = typeof(OpBench))]
    public void Derivatives_are_the_finite_differences_to_1e_7(string op, int example)
    {
        OpBench bench = Make(op, example);
        Dictionary<string, double[]> start = bench.Run(0), moved = bench.Run(1);
        for (int k = 0; k < bench.Inputs.Length && !bench.Example.Op.ReadsIntegers; k++)
        {
            // With γ = 1 and ε = 0 a value moves by minus its derivative.
            double[] derivative = [.. start[$"value/x{k}"].Zip(moved[$"value/x{k}"], static (a, b) => a - b)];
            Near(derivative, bench.Inputs[k], bench, $"{op} {example}, input {k}");
        }
        foreach (ParameterInfo parameter in bench.Graph.Parameters)
            Near([.. start[$"grad/{parameter.Name}"].Select(static g => 2 * g)], bench.Parameters[parameter.Name], bench, $"{op} {example}, {parameter.Name}");
    }

    [Theory]
    [MemberData(nameof(OpBench.Names), MemberType = typeof(OpBench))]
    public void Threads_and_savings_change_no_bit(string op, int example)
    {
        OpBench bench = Make(op, example);
        Dictionary<string, double[]> one = bench.Run(2);
        foreach ((int threads, bool plain) in new[] { (1, true), (2, false), (3, false) })
            foreach ((string name, double[] values) in bench.Run(2, threads: threads, plain: plain)) Assert.Equal(one[name].Select(static v => v + 0.0), values.Select(static v => v + 0.0));
    }

    [Fact]
    public void Every_op_has_examples_that_write_and_read_alike()
    {
        foreach (OpEntry entry in OpCatalog.All)
        {
            Assert.NotEmpty(entry.Examples);
            foreach (OpExample example in entry.Examples.Where(static e => e.Inputs.Count > 0))
            {
                string json = ModelJson.Write(new OpBench(example, 1).Graph);
                Assert.Contains($"\"op\":\"{entry.Name}\"", json, StringComparison.Ordinal);
                Assert.Equal(json, ModelJson.Write(ModelJson.Parse(json)));
            }
        }
    }

    private static OpBench Make(string op, int example) => new(OpCatalog.Find(op).Examples[example], 100 + example);

    private static void Check(OpBench bench, DType dtype, double tolerance)
    {
        (double[] value, double[][] inputs, double[][] parameters) = bench.Reference();
        Dictionary<string, double[]> start = bench.Run(0, dtype), moved = bench.Run(1, dtype);
        Near([.. bench.Target.Zip(start["error/y"], static (t, e) => t - e)], value, tolerance, "value");
        for (int k = 0; k < inputs.Length && !bench.Example.Op.ReadsIntegers; k++)
            Near([.. start[$"value/x{k}"].Zip(moved[$"value/x{k}"], static (a, b) => a - b)], inputs[k], tolerance, $"input {k}");
        foreach ((int i, ParameterInfo parameter) in bench.Graph.Parameters.Index())
            Near([.. start[$"grad/{parameter.Name}"].Select(static g => 2 * g)], parameters[i], tolerance, parameter.Name);
    }

    // Differences of numbers of size 1, so that is the least size that counts.
    private static void Near(double[] actual, double[] expected, double tolerance, string what)
    {
        double off = Norm([.. actual.Zip(expected, static (a, b) => a - b)]) / Math.Max(1, Norm(expected));
        Assert.True(off <= tolerance, $"{what} is off by {off:e2}");
    }

    private static void Near(double[] derivative, double[] at, OpBench bench, string what)
    {
        int stride = Math.Max(1, at.Length / MostElements);
        double difference = 0, size = 0;
        for (int i = 0; i < at.Length; i += stride)
        {
            double finite = (8 * (Shifted(bench, at, i, Step) - Shifted(bench, at, i, -Step)) - Shifted(bench, at, i, 2 * Step) + Shifted(bench, at, i, -2 * Step)) / (12 * Step);
            difference += (finite - derivative[i]) * (finite - derivative[i]);
            size += finite * finite;
        }
        Assert.True(Math.Sqrt(difference) <= 1e-7 * Math.Sqrt(size), $"{what}: {Math.Sqrt(difference / size):e2} from the finite differences");
    }

    private static double Shifted(OpBench bench, double[] at, int element, double by)
    {
        double kept = at[element];
        at[element] = kept + by;
        double energy = bench.Energy();
        at[element] = kept;
        return energy;
    }

    private static double Norm(double[] values) => Math.Sqrt(values.Sum(static v => v * v));
}
