using PcKernels.Graphs;
using PcKernels.Planning.Tasks;
using PcKernels.Rules;

namespace PcKernels.Planning.Emission;

/// <summary>The order in which each rule predicts, settles and learns. Everything else is the emitters' matter.</summary>
internal static class RuleEmission
{
    public static Program Predict(ProgramWriter writer)
    {
        writer.Forward.PredictOnly();
        writer.EndStep(PhaseKind.Steps, 0);
        return writer.Finish(null, 0);
    }

    public static Program Write(ProgramWriter writer, Backpropagation rule)
    {
        writer.Forward.Predict();
        writer.Energies();
        writer.Settle.Descend();
        writer.Learn.Capture();
        writer.Learn.Flush();
        writer.EndStep(PhaseKind.Steps, 0);
        return writer.Finish(rule, 1);
    }

    public static Program Write(ProgramWriter writer, PredictiveCoding rule)
    {
        EmissionState state = writer.State;
        int every = rule.Interval;
        PlanBuffer? factor = rule.Discount == 1 ? null : state.Buffers.Get("gamma factor", BufferRole.Scalar, 1, 1);
        var motion = new Motion(rule.Gamma, rule.ValueMomentum, factor);
        Start(writer, rule.Start, motion);
        for (int t = 0; t < rule.Steps; t++)
        {
            BeginStep(writer, t, rule.Start);
            if (factor is not null && t > 0) state.Tasks.Add(new DiscountTask { Discount = rule.Discount, Factor = factor });
            writer.Settle.Settle(motion);
            bool moves = (t + 1) % every == 0 && t + 1 < rule.Steps;
            if (moves)
            {
                writer.Forward.Predict();
                writer.Settle.Descend();
                writer.Learn.Capture();
            }
            writer.EndStep(PhaseKind.Steps, t);
        }
        BeginStep(writer, rule.Steps, rule.Start);
        writer.Learn.Capture();
        writer.Learn.Flush();
        writer.EndStep(PhaseKind.Finish, rule.Steps);
        return writer.Finish(rule, rule.Steps + 1);
    }

    public static Program Write(ProgramWriter writer, IncrementalPredictiveCoding rule)
    {
        bool isSimultaneous = rule.Order == UpdateOrder.Simultaneous;
        var motion = new Motion(rule.Gamma, rule.ValueMomentum, Alternates: isSimultaneous);
        Start(writer, rule.Start, motion);
        for (int t = 0; t < rule.Steps; t++)
        {
            BeginStep(writer, t, rule.Start);
            if (isSimultaneous)
            {
                writer.Learn.Capture();
                writer.Settle.Settle(motion);
            }
            else
            {
                writer.Settle.Settle(motion);
                writer.Forward.Predict();
                writer.Settle.Descend();
                writer.Learn.Capture();
            }
            writer.EndStep(PhaseKind.Steps, t);
        }
        // Without a step there is nothing to show but the end.
        if (writer.State.Options.FinalErrors || rule.Steps == 0) BeginStep(writer, rule.Steps, rule.Start);
        writer.Learn.Flush();
        if (rule.Start == ValueStart.Keep) RestoreBuffers(writer.State);
        writer.EndStep(PhaseKind.Finish, rule.Steps);
        return writer.Finish(rule, rule.Steps + 1);
    }

    public static Program Write(ProgramWriter writer, FixedPrediction rule)
    {
        EmissionState state = writer.State;
        state.IsFixed = true;
        var motion = new Motion(rule.Gamma, DividesByPrecision: true);
        writer.Forward.Start();
        writer.EndStep(PhaseKind.Start, 0);
        for (int t = 0; t < rule.Steps; t++)
        {
            BeginStep(writer, t, ValueStart.Feedforward);
            writer.Settle.Settle(motion);
            writer.EndStep(PhaseKind.Steps, t);
        }
        BeginStep(writer, rule.Steps, ValueStart.Feedforward);
        writer.Learn.Capture();
        writer.Learn.Flush();
        writer.EndStep(PhaseKind.Finish, rule.Steps);
        return writer.Finish(rule, rule.Steps + 1);
    }

