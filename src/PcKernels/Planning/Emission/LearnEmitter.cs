using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Planning.Tasks;

namespace PcKernels.Planning.Emission;

/// <summary>Writes gradients and updates. Both are captured where the rule takes them, and written with the next prediction of the same weights where one owner can do both.</summary>
internal sealed class LearnEmitter(EmissionState state)
{
    private readonly List<Pending> _pending = [];
    private readonly Dictionary<int, Pending> _gathered = [];
    private readonly HashSet<string> _learned = [];
    private readonly List<PlanBuffer> _precisionGradients = [];
    private int _events;

    /// <summary>Moves of θ so far.</summary>
    public int Events => _events;

    /// <summary>The first move written into the current step, or null.</summary>
    public int? FirstWritten { get; private set; }

    /// <summary>Names of parameters that some task forms a gradient for.</summary>
    public IReadOnlySet<string> Learned => _learned;

    /// <param name="Owner">Who owns the parameters.</param>
    /// <param name="Only">The one node that uses them, if it is one.</param>
    /// <param name="Uses">δ and operands of linear layers.</param>
    /// <param name="Calls">δ and operands of other ops.</param>
    /// <param name="Event">Which move of θ.</param>
    private sealed record Pending(Node Owner, RegionNode? Only, ParameterUse[] Uses, OpUse[] Calls, int Event)
    {
        public bool IsLinear => Owner.Op is LinearOp;

        public bool HasGradient => Uses.Length + Calls.Length > 0;
    }

    /// <summary>Starts counting the moves of a new step.</summary>
    public int? TakeFirstWritten()
    {
        int? first = FirstWritten;
        FirstWritten = null;
        return first;
    }

    /// <summary>Takes all gradients at the present errors and values; θ counts as moved from here on.</summary>
    public void Capture()
    {
        int number = _events++;
        foreach (Node owner in state.Graph.Nodes.Where(static n => n.Owner == n.Index && n.Parameters.Count > 0))
        {
            RegionNode[] users = [.. state.Regions.SelectMany(static r => r.Nodes).Where(n => n.Node.Owner == owner.Index && n.Node.Parameters.Count > 0)];
            RegionNode[] alive = [.. users.Where(static n => !n.IsZero && n.Delta is not null)];
            bool moves = alive.Length > 0 || state.Options.Optimizer.MovesOnZeroGradient;
            if (!moves && !state.Options.KeepGradients) continue;
            if (state.IsDual(owner)) Gather(owner, alive[0], number);
            else
                _pending.Add(Captured(owner, users.Length == 1 ? users[0] : null, alive, number));
            if (alive.Length > 0) foreach (ParameterInfo parameter in owner.Parameters) _learned.Add(parameter.Name);
            if (moves) foreach (ParameterInfo parameter in owner.Parameters) state.MoveParameter(parameter.Name);
        }
        CapturePrecisions();
    }

    private Pending Captured(Node owner, RegionNode? only, RegionNode[] alive, int number) => owner.Op is LinearOp
        ? new Pending(owner, only, [.. alive.Select(n => new ParameterUse(n.Delta!, state.Operand(n)))], [], number)
        : new Pending(owner, only, [], [.. alive.Select(n => new OpUse(state.Call(n), n.Delta!))], number);

    /// <summary>Whether a node has moved in dual form, so that its prediction no longer is that of its W.</summary>
    public bool HasGathered(Node node) => _gathered.ContainsKey(node.Index);

    private void Gather(Node owner, RegionNode node, int number)
    {
        PlanBuffer sum = state.DeltaSum(owner);
        state.Tasks.Add(new GatherDeltaTask { Node = owner, Delta = node.Delta!, Sum = sum, IsFirst = !_gathered.ContainsKey(owner.Index) });
        _gathered[owner.Index] = new Pending(owner, node, [new ParameterUse(sum, state.Operand(node))], [], number);
    }

