using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Rules;
using PcKernels.Training;

namespace PcKernels.Tests.Rules;

/// <summary>Energies against finite differences, closed forms and what descent promises, in double.</summary>
public sealed class EnergyTests
{
    private const int Cases = 12;
    private const int LargestNet = 5;
    private const double Probe = 1e-5;
    private const double SmallStep = 1e-3;
    private const double LeastFall = 1e-12;

    /// <summary>With given starts and T = 0 the energy is a function of values and parameters; one step of γ shows ∂F/∂x, the gradient ∂F/∂θ.</summary>
    [Fact]
    public void Gradients_are_slopes_of_the_energy() => Draw.Check(Cases, LargestNet, draw =>
    {
        // Smooth activations only: a kink has no slope to probe.
        Graph graph = Smooth(RandomNet.Draw(draw.Seed, draw.Size, new NetKind { Roots = true }));
        Model model = RandomNet.Parameterise(graph, draw.Seed);
        int count = draw.Random("batch").Next(1, 4);
        Dictionary<string, Tensor> batch = Exact(RandomNet.Batch(graph, count, draw.Seed), graph);
        foreach (Node vertex in graph.Vertices.Where(v => graph.OutputOf(v.Index) is null))
            batch[$"value/{vertex.Name}"] = RandomNet.Uniform(draw.Random(vertex.Name), count, vertex).To(DType.F64);
        TrainingOptions options = Runs.Looking with { Rule = new PredictiveCoding { Steps = 0 } };
        using var trainer = new Trainer(model, options, new CpuDevice(1));
        trainer.Step(batch);
        foreach (string name in model.Parameters.Keys)
        {
            double[] gradient = trainer.Gradient(name).ToDoubles();
            double[] slopes = Slopes(model.Parameters[name], () => Energy(model, options, batch));
            Near(gradient, slopes, 1, $"{name} of {ModelJson.Write(graph)}");
        }
        Dictionary<string, double[]> moved = Runs.Of(model, options with { Rule = new PredictiveCoding { Steps = 1, Gamma = 1 } }, batch);
        foreach (string name in batch.Keys.Where(static k => k.StartsWith("value/", StringComparison.Ordinal)))
        {
            double[] step = [.. batch[name].ToDoubles().Zip(moved[name], static (before, after) => before - after)];
            double[] slopes = Slopes(batch[name], () => trainer.Step(batch) * count);
            Near(step, slopes, count, $"{name} of {ModelJson.Write(graph)}");
        }
    });

    [Fact]
    public void One_small_step_lowers_the_energy() => Draw.Check(100, 8, draw =>
    {
        Graph graph = RandomNet.Draw(draw.Seed, draw.Size, new NetKind { Ops = true, Roots = true });
        if (graph.Vertices.All(v => graph.OutputOf(v.Index) is not null)) return;
        Model model = RandomNet.Parameterise(graph, draw.Seed);
        Dictionary<string, Tensor> batch = Runs.Batches(draw, graph, draw.Pick("starts", false, true))[0];
        Dictionary<string, double[]> After(int steps) => Runs.Of(model, Runs.Looking with { Rule = new PredictiveCoding { Steps = steps, Gamma = SmallStep } }, batch);
        using var trainer = new Trainer(model, Runs.Looking with { Rule = new PredictiveCoding { Steps = 2, Gamma = SmallStep } }, new CpuDevice(1));
        trainer.Step(batch);
        double[] energies = trainer.Energies();
        // Downhill by γ ‖∂F/∂x‖² = ‖Δx‖²/γ; a fall that drowns in the energy's own rounding cannot be seen (a start that is all but stationary).
        double fall = SquaredDistance(After(1), After(0)) / SmallStep, size = Compare.Results(trainer)["energy"].Sum(Math.Abs);
        if (fall <= LeastFall * size) return;
        Assert.True(energies[1] < energies[0] && energies[2] < energies[1], $"{string.Join(", ", energies)}: {ModelJson.Write(graph)}");
    });

    private static double SquaredDistance(Dictionary<string, double[]> a, Dictionary<string, double[]> b) =>
        a.Keys.Where(static k => k.StartsWith("value/", StringComparison.Ordinal)).Sum(name => a[name].Zip(b[name], static (x, y) => (x - y) * (x - y)).Sum());