    /// <summary>Only the front: at t the errors of level t reach level t + 1. What lies behind is read by nobody; an identity vertex would only hold an error that still stands in its buffer.</summary>
    public static Program Write(ProgramWriter writer, ZeroDivergence rule)
    {
        EmissionState state = writer.State;
        state.IsFixed = true;
        var motion = new Motion(1, DividesByPrecision: true);
        writer.Forward.Start();
        writer.EndStep(PhaseKind.Start, 0);
        writer.Energies();
        state.KeepsMoves = state.Options.FinalErrors || state.Graph.Vertices.Any(static v => v.Precision.IsLearned);
        // An error that has arrived stands, and so does what an op sends down of it.
        var pulled = new Dictionary<RegionNode, OpBackwardTask>();
        for (int level = 0; level <= state.Graph.Depth; level++)
        {
            foreach (Region region in state.Regions.Where(r => state.Graph.LevelOf(r.Sinks[0].Node.Index) == level)) writer.Settle.Descend(region);
            foreach ((int place, Node vertex) in state.Graph.Vertices.Where(v => state.IsFree(v) && state.Graph.LevelOf(v.Index) == level + 1).Index())
            {
                state.PlaceInLevel = place;
                writer.Settle.SettleWithError(vertex, motion, pulled);
            }
        }
        writer.Learn.Capture();
        writer.Learn.Flush();
        writer.EndStep(PhaseKind.Steps, 0);
        return writer.Finish(rule, 1);
    }

    /// <summary>Z-IL step by step on a levelled graph, nothing left out; also its ablations (Z-IL paper Table 3).</summary>
    public static Program WriteSteps(ProgramWriter writer, ZeroDivergence rule)
    {
        EmissionState state = writer.State;
        int last = state.Graph.Depth;
        var motion = new Motion(rule.Gamma, DividesByPrecision: true, Alternates: true);
        Start(writer, rule.Start, motion);
        for (int t = 0; t <= last; t++)
        {
            BeginStep(writer, t, rule.Start);
            bool isLast = t == last;
            if (rule.LevelDependent) writer.Learn.CaptureShare(n => state.Graph.LevelOf(n.Region.Sinks[0].Node.Index) == t, isLast);
            else if (isLast) writer.Learn.Capture();
            if (!isLast) writer.Settle.Settle(motion);
            else writer.Learn.Flush();
            writer.EndStep(PhaseKind.Steps, t);
        }
        return writer.Finish(rule, last + 1);
    }

    private static void Start(ProgramWriter writer, ValueStart start, Motion motion)
    {
        if (start == ValueStart.Random)
        {
            writer.Forward.StartWithout(random: true);
            writer.Forward.Forget();
        }
        else
        {
            writer.Forward.Start();
        }
        bool keeps = start == ValueStart.Keep;
        if (keeps) writer.Forward.Forget();
        writer.EndStep(PhaseKind.Start, 0, onlyFirstBatch: keeps);
        writer.Settle.ClearVelocities(motion);
        if (motion.GammaFactor is not null) writer.State.Tasks.Add(new FillTask { Target = motion.GammaFactor, Value = 1 });
        writer.EndStep(PhaseKind.Start, 0);
    }

    private static void BeginStep(ProgramWriter writer, int t, ValueStart start)
    {
        // With the savings off nothing that stood before is used again, but for the start's own predictions at t = 0.
        writer.State.Reuses = !writer.State.Options.Plain || t == 0;
        writer.Forward.Predict();
        writer.Energies();
        writer.Settle.Descend();
    }

    /// <summary>Kept values have to be where the next batch begins, also after an odd number of alternations.</summary>
    private static void RestoreBuffers(EmissionState state)
    {
        foreach (Node vertex in state.Graph.Vertices.Where(state.IsFree))
        {
            PlanBuffer first = state.Matrix($"value/{vertex.Name}", BufferRole.Value, vertex);
            PlanBuffer now = state.Value[vertex.Index]!;
            if (now != first) state.Tasks.Add(new ElementwiseTask { Node = vertex, Inputs = [now], Output = first });
            state.Value[vertex.Index] = first;
        }
    }
}
