using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Planning.Tasks;

namespace PcKernels.Planning.Emission;

/// <summary>Writes predictions and errors. A prediction is computed anew only where an input or a parameter has moved, an error only where its value or prediction has.</summary>
internal sealed class ForwardEmitter(EmissionState state, LearnEmitter learn)
{
    private readonly Dictionary<int, long> _precisionStamps = [];

    /// <summary>The feedforward start: x := μ from below, bit for bit; then outputs take their targets.</summary>
    public void Start()
    {
        foreach (Region region in state.Regions)
            foreach (RegionNode node in region.Nodes)
            {
                if (!node.Node.IsVertex) PredictLink(node);
                else if (node.Node.IsRoot) StartRoot(node);
                else if (state.Graph.OutputOf(node.Node.Index) is not null) PredictSink(node);
                else StartVertex(node);
            }
    }

    /// <summary>All predictions and errors that do not stand any more.</summary>
    public void Predict()
    {
        learn.FlushWhatCannotFuse();
        foreach (Region region in state.Regions)
            foreach (RegionNode node in region.Nodes)
            {
                if (region.Sinks.Contains(node)) PredictSink(node);
                else PredictLink(node);
            }
    }

    /// <summary>Values of all nodes and nothing else.</summary>
    public void PredictOnly()
    {
        state.HasErrors = false;
        foreach (RegionNode node in state.Regions.SelectMany(static r => r.Nodes)) PredictLink(node);
    }

    /// <summary>Forgets which predictions and precisions still stand, where what made them may not run.</summary>
    public void Forget()
    {
        _precisionStamps.Clear();
        state.ForgetPredictions();
    }

    /// <summary>Values that the host or a random number sets instead of a prediction.</summary>
    public void StartWithout(bool random)
    {
        foreach (Node vertex in state.Graph.Vertices.Where(state.IsFree))
        {
            PlanBuffer value = MakeValue(vertex);
            if (random && !IsGiven(vertex)) state.Tasks.Add(new RandomTask { Node = vertex, Target = value });
            Moved(vertex);
        }
    }

    /// <summary>The error task of a vertex whose prediction is kept.</summary>
    public ErrorTask KeptError(RegionNode node, PlanBuffer value, PlanBuffer? prediction)
    {
        bool hasDerivative = state.NeedsDelta(node) && node.Node.Op.Outer != Activation.Identity;
        return new ErrorTask
        {
            Node = node.Node,
            Prediction = prediction,
            Derivative = hasDerivative ? KeepDerivative(node) : null,
            Error = Epilogue(node, value),
        };
    }

    /// <summary>Gives an output's target, or a vertex's value, its buffer.</summary>
    public PlanBuffer MakeValue(Node vertex)
    {
        bool isOutput = state.Graph.OutputOf(vertex.Index) is not null;
        string name = isOutput ? $"target/{vertex.Name}" : state.IsFixed ? $"feedforward/{vertex.Name}" : $"value/{vertex.Name}";
        BufferRole role = isOutput || IsGiven(vertex) ? BufferRole.Clamped : BufferRole.Value;
        return state.Value[vertex.Index] ??= state.Read[vertex.Index] = state.Matrix(name, role, vertex);
    }

    private bool IsGiven(Node vertex) => state.Options.GivenStarts.Contains(vertex.Name);

    private void Moved(Node vertex) => state.ValueStamp[vertex.Index] = state.ReadStamp[vertex.Index] = state.Tick();

    private void StartRoot(RegionNode node)
    {
        PlanBuffer value = MakeValue(node.Node);
        if (!IsGiven(node.Node)) state.Tasks.Add(new FillTask { Target = value });
        Moved(node.Node);
        MarkStarted(node, "", isZero: !IsGiven(node.Node));
    }

    private void StartVertex(RegionNode node)
    {
        PlanBuffer value = MakeValue(node.Node);
        RefreshPrecision(node.Node);
        if (IsGiven(node.Node) && !state.IsFixed)
        {
            Moved(node.Node);
            return;
        }
        string from = Stamps(node);
        bool keeps = IsGiven(node.Node);
        Write(node, KeptOutput(node, keeps), KeptDerivative(node), keeps ? null : value, null);
        Moved(node.Node);
        MarkStarted(node, from, isZero: !keeps);
    }

    private void MarkStarted(RegionNode node, string from, bool isZero)
    {
        node.PredictedFrom = from;
        node.IsZero = isZero && !state.Options.Plain;
        node.ErrorFrom = node.IsZero ? ErrorStamps(node) : null;
    }

