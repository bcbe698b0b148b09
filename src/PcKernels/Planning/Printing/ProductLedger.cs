using PcKernels.Planning.Tasks;

namespace PcKernels.Planning.Printing;

/// <summary>The products that a program's counts are made of, listed by what they do, for which node and in which step.</summary>
internal sealed class ProductLedger
{
    private readonly List<Entry> _entries = [];

    /// <summary>Lists a program's products.</summary>
    /// <param name="program">The program.</param>
    /// <param name="firstRow">First step to list.</param>
    /// <param name="lastRow">Last step to list.</param>
    public ProductLedger(Program program, int firstRow = 0, int lastRow = int.MaxValue)
    {
        foreach (Phase phase in program.Phases)
        {
            for (int round = 0; round < phase.Repeats; round++)
            {
                foreach (Wave wave in phase.Waves)
                {
                    int row = phase.FirstStep + round * phase.StepsPerRound + (wave.Tasks.Count > 0 ? wave.Tasks[0].StepOffset : 0);
                    if (phase.Kind != PhaseKind.Start && (row < firstRow || row > lastRow)) continue;
                    _entries.AddRange(wave.Tasks.Select(t => EntryOf(t, phase.Kind, row)).Where(static e => e.Forward + e.Adjoint > 0));
                    if (wave.Products > 0)
                        _entries.Add(new Entry(phase.Kind, row, "", 0, 0, wave.Tasks.Any(static t => t is ForwardTask or LearnForwardTask or DualForwardTask or OpForwardTask { Products: > 0 }) ? 1 : 0, 1));
                }
            }
        }
    }

    /// <summary>How often each node's prediction is computed after the start, over all steps.</summary>
    public Dictionary<string, int> Predicted => After(null).Where(static e => e.Forward > 0).GroupBy(static e => e.Node).ToDictionary(static g => g.Key, static g => g.Sum(static e => e.Forward));

    /// <summary>Steps with products, without the start.</summary>
    public int[] Rows => [.. After(null).Select(static e => e.Row).Distinct().Order()];

    /// <summary>Predictions in a kind of phase, or in all but the start.</summary>
    public int Forward(PhaseKind? kind = null, int? row = null) => After(kind).Where(e => row is null || e.Row == row).Sum(static e => e.Forward);

    /// <summary>Products that send errors down, likewise.</summary>
    public int Adjoint(PhaseKind? kind = null, int? row = null) => After(kind).Where(e => row is null || e.Row == row).Sum(static e => e.Adjoint);

    /// <summary>Waves that hold products, likewise.</summary>
    public int Waves(PhaseKind? kind = null, int? row = null) => After(kind).Where(e => row is null || e.Row == row).Sum(static e => e.Wave);

    /// <summary>Those of them that hold a prediction.</summary>
    public int ForwardWaves(int row) => After(null).Where(e => e.Row == row).Sum(static e => e.ForwardWave);

    private IEnumerable<Entry> After(PhaseKind? kind) => _entries.Where(e => kind is null ? e.Kind != PhaseKind.Start : e.Kind == kind);

    private static Entry EntryOf(PlanTask task, PhaseKind kind, int row) => task switch
    {
        ForwardTask forward => new Entry(kind, row, forward.Node.Name, forward.Products, 0, 0, 0),
        LearnForwardTask both => new Entry(kind, row, both.Forward.Node.Name, both.Products, 0, 0, 0),
        OpForwardTask op => new Entry(kind, row, op.Call.Node.Name, op.Products, 0, 0, 0),
        DualForwardTask dual => new Entry(kind, row, dual.Node.Name, dual.Products, 0, 0, 0),
        _ => new Entry(kind, row, "", 0, task.Products, 0, 0),
    };

    private sealed record Entry(PhaseKind Kind, int Row, string Node, int Forward, int Adjoint, int ForwardWave, int Wave);
}
