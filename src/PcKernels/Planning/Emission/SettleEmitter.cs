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
        var pulled = new Dictionary<RegionNode, OpBackwardTask>();
        foreach (RegionNode link in region.Nodes.Except(region.Sinks).Reverse())
        {
            if (!state.NeedsDelta(link)) continue;
            AdjointTerm[] terms = TermsOf(link.Node.Index, region.Nodes, pulled, inside: true);
            link.IsZero = terms.Length == 0;
            if (link.IsZero) continue;
            PlanBuffer? derivative = link.Node.Op.Outer == Activation.Identity ? null : link.Derivative!;
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
        var pulled = new Dictionary<RegionNode, OpBackwardTask>();
        Node[] free = [.. state.Graph.Vertices.Where(state.IsFree)];
        // What ops send down is taken at the values of before, so all of it comes before the first move.
        AdjointTerm[][] terms = [.. free.Select(v => TermsOf(v.Index, state.Regions.SelectMany(static r => r.Nodes), pulled, inside: false))];
        var moved = new List<(Node Vertex, PlanBuffer Value)>();
        foreach ((int i, Node vertex) in free.Index())
        {
            if (Settle(vertex, terms[i], motion, null) is PlanBuffer value) moved.Add((vertex, value));
        }
        // All at once: every task above was written with the values of before.
        foreach ((Node vertex, PlanBuffer value) in moved) Commit(vertex, value);
    }

    /// <summary>Moves one vertex of a fixed-prediction program and takes its error at once, since its prediction stands (Z-IL).</summary>
    /// <param name="vertex">The vertex.</param>
    /// <param name="motion">How it moves.</param>
    /// <param name="pulled">What ops have sent down to the vertices of its level already.</param>
    public void SettleWithError(Node vertex, Motion motion, Dictionary<RegionNode, OpBackwardTask> pulled)
    {
        AdjointTerm[] terms = TermsOf(vertex.Index, state.Regions.SelectMany(static r => r.Nodes), pulled, inside: false);
        if (Settle(vertex, terms, motion, Own(vertex)) is not PlanBuffer value) return;
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

    private PlanBuffer? Settle(Node vertex, AdjointTerm[] terms, Motion motion, RegionNode? thenError)
    {
        RegionNode own = Own(vertex);
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

    private AdjointTerm[] TermsOf(int index, IEnumerable<RegionNode> readers, Dictionary<RegionNode, OpBackwardTask> pulled, bool inside)
    {
        var terms = new List<AdjointTerm>();
        foreach (RegionNode reader in readers)
        {
            // A value is read from outside its region, a link from inside.
            if (reader.IsZero || reader.Delta is null || reader.Region.Find(index) is null == inside) continue;
            for (int k = 0; k < reader.Node.Of.Count; k++)
                if (reader.Node.Of[k] == index) terms.Add(Term(reader, k, pulled, inside));
        }
        return [.. terms];
    }

    private AdjointTerm Term(RegionNode reader, int k, Dictionary<RegionNode, OpBackwardTask> pulled, bool inside)
    {
        Form form = state.FormOf(reader.Node);
        if (form is Form.Sum or Form.Alias) return new AdjointTerm(reader.Delta!, null, null);
        (PlanBuffer source, long stamp) = state.Source(reader, k);
        PlanBuffer? derivative = reader.Node.Op.Inner == Activation.Identity
            ? null
            : state.Activated(state.Graph.Nodes[reader.Node.Of[k]], source, stamp, reader.Node.Op.Inner).Derivative;
        return form == Form.Product
            ? new AdjointTerm(reader.Delta!, state.Layout.Parameter(reader.Node.Parameters[0].Name), derivative)
            : new AdjointTerm(Pull(reader, pulled, inside).Adjoints[k]!, null, derivative);
    }

    /// <summary>The task that sends an op's error down to all inputs on one side of its region's border that want it.</summary>
    private OpBackwardTask Pull(RegionNode reader, Dictionary<RegionNode, OpBackwardTask> pulled, bool inside)
    {
        if (pulled.TryGetValue(reader, out OpBackwardTask? known)) return known;
        string name = state.NameOf(reader);
        bool Wants(int index) => reader.Region.Find(index) is RegionNode link ? inside && state.NeedsDelta(link) : !inside && state.IsFree(state.Graph.Nodes[index]);
        PlanBuffer?[] adjoints = [.. reader.Node.Of.Select((index, k) =>
            Wants(index) ? state.Matrix($"adjoint/{name}.{k}", BufferRole.Delta, state.Graph.Nodes[index]) : null)];
        var task = new OpBackwardTask { Call = state.Call(reader), Delta = reader.Delta!, Adjoints = adjoints, Name = name };
        state.Tasks.Add(task);
        pulled.Add(reader, task);
        return task;
    }
}