    /// <summary>Collects the shares of some uses into the gradient buffers; the last call makes the moves.</summary>
    public void CaptureShare(Func<RegionNode, bool> gives, bool isLast)
    {
        foreach (Node owner in state.Graph.Nodes.Where(static n => n.Owner == n.Index && n.Parameters.Count > 0))
        {
            RegionNode[] users = [.. state.Regions.SelectMany(static r => r.Nodes)
                .Where(n => n.Node.Owner == owner.Index && n.Node.Parameters.Count > 0 && gives(n) && !n.IsZero && n.Delta is not null)];
            if (users.Length == 0) continue;
            bool accumulates = !_learned.Add(owner.Parameters[0].Name);
            foreach (ParameterInfo parameter in owner.Parameters) _learned.Add(parameter.Name);
            Pending share = Captured(owner, null, users, _events);
            state.Tasks.Add(share.IsLinear ? Learn(share, updates: false) with { Accumulates = accumulates } : LearnOp(share) with { Accumulates = accumulates });
        }
        if (isLast) MoveByCollected();
    }

    /// <summary>Writes all captured learning that no prediction can take along.</summary>
    public void FlushWhatCannotFuse()
    {
        Pending[] now = [.. _pending.Where(p => !CanFuse(p))];
        _pending.RemoveAll(p => !CanFuse(p));
        Write(now);
    }

    /// <summary>Writes all captured learning, also what was gathered in dual form.</summary>
    public void Flush()
    {
        Pending[] all = [.. _pending, .. _gathered.Values];
        _pending.Clear();
        _gathered.Clear();
        Write(all);
    }

    /// <summary>The learning that the next prediction of this node takes along, if there is any.</summary>
    public LearnTask? TakeToFuse(RegionNode node)
    {
        Pending? found = _pending.Find(p => p.Only == node && CanFuse(p));
        if (found is null) return null;
        _pending.Remove(found);
        return Learn(found, updates: true);
    }

    // A zero gradient that moves nothing is only written to a buffer: no reason to pass over W. And the prediction of a link below
    // would overwrite the input, or its activation, that the gradient is taken with.
    private bool CanFuse(Pending pending) =>
        pending.Only is not null && pending.IsLinear && state.Options.ClipNorm is null && (pending.Uses.Length > 0 || state.Options.Optimizer.MovesOnZeroGradient)
        && pending.Only.Node.Of.All(i => pending.Only.Region.Find(i) is null);

    private void Write(Pending[] all)
    {
        if (all.Length == 0 && _precisionGradients.Count == 0) return;
        bool clips = state.Options.ClipNorm is not null;
        PlanTask[] tasks = [.. all.Where(static p => p.IsLinear).Select(p => Learn(p, updates: !clips)), .. all.Where(static p => !p.IsLinear).SelectMany(p => LearnOp(p, updates: !clips))];
        state.Tasks.AddRange(tasks);
        if (clips) WriteClipped([.. tasks.SelectMany(static t => t.Writes)], [.. all.SelectMany(static p => p.Owner.Parameters)], all.Length > 0 ? all[0].Event : _events - 1);
    }

    private void MoveByCollected()
    {
        int number = _events++;
        ParameterInfo[] parameters = [.. state.Graph.Parameters.Where(p => p.Role != ParameterRole.LogVariance && _learned.Contains(p.Name))];
        CapturePrecisions();
        if (state.Options.ClipNorm is not null)
        {
            WriteClipped([.. parameters.Select(Gradient)], parameters, number);
            return;
        }
        foreach (ParameterInfo parameter in parameters) state.Tasks.Add(Update(parameter.Name, number, Gradient(parameter), state.Options.Optimizer.WeightDecay));
    }

    private void WriteClipped(PlanBuffer[] gradients, ParameterInfo[] parameters, int number)
    {
        PlanBuffer factor = state.Buffers.Get("clip", BufferRole.Scalar, 1, 1);
        state.Tasks.Add(new ClipTask { Gradients = [.. gradients, .. _precisionGradients], MaximumNorm = state.Options.ClipNorm!.Value, Factor = factor });
        foreach (ParameterInfo parameter in parameters)
            state.Tasks.Add(Update(parameter.Name, number, Gradient(parameter), state.Options.Optimizer.WeightDecay) with { GradientFactor = factor });
        foreach (Node vertex in LearnedPrecisions()) state.Tasks.Add(PrecisionUpdate(vertex, number) with { GradientFactor = factor });
        _precisionGradients.Clear();
    }

