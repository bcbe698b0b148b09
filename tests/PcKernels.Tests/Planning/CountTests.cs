using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Planning;
using PcKernels.Planning.Tasks;
using PcKernels.Rules;

namespace PcKernels.Tests.Planning;

/// <summary>Products per move of θ against the papers' formulas (iPC paper App. C, Table 4; Z-IL paper), read off programs for L weight layers.</summary>
public sealed class CountTests
{
    private const int Steps = 8;

    private static ProgramCounts Counts(int layers, Rule rule, bool plain) =>
        Planner.Plan(PlanCases.Chain(layers), rule, new PlanOptions { Batch = 2, Plain = plain }).Counts;

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(32)]
    public void Published_figures_are_the_formulas(int layers)
    {
        void Check(Rule rule, int sequential, int all)
        {
            foreach (bool plain in new[] { false, true })
            {
                ProgramCounts counts = Counts(layers, rule, plain);
                Assert.Equal((layers, sequential, all), (counts.Layers, counts.Sequential.Published, counts.All.Published));
            }
        }

        Check(new Backpropagation(), 2 * layers - 1, 2 * layers - 1);
        Check(new PredictiveCoding { Steps = Steps }, 2 * Steps, (2 * layers - 1) * Steps);
        Check(new PredictiveCoding { Steps = Steps, UpdateEvery = 2 }, 4, (2 * layers - 1) * 2);
        Check(new ZeroDivergence(), 2 * (layers - 1), (2 * layers - 1) * (layers - 1));
        Check(new IncrementalPredictiveCoding { Steps = Steps }, 2, 2 * layers - 1);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(32)]
    public void Plain_programs_count_as_published(int layers)
    {
        ProgramCounts bp = Counts(layers, new Backpropagation(), true);
        Assert.Equal((2 * layers - 1, 2 * layers - 1), (bp.Sequential.Counted, bp.All.Counted));
        Assert.Equal(3 * layers - 1, bp.All.WithGradients);

        // The start's own predictions serve the first step, so the pass that takes the errors at the final x makes up for them.
        ProgramCounts pc = Counts(layers, new PredictiveCoding { Steps = Steps }, true);
        Assert.Equal((2 * Steps, (2 * layers - 1) * Steps), (pc.Sequential.Counted, pc.All.Counted));

        ProgramCounts zil = Counts(layers, new ZeroDivergence(), true);
        Assert.Equal((2 * (layers - 1), (2 * layers - 1) * (layers - 1)), (zil.Sequential.Counted, zil.All.Counted));

        ProgramCounts ipc = Counts(layers, new IncrementalPredictiveCoding { Steps = Steps }, true);
        Assert.Equal((2, 2 * layers - 1), (ipc.Sequential.Counted, ipc.All.Counted));
        Assert.Equal(3 * layers - 1, ipc.All.WithGradients);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(32)]
    public void Savings_only_lower_the_counts(int layers)
    {
        Assert.Equal(2 * layers - 1, Counts(layers, new Backpropagation(), false).Sequential.Counted);
        Assert.Equal((layers - 1, layers - 1), (Counts(layers, new ZeroDivergence(), false).Sequential.Counted, Counts(layers, new ZeroDivergence(), false).All.Counted));
        Assert.Equal(2, Counts(layers, new IncrementalPredictiveCoding { Steps = layers + 8 }, false).Sequential.Counted);
        foreach (Rule rule in PlanCases.Rules(Steps))
        {
            ProgramCounts saved = Counts(layers, rule, false), plain = Counts(layers, rule, true);
            Assert.True(saved.All.Counted <= plain.All.Counted, $"{rule}");
            Assert.True(saved.Flop <= plain.Flop, $"{rule}");
        }
    }

    [Fact]
    public void Operations_of_backpropagation_are_those_of_three_products_a_layer_but_one()
    {
        const int batch = 7;
        int[] widths = [5, 6, 4, 3];
        Graph graph = new GraphBuilder("m").Input("x", 5).Add("h1", new LinearOp(6), ["x"]).Add("h2", new LinearOp(4), ["h1"]).Add("y", new LinearOp(3), ["h2"]).Output("y").Build();
        long product = 2L * batch * widths.Zip(widths.Skip(1)).Sum(static w => (long)w.First * w.Second);
        long first = 2L * batch * widths[0] * widths[1];
        Assert.Equal(3 * product - first, Planner.Plan(graph, new Backpropagation(), new PlanOptions { Batch = batch }).Counts.Flop);

        // Plain PC: a step is all predictions and all but the first layer's adjoint; before it the start, after it the gradients.
        Program pc = Planner.Plan(graph, new PredictiveCoding { Steps = Steps }, new PlanOptions { Batch = batch, Plain = true });
        PhaseCount body = pc.Counts.Phases.Single(static p => p.Repeats > 1);
        Assert.Equal(2 * product - first, body.Flop);
        Assert.Equal(2 * product, pc.Counts.Phases[^1].Flop);
        Assert.Equal((3, 2, 3), (pc.Counts.Phases[^1].MatrixProducts, body.SequentialProducts, pc.Counts.Phases[^1].GradientProducts));
    }

    [Fact]
    public void Bytes_are_each_buffer_read_once_and_written_once()
    {
        Program prediction = Planner.PlanPrediction(PlanCases.Chain(1), 7);
        (_, _, PlanTask task) = Assert.Single(prediction.Tasks());
        // x [7, 5], W [3, 5] and b [3] in, μ [7, 3] out; padding does not count.
        Assert.Equal(4 * (7 * 5 + 3 * 5 + 3 + 7 * 3), prediction.Counts.Bytes);
        Assert.Equal(8 * (7 * 5 + 3 * 5 + 3 + 7 * 3), task.Bytes(8));
        foreach (Program program in PlanCases.All.Take(500))
            Assert.Equal(program.Phases.Sum(static p => (long)p.Repeats * p.Waves.Sum(static w => w.Tasks.Sum(static t => t.Bytes(4)))), program.Counts.Bytes);
    }
}
