using System.Globalization;
using PcKernels.Rules;

namespace PcKernels.Planning.Printing;

/// <summary>Says why a program's counts differ from the published ones. Every figure is read off the program and the one planned with <c>--plain</c>.</summary>
internal sealed class CountExplanation
{
    private readonly Program _program;
    private readonly ProductLedger _planned;
    private readonly ProductLedger _plain;
    private readonly int _updates;
    private readonly bool _countsBody;
    private readonly bool _isRepeated;
    private readonly int _layers;
    private readonly HashSet<string> _readsOnlyInputs;

    private CountExplanation(Program program)
    {
        _program = program;
        _layers = program.Counts.Layers;
        (Phase[] counted, _updates) = ProgramCounts.Counted(program);
        _countsBody = program.Rule is IncrementalPredictiveCoding;
        _isRepeated = program.Phases.Any(static p => p.Kind == PhaseKind.Steps && p.Repeats > 1);
        int first = _countsBody && counted.Length > 0 ? counted[0].FirstStep : 0;
        int last = _countsBody && counted.Length > 0 ? first + counted[0].StepsPerRound - 1 : int.MaxValue;
        Program plain = program.Options.Plain ? program : Planner.Plan(program.Graph, program.Rule!, program.Options with { Plain = true });
        _planned = new ProductLedger(program, first, last);
        _plain = new ProductLedger(plain, first, last);
        _readsOnlyInputs = [.. program.Graph.Vertices.Where(v => program.Graph.SegmentOf(v.Index).Below.All(b => program.Graph.Nodes[b].IsInput)).Select(static v => v.Name)];
    }

    /// <summary>One sentence per difference; none where the counts are the published ones.</summary>
    public static IReadOnlyList<string> Of(Program program)
    {
        ArgumentNullException.ThrowIfNull(program);
        ProgramCounts counts = program.Counts;
        if (program.Rule is null || (counts.Sequential.Counted == counts.Sequential.Published && counts.All.Counted == counts.All.Published)) return [];
        var explanation = new CountExplanation(program);
        return [.. explanation.Products(), .. explanation.Waves()];
    }

    private IEnumerable<string> Products()
    {
        int published = _program.Counts.All.Published * _updates, planned = _planned.Forward() + _planned.Adjoint();
        if (published == planned) yield break;
        var parts = new List<(int Change, string Reason)>();
        Add(parts, _plain.Forward() + _plain.Adjoint() - published, Conditions());
        Dictionary<string, int> again = _planned.Predicted;
        (string Node, int Count)[] missing = [.. _plain.Predicted.Select(p => (p.Key, p.Value - again.GetValueOrDefault(p.Key))).Where(static p => p.Item2 != 0)];
        (string Node, int Count)[] hoisted = [.. missing.Where(m => _readsOnlyInputs.Contains(m.Node))], waiting = [.. missing.Except(hoisted)];
        Add(parts, -hoisted.Sum(static m => m.Count), $"hoist: {Names(hoisted)} reads inputs only, which stand while θ does: its prediction serves several steps");
        Add(parts, -waiting.Sum(static m => m.Count), $"front: predictions of {Names(waiting)} are not computed again before what they read has moved, or where nothing reads their error");
        Add(parts, _planned.Adjoint() - _plain.Adjoint(), "front: products that would send down an error that is still zero, or that nothing reads, are left out");
        string sum = string.Concat(parts.Select(static p => $" {Signed(p.Change)}"));
        yield return Text($"MM over {Span()}: {published} published{sum} = {planned}:");
        foreach ((int change, string reason) in parts) yield return Text($"  {Signed(change)}  {reason}");
    }

    private IEnumerable<string> Waves()
    {
        int published = _program.Counts.Sequential.Published * _updates, planned = _planned.Waves();
        if (published == planned) yield break;
        var parts = new List<(int Change, string Reason)>();
        Add(parts, _plain.Waves() - published, Conditions());
        int forward = 0, other = 0;
        foreach (int row in _plain.Rows.Union(_planned.Rows))
        {
            int lost = _planned.ForwardWaves(row) - _plain.ForwardWaves(row);
            forward += lost;
            other += _planned.Waves(row: row) - _plain.Waves(row: row) - lost;
        }
        Add(parts, forward, "waves of predictions: in these steps every prediction still stands (hoist, front)");
        Add(parts, other, "waves that only send errors down: in these steps the errors are still zero or nothing reads them (front)");
        string sum = string.Concat(parts.Select(static p => $" {Signed(p.Change)}"));
        yield return Text($"SMM over {Span()}: {published} published{sum} = {planned}:");
        foreach ((int change, string reason) in parts) yield return Text($"  {Signed(change)}  {reason}");
    }

    /// <summary>What makes even the plain program differ from the formula.</summary>
    private string Conditions()
    {
        var reasons = new List<string>();
        if (!IsChain()) reasons.Add($"this graph is no chain of {_layers} vertices with one product each, for which the formula is");
        if (_program.Rule is FixedPrediction) reasons.Add("the formula is pc's, and fpa keeps the predictions of the start");
        else
        {
            if (!_countsBody && _plain.Forward(row: 0) < _plain.Forward(PhaseKind.Start) && _program.Phases.Any(static p => p.Kind == PhaseKind.Start))
                reasons.Add("the feedforward start already holds the first predictions");
            if (_plain.Forward(PhaseKind.Finish) > 0) reasons.Add(Text($"the errors at the final x take {_plain.Forward(PhaseKind.Finish)} more products in one more wave of predictions (2T+1)"));
            if (_program.Updates > 1 && !_countsBody) reasons.Add("each move of θ within the batch takes its errors at the values just reached");
        }
        if (_program.Rule is IncrementalPredictiveCoding { Order: UpdateOrder.ValuesFirst }) reasons.Add("values-first predicts once more between the move of x and the gradient of θ");
        if (_program.Rule is ZeroDivergence { IsAblation: true }) reasons.Add("an ablation leaves nothing out");
        return reasons.Count == 0 ? "the formula's conditions do not hold here" : string.Join("; ", reasons);
    }

    private bool IsChain() => _program.Graph.Outputs.Count == 1 && _program.Graph.Vertices.Count == _layers
        && _program.Graph.Vertices.All(v => v.Op.ParameterProducts > 0 && v.Of.Count == 1 && _program.Graph.SegmentOf(v.Index).Below.Count == 1
            && _program.Graph.Readers[v.Index].Count <= 1);

    private static string Names((string Node, int Count)[] nodes) => string.Join(", ", nodes.Select(static n => n.Node));

    private string Span() => _countsBody ? (_isRepeated ? "one round of the repeated body" : "the last step, since none repeats") : _updates == 1 ? "the batch (one move of θ)" : Text($"the batch ({_updates} moves of θ)");

    private static void Add(List<(int Change, string Reason)> parts, int change, string reason)
    {
        if (change != 0) parts.Add((change, reason));
    }

    private static string Signed(int number) => number < 0 ? Text($"−{-number}") : Text($"+{number}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