    private void PredictLink(RegionNode node)
    {
        if (state.FormOf(node.Node) == Form.Alias)
        {
            (node.Output, node.OutputStamp) = state.Source(node, 0);
            return;
        }
        string from = Stamps(node);
        if (state.IsFixed && node.PredictedFrom is not null) return;
        if (state.Reuses && node.PredictedFrom == from) return;
        node.Output = state.Matrix($"link/{state.NameOf(node)}", BufferRole.Prediction, node.Node);
        bool needsDerivative = state.NeedsDelta(node) && node.Node.Op.Outer != Activation.Identity;
        PlanBuffer? derivative = needsDerivative ? KeepDerivative(node) : null;
        Write(node, node.Output, derivative, null, null);
        node.PredictedFrom = from;
        node.OutputStamp = state.Tick();
    }

    private void PredictSink(RegionNode node)
    {
        if (node.Node.IsRoot && ((RootOp)node.Node.Op).Prior == RootPrior.None) return;
        PlanBuffer value = MakeValue(node.Node);
        RefreshPrecision(node.Node);
        string from = node.Node.IsRoot ? "" : Stamps(node);
        bool stands = node.Node.IsRoot || (node.PredictedFrom is not null && (state.IsFixed || (state.Reuses && node.PredictedFrom == from)));
        string errorFrom = ErrorStamps(node);
        if (stands && node.ErrorFrom is not null && (node.ErrorFrom == errorFrom || (node.IsZero && SameValue(node.ErrorFrom, errorFrom)))) return;
        if (stands)
        {
            PlanBuffer? prediction = node.Node.IsRoot ? null : KeptPrediction(node);
            state.Tasks.Add(KeptError(node, value, prediction));
        }
        else
        {
            bool isCategorical = state.IsCategorical(node.Node);
            Write(node, KeptOutput(node, isCategorical), KeptDerivative(node), null, Epilogue(node, value));
        }
        node.PredictedFrom = from;
        node.ErrorFrom = errorFrom;
        node.IsZero = false;
    }

    /// <summary>μ of a vertex whose prediction stands: where x started as μ and stays readable that buffer itself, else one that the start keeps.</summary>
    private PlanBuffer KeptPrediction(RegionNode node)
    {
        if (state.IsFixed && state.IsFree(node.Node) && !IsGiven(node.Node)) return state.Read[node.Node.Index]!;
        state.Ask($"prediction {state.NameOf(node)}");
        return state.Matrix($"prediction/{node.Node.Name}", BufferRole.Prediction, node.Node);
    }

    private PlanBuffer? KeptOutput(RegionNode node, bool always) => always || state.IsWanted($"prediction {state.NameOf(node)}")
        ? state.Matrix($"prediction/{node.Node.Name}", BufferRole.Prediction, node.Node)
        : null;

    private PlanBuffer KeepDerivative(RegionNode node)
    {
        state.Ask($"derivative {state.NameOf(node)}");
        return node.Derivative = state.Matrix($"derivative/{state.NameOf(node)}", BufferRole.Derivative, node.Node);
    }

    private PlanBuffer? KeptDerivative(RegionNode node) => state.IsWanted($"derivative {state.NameOf(node)}") ? KeepDerivative(node) : null;

    private ErrorEpilogue Epilogue(RegionNode node, PlanBuffer value)
    {
        Node vertex = node.Node;
        node.Error = state.Moved("error", BufferRole.Error, vertex);
        PrecisionSource precision = state.PrecisionOf(vertex);
        bool isCategorical = state.IsCategorical(vertex);
        double scale = isCategorical ? state.VarianceScale(vertex) : 1.0;
        bool isSame = vertex.Op.Outer == Activation.Identity && precision.IsOne && scale == 1.0;
        // An error that does not stay cannot be the δ that others read.
        isSame &= state.KeepsMoves || !state.IsFree(vertex);
        PlanBuffer? delta = !state.NeedsDelta(node) || isSame ? null : state.Matrix($"delta/{vertex.Name}", BufferRole.Delta, vertex);
        node.Delta = delta ?? node.Error;
        return new ErrorEpilogue(value, node.Error, delta, precision, isCategorical, scale);
    }

