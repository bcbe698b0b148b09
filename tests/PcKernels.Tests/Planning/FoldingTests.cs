using PcKernels.Optimizers;
using PcKernels.Planning;
using PcKernels.Planning.Tasks;
using PcKernels.Rules;

namespace PcKernels.Tests.Planning;

/// <summary>Unrolled again, the phases are the T steps: every energy at its row, every update with its number.</summary>
public sealed class FoldingTests
{
    [Fact]
    public void Each_energy_is_written_once_at_its_row()
    {
        foreach (Program program in PlanCases.All)
        {
            string what = PlanCases.Describe(program);
            var rows = new Dictionary<int, List<int>>();
            foreach ((PlanTask task, int row, _) in Unrolled(program))
                if (task is EnergyTask energy) (rows.TryGetValue(energy.Slot, out List<int>? known) ? known : rows[energy.Slot] = []).Add(row);
            bool lacksFinal = program.Rule is IncrementalPredictiveCoding { Steps: > 0 } && !program.Options.FinalErrors;
            int end = program.EnergyRows - (lacksFinal ? 1 : 0);
            foreach ((int slot, List<int> written) in rows)
                Assert.True(written.SequenceEqual(Enumerable.Range(end - written.Count, written.Count)), $"{program.EnergySlots[slot]} has rows {string.Join(' ', written)} of {end}: {what}");
            foreach ((int slot, string vertex) in program.EnergySlots.Index())
            {
                // An output is never known to be zero, and with the savings off nothing is.
                if (end == 0 || !(program.Options.Plain || program.Graph.OutputOf(program.Graph[vertex].Index) is not null)) continue;
                Assert.True(rows.GetValueOrDefault(slot)?.Count == end, $"{vertex}: {what}");
            }
        }
    }

    [Fact]
    public void Updates_are_numbered_without_a_gap()
    {
        foreach (Program program in PlanCases.All)
        {
            string what = PlanCases.Describe(program);
            var numbers = new Dictionary<string, List<int>>();
            foreach ((PlanTask task, _, int update) in Unrolled(program))
                foreach (UpdateTask inner in Updates(task))
                    (numbers.TryGetValue(inner.Parameter.Name, out List<int>? known) ? known : numbers[inner.Parameter.Name] = []).Add(update + inner.UpdateOffset);
            foreach ((string parameter, List<int> seen) in numbers)
            {
                // Plain SGD skips zero gradients, so a parameter behind the front begins later; all end with the last move.
                int first = program.Options.Optimizer.MovesOnZeroGradient || program.Options.Plain ? 0 : seen[0];
                Assert.True(seen.SequenceEqual(Enumerable.Range(first, program.Updates - first)), $"{parameter}: {string.Join(' ', seen)} of {program.Updates}: {what}");
            }
        }
    }

    [Theory]
    [InlineData(8, null, 1)]
    [InlineData(8, 1, 8)]
    [InlineData(8, 2, 4)]
    [InlineData(9, 3, 3)]
    [InlineData(0, null, 1)]
    public void Theta_moves_as_often_as_asked(int steps, int? every, int moves)
    {
        foreach (bool plain in new[] { false, true })
            Assert.Equal(moves, Planner.Plan(PlanCases.Chain(4), new PredictiveCoding { Steps = steps, UpdateEvery = every }, new PlanOptions { Batch = 2, Plain = plain }).Updates);
    }

    [Fact]
    public void The_repeated_body_is_one_step()
    {
        Program pc = Planner.Plan(PlanCases.Chain(4), new PredictiveCoding { Steps = 100 }, new PlanOptions { Batch = 2 });
        Assert.Contains(pc.Phases, static p => p.Repeats > 90 && p.StepsPerRound == 1);
        Program every = Planner.Plan(PlanCases.Chain(3), new PredictiveCoding { Steps = 60, UpdateEvery = 3 }, new PlanOptions { Batch = 2, Optimizer = new Adam(0.1) });
        Assert.Contains(every.Phases, static p => p.Repeats > 15 && p.StepsPerRound == 3 && p.UpdatesPerRound == 1);
    }

    private static IEnumerable<(PlanTask Task, int Row, int Update)> Unrolled(Program program) =>
        from phase in program.Phases
        from round in Enumerable.Range(0, phase.Repeats)
        from wave in phase.Waves
        from task in wave.Tasks
        select (task, phase.FirstStep + round * phase.StepsPerRound + task.StepOffset, phase.FirstUpdate + round * phase.UpdatesPerRound);

    private static IEnumerable<UpdateTask> Updates(PlanTask task) => task switch
    {
        UpdateTask update => [update],
        LearnForwardTask both => Updates(both.Learn),
        LearnTask learn => new[] { learn.WeightUpdate, learn.BiasUpdate }.OfType<UpdateTask>(),
        _ => [],
    };
}