    private void CapturePrecisions()
    {
        foreach (Node vertex in LearnedPrecisions())
        {
            string name = $"{vertex.Name}.log_variance";
            RegionNode own = state.Regions.SelectMany(static r => r.Sinks).First(n => n.Node == vertex);
            PlanBuffer gradient = GradientOf(name);
            state.Tasks.Add(new PrecisionGradientTask
            {
                Node = vertex,
                Error = own.IsZero ? null : own.Error,
                Precision = state.PrecisionOf(vertex).PerColumn!,
                Gradient = gradient,
                Rows = state.Rows(vertex),
                Scale = state.Options.OutputVariance / state.Options.Batch,
            });
            if (state.Options.ClipNorm is null) state.Tasks.Add(PrecisionUpdate(vertex, _events - 1));
            else _precisionGradients.Add(gradient);
            _learned.Add(name);
            state.MoveParameter(name);
        }
    }

    private IEnumerable<Node> LearnedPrecisions() =>
        state.Regions.SelectMany(static r => r.Sinks).Select(static n => n.Node).Where(static n => n.Precision.IsLearned);

    private UpdateTask PrecisionUpdate(Node vertex, int number)
    {
        string name = $"{vertex.Name}.log_variance";
        return Update(name, number, GradientOf(name), state.Options.PrecisionDecay);
    }

    private LearnTask Learn(Pending pending, bool updates)
    {
        bool keeps = state.Options.KeepGradients || !updates;
        ParameterInfo weight = pending.Owner.Parameters[0];
        ParameterInfo? bias = pending.Owner.Parameters.Count > 1 ? pending.Owner.Parameters[1] : null;
        bool moves = pending.Uses.Length > 0 || state.Options.Optimizer.MovesOnZeroGradient;
        double decay = state.Options.Optimizer.WeightDecay;
        return new LearnTask
        {
            Owner = pending.Owner,
            Uses = pending.Uses,
            Scale = -state.Options.OutputVariance / state.Options.Batch,
            WeightGradient = keeps ? Gradient(weight) : null,
            BiasGradient = keeps && bias is not null ? Gradient(bias) : null,
            WeightUpdate = updates && moves ? Update(weight.Name, pending.Event, null, decay) : null,
            BiasUpdate = updates && moves && bias is not null ? Update(bias.Name, pending.Event, null, decay) : null,
        };
    }

    private OpLearnTask LearnOp(Pending pending) => new()
    {
        Owner = pending.Owner,
        Uses = pending.Calls,
        Scale = -state.Options.OutputVariance / state.Options.Batch,
        Gradients = [.. pending.Owner.Parameters.Select(Gradient)],
    };

    /// <summary>The gradients of an op other than the linear layer, then the moves; where the gradient is known to be zero, only what the optimiser does with that.</summary>
    private IEnumerable<PlanTask> LearnOp(Pending pending, bool updates)
    {
        bool keeps = state.Options.KeepGradients || !updates;
        if (pending.HasGradient) yield return LearnOp(pending);
        else if (keeps) foreach (ParameterInfo parameter in pending.Owner.Parameters) yield return new FillTask { Target = Gradient(parameter) };
        if (!updates || !(pending.HasGradient || state.Options.Optimizer.MovesOnZeroGradient)) yield break;
        foreach (ParameterInfo parameter in pending.Owner.Parameters)
            yield return Update(parameter.Name, pending.Event, pending.HasGradient ? Gradient(parameter) : null, state.Options.Optimizer.WeightDecay);
    }

    private UpdateTask Update(string parameter, int number, PlanBuffer? gradient, double decay)
    {
        FirstWritten ??= number;
        return new UpdateTask
        {
            Parameter = state.Layout.Parameter(parameter),
            State = state.Layout.State(parameter),
            Gradient = gradient,
            Optimizer = state.Options.Optimizer,
            WeightDecay = decay,
            UpdateOffset = number - FirstWritten.Value,
        };
    }

    private PlanBuffer Gradient(ParameterInfo parameter) => GradientOf(parameter.Name);

    private PlanBuffer GradientOf(string parameter)
    {
        PlanBuffer like = state.Layout.Parameter(parameter);
        return state.Buffers.Get($"grad/{parameter}", BufferRole.Gradient, like.Rows, like.Columns);
    }
}