    /// <summary>
    /// A deep linear net with free hidden values: with ε_l = x_l − W_l x_{l−1} − b_l the output is ŷ + Σ_l W_L…W_{l+1} ε_l + ε_L, so F is the least ½ Σ |ε_l|² with
    /// r = y − ŷ = Σ_l M_l ε_l, M_L = I: ε_l = M_lᵀ S⁻¹ r and F* = ½ rᵀ S⁻¹ r with S = Σ_l M_l M_lᵀ.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_deep_linear_net_settles_at_the_closed_form(int depth)
    {
        const int batchSize = 5;
        int[] hidden = [.. Enumerable.Range(0, depth).Select(static i => 4 + i)];
        Model model = Model.Mlp(5, hidden, 3, Activation.Identity, seed: 11);
        Dictionary<string, Tensor> batch = RandomNet.Batch(model.Graph, batchSize, 7);
        double[,] product = Identity(3), sum = Identity(3);
        for (int layer = depth; layer >= 1; layer--)
        {
            product = Product(product, Matrix(model.Parameters[layer == depth ? "y.weight" : $"h{layer + 1}.weight"]));
            double[,] square = Product(product, Transpose(product));
            for (int i = 0; i < 3; i++)
                for (int j = 0; j < 3; j++) sum[i, j] += square[i, j];
        }
        Dictionary<string, double[]> bp = Runs.Of(model, Runs.Looking with { Rule = new Backpropagation() }, batch);
        double expected = Enumerable.Range(0, batchSize).Average(b =>
        {
            double[] r = bp["error/y"][(3 * b)..(3 * b + 3)];
            return 0.5 * Solve(sum, r).Zip(r, static (s, v) => s * v).Sum();
        });
        double[] settled = Runs.Of(model, Runs.Looking with { Rule = new PredictiveCoding { Steps = 3000, Gamma = 0.2 } }, batch)["energy"];
        double actual = settled[^(depth + 1)..].Sum();
        Assert.InRange(Math.Abs(actual - expected) / expected, 0, 1e-9);
    }

    private static double Energy(Model model, TrainingOptions options, Dictionary<string, Tensor> batch)
    {
        using var trainer = new Trainer(model, options, new CpuDevice(1));
        return trainer.Step(batch);
    }

    private static double[] Slopes(Tensor tensor, Func<double> energy)
    {
        var slopes = new double[tensor.Count];
        for (int i = 0; i < slopes.Length; i++)
        {
            double there = tensor.AsSpan<double>()[i];
            tensor.AsSpan<double>()[i] = there + Probe;
            double above = energy();
            tensor.AsSpan<double>()[i] = there - Probe;
            slopes[i] = (above - energy()) / (2 * Probe);
            tensor.AsSpan<double>()[i] = there;
        }
        return slopes;
    }

    // The probe's own error: its square times a third derivative, and an energy's rounding over twice the probe.
    private static void Near(double[] gradient, double[] slopes, double scale, string place)
    {
        double off = Math.Sqrt(gradient.Zip(slopes, static (g, s) => (g - s) * (g - s)).Sum());
        double size = Math.Max(scale, Math.Sqrt(gradient.Sum(static g => g * g)));
        Assert.True(off <= 1e-7 * size, $"off by {off:e2} of {size:e2}: {place}");
    }

    private static Graph Smooth(Graph graph)
    {
        string json = ModelJson.Write(graph).Replace("\"leaky_relu\"", "\"gelu\"", StringComparison.Ordinal).Replace("\"relu\"", "\"silu\"", StringComparison.Ordinal);
        return ModelJson.Parse(json, "smooth");
    }

    // Categorical targets have to sum to 1 in double, or the error x − softmax(μ) is no slope.
    private static Dictionary<string, Tensor> Exact(Dictionary<string, Tensor> batch, Graph graph)
    {
        foreach (string name in batch.Keys)
        {
            double[] elements = batch[name].ToDoubles();
            int columns = graph[name].Columns;
            if (graph.OutputOf(graph[name].Index)?.Likelihood == Likelihood.Categorical)
            {
                double[] sums = [.. elements.Chunk(columns).Select(static row => row.Sum())];
                elements = [.. elements.Select((e, i) => e / sums[i / columns])];
            }
            batch[name] = Tensor.From<double>(elements, [.. batch[name].Shape]);
        }
        return batch;
    }

    private static double[,] Identity(int n)
    {
        var result = new double[n, n];
        for (int i = 0; i < n; i++) result[i, i] = 1;
        return result;
    }

    private static double[,] Matrix(Tensor tensor)
    {
        var result = new double[tensor.Shape[0], tensor.Shape[1]];
        Buffer.BlockCopy(tensor.ToDoubles(), 0, result, 0, (int)tensor.Count * sizeof(double));
        return result;
    }

    private static double[,] Transpose(double[,] a)
    {
        var result = new double[a.GetLength(1), a.GetLength(0)];
        for (int i = 0; i < a.GetLength(0); i++)
            for (int j = 0; j < a.GetLength(1); j++) result[j, i] = a[i, j];
        return result;
    }

    private static double[,] Product(double[,] a, double[,] b)
    {
        var result = new double[a.GetLength(0), b.GetLength(1)];
        for (int i = 0; i < a.GetLength(0); i++)
            for (int j = 0; j < b.GetLength(1); j++)
                for (int k = 0; k < b.GetLength(0); k++) result[i, j] += a[i, k] * b[k, j];
        return result;
    }

    // Gauss without pivots: S is symmetric and positive definite.
    private static double[] Solve(double[,] matrix, double[] right)
    {
        double[,] a = (double[,])matrix.Clone();
        double[] x = [.. right];
        int n = x.Length;
        for (int p = 0; p < n; p++)
            for (int i = 0; i < n; i++)
            {
                if (i == p) continue;
                double factor = a[i, p] / a[p, p];
                for (int j = 0; j < n; j++) a[i, j] -= factor * a[p, j];
                x[i] -= factor * x[p];
            }
        for (int i = 0; i < n; i++) x[i] /= a[i, i];
        return x;
    }
}
