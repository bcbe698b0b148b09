using System.Globalization;
using System.Text;
using PcKernels.Graphs;
using PcKernels.Planning.Tasks;

namespace PcKernels.Planning.Printing;

/// <summary>A program as text for people: the model, the phases with their waves, the counts beside the published ones, and why they differ.</summary>
public static class ProgramText
{
    private const int SingleBytes = 4;
    private const double Microseconds = 1e6;

    /// <summary>Writes a program. The same program gives the same text.</summary>
    /// <param name="program">The program.</param>
    /// <param name="elementSize">Bytes of one element, for the arena.</param>
    public static string Write(Program program, int elementSize = SingleBytes)
    {
        ArgumentNullException.ThrowIfNull(program);
        var text = new StringBuilder();
        WriteModel(text, program);
        Line(text, $"rule      {program.Rule?.Name ?? "prediction"}, batch {program.Options.Batch}{(program.Options.Plain ? ", plain" : "")}");
        foreach (Phase phase in program.Phases) WritePhase(text, phase);
        WriteTable(text, program);
        Line(text, $"arena     {program.ArenaLength * elementSize:N0} bytes at the peak, {program.BufferLength * elementSize:N0} in all {program.Buffers.Count(static b => !b.IsPersistent)} buffers, parameters and optimiser state {program.Buffers.Where(static b => b.IsPersistent).Sum(static b => b.Length) * elementSize:N0} bytes");
        if (program.Rule is null) return text.ToString();
        WriteCounts(text, program.Counts);
        foreach (string sentence in CountExplanation.Of(program)) text.Append(sentence).Append('\n');
        if (program.NotLearned.Count > 0) Line(text, $"not learned: {string.Join(", ", program.NotLearned)}; no error reaches them in this many steps");
        return text.ToString();
    }

    private static void WriteModel(StringBuilder text, Program program)
    {
        Graph graph = program.Graph;
        Line(text, $"model     {graph.Name}: {graph.Vertices.Count} vertices, levels 0…{graph.Depth}, {graph.IdentitiesToLevel().Sum(static i => i.Count)} identity vertices to level it, {graph.Parameters.Sum(static p => p.Count):N0} parameters");
        foreach (Node vertex in graph.Vertices)
            Line(text, $"          level {graph.LevelOf(vertex.Index)}  {vertex}{(graph.OutputOf(vertex.Index) is Output output ? $", {output.Likelihood.ToString().ToLowerInvariant()} output" : "")}");
    }

    private static void WritePhase(StringBuilder text, Phase phase)
    {
        string repeats = phase.Repeats > 1 ? $", {phase.Repeats} rounds" : "";
        string once = phase.OnlyFirstBatch ? ", first batch only" : "";
        Line(text, $"phase     {phase.Name}{repeats}{once}");
        foreach ((int index, Wave wave) in phase.Waves.Index())
        {
            Line(text, $"  wave {index}");
            foreach (PlanTask task in wave.Tasks)
                Line(text, $"    {task.Label}: {Names(task.Reads)} → {Names(task.Writes)}");
        }
    }

    private static void WriteTable(StringBuilder text, Program program)
    {
        Line(text, $"{"phase",-16} {"rounds",6} {"waves",6} {"MM",6} {"MM grad",8} {"SMM",6} {"FLOP",16} {"bytes",16} {"≈ µs",10}");
        foreach ((Phase phase, PhaseCount count) in program.Phases.Zip(program.Counts.Phases))
            Line(text, $"{count.Name,-16} {count.Repeats,6} {count.Waves,6} {count.MatrixProducts,6} {count.GradientProducts,8} {count.SequentialProducts,6} {count.Flop,16:N0} {count.Bytes,16:N0} {CostModel.Processor.Seconds(phase) * Microseconds,10:F1}");
        IReadOnlyList<PhaseCount> all = program.Counts.Phases;
        Line(text, $"{"batch",-16} {"",6} {all.Sum(static c => c.Repeats * c.Waves),6} {all.Sum(static c => c.Repeats * c.MatrixProducts),6} {all.Sum(static c => c.Repeats * c.GradientProducts),8} {all.Sum(static c => c.Repeats * c.SequentialProducts),6} {program.Counts.Flop,16:N0} {program.Counts.Bytes,16:N0} {CostModel.Processor.Seconds(program) * Microseconds,10:F1}");
        Line(text, $"≈ µs      one round on one processor, f32, by the cost model: {CostModel.Processor.Describe()}");
        if (program.DualNodes.Count > 0)
            Line(text, $"dual form {string.Join(", ", program.DualNodes)}: clamped input and plain SGD, so W is read and written once a batch; a prediction costs B² instead of B times the input's width");
    }

    private static void WriteCounts(StringBuilder text, ProgramCounts counts)
    {
        Line(text, $"{"per update",-16} {"counted",8} {"published",10} {"with gradients",15}   L = {counts.Layers}");
        Line(text, $"{"SMM",-16} {counts.Sequential.Counted,8} {counts.Sequential.Published,10} {counts.Sequential.WithGradients,15}");
        Line(text, $"{"MM",-16} {counts.All.Counted,8} {counts.All.Published,10} {counts.All.WithGradients,15}");
    }

    private static string Names(IEnumerable<PlanBuffer> buffers)
    {
        string names = string.Join(", ", buffers.Distinct().Select(static b => b.Name));
        return names.Length == 0 ? "–" : names;
    }

    private static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