    private void RefreshPrecision(Node vertex)
    {
        if (!vertex.Precision.IsLearned) return;
        string name = $"{vertex.Name}.log_variance";
        long stamp = state.ParameterStamp(name);
        if (_precisionStamps.TryGetValue(vertex.Index, out long last) && last == stamp) return;
        _precisionStamps[vertex.Index] = stamp;
        state.Tasks.Add(new PrecisionTask
        {
            Node = vertex,
            LogVariance = state.Layout.Parameter(name),
            Precision = state.PrecisionOf(vertex).PerColumn!,
            Scale = state.VarianceScale(vertex),
        });
    }

    private void Write(RegionNode node, PlanBuffer? output, PlanBuffer? derivative, PlanBuffer? start, ErrorEpilogue? error)
    {
        Form form = state.FormOf(node.Node);
        if (form == Form.Op)
        {
            state.Tasks.Add(new OpForwardTask { Call = state.Call(node), Activation = node.Node.Op.Outer, Output = output, Derivative = derivative, Start = start, Error = error });
            return;
        }
        if (form == Form.Sum)
        {
            PlanBuffer[] inputs = [.. Enumerable.Range(0, node.Node.Of.Count).Select(k => state.Source(node, k).Buffer)];
            state.Tasks.Add(new ElementwiseTask { Node = node.Node, Inputs = inputs, Activation = node.Node.Op.Outer, Output = output, Derivative = derivative, Start = start, Error = error });
            return;
        }
        WriteLinear(node, (LinearOp)node.Node.Op, output, derivative, start, error);
    }

    private void WriteLinear(RegionNode node, LinearOp linear, PlanBuffer? output, PlanBuffer? derivative, PlanBuffer? start, ErrorEpilogue? error)
    {
        if (learn.HasGathered(node.Node))
        {
            WriteDual(node, linear, output, derivative, error);
            return;
        }
        PlanBuffer operand = state.Operand(node);
        IReadOnlyList<ParameterInfo> parameters = node.Node.Parameters;
        bool startsDual = state.IsWanted($"base {node.Node.Name}");
        if (startsDual) state.Tasks.Add(new GramTask { Node = node.Node, Input = operand, HasBias = linear.Bias, Gram = Gram(node) });
        var forward = new ForwardTask
        {
            Node = node.Node,
            Input = operand,
            Activation = linear.Outer,
            PreActivation = startsDual ? Base(node) : null,
            Weight = state.Layout.Parameter(parameters[0].Name),
            Bias = linear.Bias ? state.Layout.Parameter(parameters[1].Name) : null,
            Output = output,
            Derivative = derivative,
            Start = start,
            Error = error,
        };
        state.Tasks.Add(learn.TakeToFuse(node) is LearnTask pending ? new LearnForwardTask { Learn = pending, Forward = forward } : forward);
    }

    private void WriteDual(RegionNode node, LinearOp linear, PlanBuffer? output, PlanBuffer? derivative, ErrorEpilogue? error)
    {
        state.Ask($"base {node.Node.Name}");
        state.Tasks.Add(new DualForwardTask
        {
            Node = node.Node,
            Base = Base(node),
            Gram = Gram(node),
            Sum = state.DeltaSum(node.Node),
            Scale = state.Options.OutputVariance / state.Options.Batch,
            Optimizer = state.Options.Optimizer,
            Activation = linear.Outer,
            Output = output,
            Derivative = derivative,
            Error = error,
        });
    }

    private PlanBuffer Base(RegionNode node) => state.Matrix($"base/{node.Node.Name}", BufferRole.PreActivation, node.Node);

    private PlanBuffer Gram(RegionNode node)
    {
        int rows = state.Rows(node.Node);
        return state.Buffers.Get($"gram/{node.Node.Name}", BufferRole.Gram, rows, rows);
    }

    private string Stamps(RegionNode node)
    {
        IEnumerable<long> inputs = Enumerable.Range(0, node.Node.Of.Count).Select(k => state.Source(node, k).Stamp);
        return string.Join(',', inputs.Concat(node.Node.Parameters.Select(p => state.ParameterStamp(p.Name))));
    }

    private string ErrorStamps(RegionNode node)
    {
        long precision = node.Node.Precision.IsLearned ? state.ParameterStamp($"{node.Node.Name}.log_variance") : 0;
        return $"{state.ValueStamp[node.Node.Index]}|{precision}";
    }

    private static bool SameValue(string a, string b) => a.AsSpan(0, a.IndexOf('|')).SequenceEqual(b.AsSpan(0, b.IndexOf('|')));
}
