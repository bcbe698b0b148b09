using PcKernels.Graphs;
using PcKernels.Planning.Tasks;

namespace PcKernels.Planning.Emission;

/// <summary>How values move in one rule.</summary>
/// <param name="Gamma">γ.</param>
/// <param name="Momentum">m of the values' momentum.</param>
/// <param name="GammaFactor">A number that multiplies γ at run time, or null.</param>
/// <param name="DividesByPrecision">Whether the step is γ/π.</param>
/// <param name="Alternates">Whether the new value goes to another buffer because the old one is still read (simultaneous iPC).</param>
internal sealed record Motion(double Gamma, double Momentum = 0, PlanBuffer? GammaFactor = null, bool DividesByPrecision = false, bool Alternates = false);

/// <summary>Writes what flows down: errors through links, and the moves of free values. What would only add zeros is not written.</summary>
internal sealed class SettleEmitter(EmissionState state, ForwardEmitter forward)
{
    /// <summary>Errors of all links of a region, from its sinks down.</summary>
    public void Descend(Region region)
    {
        foreach (RegionNode link in region.Nodes.Except(region.Sinks).Reverse())
        {
            if (!state.NeedsDelta(link)) continue;
            AdjointTerm[] terms = TermsOf(link.Node.Index, region.Nodes);
            link.IsZero = terms.Length == 0;
            if (link.IsZero) continue;
            PlanBuffer? derivative = EmissionState.Outer(link.Node) == Activation.Identity ? null : link.Derivative!;
            if (terms is [{ Weight: null, InnerDerivative: null } only] && derivative is null)
            {
                link.Delta = only.Delta;
                continue;
            }
            link.Delta = state.Matrix($"delta/{state.NameOf(link)}", BufferRole.Delta, link.Node);
            state.Tasks.Add(new GatherTask { Node = link.Node, Terms = terms, Derivative = derivative, Delta = link.Delta });
        }
    }

    /// <summary>Errors of the links of all regions.</summary>
    public void Descend()
    {
        foreach (Region region in state.Regions) Descend(region);
    }

    /// <summary>Moves all free values at once.</summary>
    public void Settle(Motion motion)
    {
        var moved = new List<(Node Vertex, PlanBuffer Value)>();
        foreach (Node vertex in state.Graph.Vertices.Where(state.IsFree))
        {
            if (Settle(vertex, motion, null) is PlanBuffer value) moved.Add((vertex, value));
        }
        // All at once: every task above was written with the values of before.
        foreach ((Node vertex, PlanBuffer value) in moved) Commit(vertex, value);
    }

    /// <summary>Moves one vertex of a fixed-prediction program and takes its error at once, since its prediction stands (Z-IL).</summary>
    public void SettleWithError(Node vertex, Motion motion)
    {
        if (Settle(vertex, motion, Own(vertex)) is not PlanBuffer value) return;
        Commit(vertex, value);
        Own(vertex).IsZero = false;
    }

    /// <summary>The velocities of values with momentum are zero at the start of a batch.</summary>
    public void ClearVelocities(Motion motion)
    {
        if (motion.Momentum == 0) return;
        foreach (Node vertex in state.Graph.Vertices.Where(state.IsFree)) state.Tasks.Add(new FillTask { Target = Velocity(vertex) });
    }

    private RegionNode Own(Node vertex) => state.Regions.SelectMany(static r => r.Sinks).First(n => n.Node == vertex);

    private PlanBuffer Velocity(Node vertex) => state.Matrix($"velocity/{vertex.Name}", BufferRole.Velocity, vertex);

    private void Commit(Node vertex, PlanBuffer value)
    {
        state.Value[vertex.Index] = value;
        state.ValueStamp[vertex.Index] = state.Tick();
        if (state.IsFixed) return;
        state.Read[vertex.Index] = value;
        state.ReadStamp[vertex.Index] = state.ValueStamp[vertex.Index];
    }

    private PlanBuffer? Settle(Node vertex, Motion motion, RegionNode? thenError)
    {
        RegionNode own = Own(vertex);
        AdjointTerm[] terms = TermsOf(vertex.Index, state.Regions.SelectMany(static r => r.Nodes));
        bool hasError = own.Error is not null && !own.IsZero;
        if (terms.Length == 0 && !hasError && !state.Options.Plain) return null;
        PlanBuffer value = state.Value[vertex.Index]!;
        PlanBuffer next = Next(vertex, value, motion);
        state.Tasks.Add(new GatherTask
        {
            Node = vertex,
            Terms = terms,
            Settle = new SettleEpilogue(value, next, hasError ? own.Error : null, state.PrecisionOf(vertex), motion.Gamma, motion.GammaFactor,
                motion.Momentum == 0 ? null : Velocity(vertex), motion.Momentum, motion.DividesByPrecision && !state.PrecisionOf(vertex).IsOne),
            Then = thenError is null ? null : forward.KeptError(own, next, state.Read[vertex.Index]),
        });
        return next;
    }

    private PlanBuffer Next(Node vertex, PlanBuffer value, Motion motion)
    {
        string name = $"value/{vertex.Name}";
        if (state.IsFixed) return state.Moved("value", BufferRole.Value, vertex);
        if (!motion.Alternates) return value;
        return state.Matrix(value.Name == name ? $"{name}'" : name, BufferRole.Value, vertex);
    }

    private AdjointTerm[] TermsOf(int index, IEnumerable<RegionNode> readers)
    {
        var terms = new List<AdjointTerm>();
        foreach (RegionNode reader in readers)
        {
            for (int k = 0; k < reader.Node.Of.Count; k++)
            {
                if (reader.Node.Of[k] != index || reader.IsZero || reader.Delta is null) continue;
                terms.Add(Term(reader, k));
            }
        }
        return [.. terms];
    }

    private AdjointTerm Term(RegionNode reader, int k)
    {
        if (reader.Node.Op is not Graphs.Ops.LinearOp) return new AdjointTerm(reader.Delta!, null, null);
        (PlanBuffer source, long stamp) = state.Source(reader, k);
        Activation inner = EmissionState.Inner(reader.Node);
        PlanBuffer? derivative = inner == Activation.Identity
            ? null
            : state.Activated(state.Graph.Nodes[reader.Node.Of[k]], source, stamp, inner).Derivative;
        return new AdjointTerm(reader.Delta!, state.Layout.Parameter(reader.Node.Parameters[0].Name), derivative);
    }
}
