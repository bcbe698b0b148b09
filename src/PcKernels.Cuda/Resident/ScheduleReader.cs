using PcKernels.Graphs;
using PcKernels.Optimizers;
using PcKernels.Planning;
using PcKernels.Planning.Tasks;

namespace PcKernels.Cuda.Resident;

/// <summary>Follows a program's tasks in order and puts each where the resident kernel does it.</summary>
internal sealed class ScheduleReader
{
    private readonly Program _program;
    private readonly ResidentLayer[] _layers;
    private readonly Dictionary<int, int> _number = [];
    private readonly Dictionary<int, int> _versions = []; // value buffer -> how often its layer's value had moved when it was written
    private readonly (int Moves, int Learns)[] _meanOf;   // by layer: the state that its prediction was made from
    private readonly int[] _learns;                       // by layer
    private readonly int[] _moves;                        // by layer
    private readonly int[] _deltaStep;                    // the step that last computed delta; -1: none
    private readonly int[] _lastUse;                      // the last step that reads W
    private readonly int[] _lastLearn;
    private readonly int[] _lastMove;
    private readonly List<int[]> _movesAt = [];           // by step: moves at its beginning
    private int _updates;                                 // before the round that is being read

    public ScheduleReader(Program program, ResidentLayer[] layers)
    {
        (_program, _layers) = (program, layers);
        foreach ((int i, ResidentLayer layer) in layers.Index())
        {
            _number[layer.Node.Index] = i;
            layer.Weight = Parameter(layer.Node.Parameters[0].Name);
            if (layer.Op.Bias) layer.Bias = Parameter(layer.Node.Parameters[1].Name);
        }
        (_moves, _learns, _meanOf) = (new int[layers.Length], new int[layers.Length], new (int, int)[layers.Length]);
        (_deltaStep, _lastUse, _lastLearn, _lastMove) = (Nothing(), Nothing(), Nothing(), Nothing());
        Open();
        PlanBuffer Parameter(string name) => program.Buffers.First(b => b.Role == BufferRole.Parameter && b.Name == name);
        int[] Nothing() => [.. layers.Select(static _ => -1)];
    }

    /// <summary>The steps as they were found.</summary>
    public List<ResidentStep> Steps { get; } = [];

    private int Now => Steps.Count - 1;

    /// <summary>Reads all phases.</summary>
    /// <returns>The condition that fails; null where none does.</returns>
    public string? Read()
    {
        foreach (Phase phase in _program.Phases)
            for (int round = 0; round < phase.Repeats; round++)
            {
                _updates = phase.FirstUpdate + round * phase.UpdatesPerRound;
                foreach (Wave wave in phase.Waves)
                    if (Read(phase, round, wave) is { } reason) return reason;
            }
        return Finish();
    }

    private string? Read(Phase phase, int round, Wave wave)
    {
        // Tasks of a wave do not disturb one another. What reads the state of the step comes first, then what ends it, then what begins the next.
        foreach (PlanTask task in wave.Tasks.OrderBy(static t => t switch { GatherTask or EnergyTask => 0, LearnTask or LearnForwardTask or GatherDeltaTask => 1, _ => 2 }))
        {
            string? reason = task switch
            {
                LearnForwardTask both => Learn(both.Learn) ?? Predict(both.Forward),
                LearnTask learn => Learn(learn),
                ForwardTask forward when phase.Kind == PhaseKind.Start && forward.Error is null => Start(_number[forward.Node.Index], forward, phase),
                ForwardTask forward => Predict(forward),
                DualForwardTask { Error: not null } dual => Remember(_number[dual.Node.Index]) ?? Predict(dual.Node.Index, dual.Error),
                GatherDeltaTask gather => LearnAt(_number[gather.Node.Index], gather),
                GramTask => null,
                ElementwiseTask { Inputs.Count: 1, Activation: Activation.Identity, Error: null, Start: null, Output.Role: BufferRole.Value } copy => Copy(copy),
                ErrorTask error => Stands(error) ?? Predict(error.Node.Index, error.Error),
                GatherTask gather => Settle(gather),
                EnergyTask energy => Energy(energy, phase.FirstStep + round * phase.StepsPerRound + energy.StepOffset),
                RandomTask or FillTask when phase.Kind == PhaseKind.Start => null,
                _ => $"the kernel has no '{task}'",
            };
            if (reason is not null) return reason;
        }
        return null;
    }

    private string? Predict(ForwardTask task)
    {
        int layer = _number[task.Node.Index];
        if (layer > 0 && Version(layer - 1, task.Input) != _moves[layer - 1]) return $"{task} reads an older value";
        if (task.Start is not null) return $"{task} starts a value inside the loop";
        Remember(layer);
        return task.Error is null ? null : Predict(task.Node.Index, task.Error);
    }

    private string? Start(int layer, ForwardTask task, Phase phase)
    {
        _layers[layer].StartsAsMean = task.Start is not null && !phase.OnlyFirstBatch;
        return Remember(layer);
    }

    private string? Remember(int layer)
    {
        _meanOf[layer] = Below(layer);
        return null;
    }

    private (int Moves, int Learns) Below(int layer) => (layer == 0 ? 0 : _moves[layer - 1], _learns[layer]);

    // What the kernel takes anew has to be what the program kept.
    private string? Stands(ErrorTask task) => _meanOf[_number[task.Node.Index]] == Below(_number[task.Node.Index]) ? null
        : $"the prediction of '{task.Node.Name}' stands while what it was made from moves";

    private string? Predict(int node, ErrorEpilogue error)
    {
        int layer = _number[node];
        if (error.Precision.PerColumn is not null) return $"'{_layers[layer].Node.Name}' has a precision per unit, or learns it";
        if (error.Scale != 1) return $"'{_layers[layer].Node.Name}' has an error with a scale";
        if (Version(layer, error.Value) != _moves[layer]) return $"the error of '{_layers[layer].Node.Name}' reads an older value";
        (_layers[layer].Error, _layers[layer].Precision, _layers[layer].IsCategorical) = (error.Error, error.Precision.Constant, error.IsCategorical);
        if (Steps[Now].Work[layer].HasFlag(ResidentWork.Predicts) && !HasMovedNow(layer)) return null;
        if (HasMovedNow(layer)) Open();
        Compute(layer);
        return null;
    }

    // A value that is moved to another buffer, for the next batch to find.
    private string? Copy(ElementwiseTask task)
    {
        if (!_number.TryGetValue(task.Node.Index, out int layer) || Version(layer, task.Inputs[0]) != _moves[layer]) return $"the kernel has no '{task}'";
        _versions[task.Output!.Id] = _moves[layer];
        return null;
    }

    private string? Settle(GatherTask task)
    {
        if (task.Followers.Count > 0) return $"{task}: a value hears from the layer above alone";
        int layer = _number[task.Node.Index];
        if (task.Settle is not { Velocity: null, GammaFactor: null, DividesByPrecision: false } settle || task.Then is not null)
            return $"{task}: values move by a constant γ, without momentum or discount";
        if (task.Terms is not [{ Weight: not null, InnerDerivative: null }] || layer == _layers.Length - 1) return $"{task}: a value hears from the layer above alone";
        if (Version(layer, settle.Value) != _moves[layer]) return $"{task} reads an older value";
        if (Steps[Now].Work[layer].HasFlag(ResidentWork.Settles)) return $"{task}: the value has moved since the error was taken";
        if (Needs(layer + 1) is { } above) return above;
        if (settle.Error is not null && Needs(layer) is { } own) return own;
        if (settle.Error is null && Steps[Now].Work[layer].HasFlag(ResidentWork.Predicts)) return $"{task} leaves the value's own error out";
        if (_lastLearn[layer + 1] == Now) return $"{task}: the weights have moved since the error was taken";
        Steps[Now].Work[layer] |= ResidentWork.Settles;
        _layers[layer].Gamma = settle.Gamma;
        _lastUse[layer + 1] = Now;
        _lastMove[layer] = Now;
        _versions[settle.NewValue.Id] = ++_moves[layer];
        return null;
    }

    private string? Learn(LearnTask task)
    {
        int layer = _number[task.Owner.Index];
        if (task.Accumulates) return $"{task}: gradients are not gathered over uses";
        (_layers[layer].WeightGradient, _layers[layer].BiasGradient) = (task.WeightGradient, task.BiasGradient);
        // A gradient of zero moves nothing, and the buffers that keep it are zero at first.
        UpdateTask? update = task.WeightUpdate ?? task.BiasUpdate;
        if (update is null ? task.Uses.Count > 0 : update.GradientFactor is not null) return "it takes no clipping, which needs all gradients at once";
        if (task.Uses.Count == 0) return update is null ? _lastLearn[layer] < 0 ? null : $"{task}: a gradient that is zero again" : Decay(layer, task, update);
        if (task.Uses is not [{ } use]) return $"{task}: a gradient has one use";
        Takes(layer, task, update!);
        // Dual form: W has learned bit by bit already.
        if (use.Delta.Role == BufferRole.DeltaSum) return IsPlain(update!) ? null : $"{task}: moments move with every gradient, the dual form sums them";
        int step = _deltaStep[layer];
        if (layer > 0 && step >= 0 && Version(layer - 1, use.Input) != _movesAt[step][layer - 1]) return $"{task} takes a newer value than its error has seen: the order is not simultaneous";
        return LearnAt(layer, task, update!.UpdateOffset);
    }

    private void Takes(int layer, LearnTask task, UpdateTask update)
    {
        (_layers[layer].Rate, _layers[layer].Scale, _layers[layer].Decay) = (update.Optimizer.LearningRate, task.Scale, update.WeightDecay);
        if (!IsPlain(update)) (_layers[layer].WeightUpdate, _layers[layer].BiasUpdate) = (task.WeightUpdate, task.BiasUpdate);
    }

    private static bool IsPlain(UpdateTask update) => update.Optimizer is Sgd { Momentum: 0 };

    // A gradient known to be zero, while weights decay or moments carry them on: the kernel's δ of a layer that no error has reached is zero.
    private string? Decay(int layer, LearnTask task, UpdateTask update)
    {
        if (_deltaStep[layer] >= 0) return $"{task}: a gradient that is zero again";
        if (_lastLearn[layer] == Now) Open();
        Takes(layer, task, update);
        Learns(layer, Now, update.UpdateOffset);
        return null;
    }

    private void Learns(int layer, int step, int offset)
    {
        Steps[step].Work[layer] |= ResidentWork.Learns;
        Steps[step].Updates[layer] = _updates + offset;
        _lastLearn[layer] = step;
        _learns[layer]++;
    }

    private string? LearnAt(int layer, PlanTask task, int offset = 0)
    {
        int step = _deltaStep[layer];
        if (step < 0) return $"{task} learns from an error that is known to be zero";
        if (_lastUse[layer] > step || _lastLearn[layer] >= step) return $"{task}: the weights have been used since its error was taken";
        Learns(layer, step, offset);
        return null;
    }

    private string? Energy(EnergyTask task, int row)
    {
        if (task.Precision.PerColumn is not null) return $"{task}: energies have a constant precision";
        if (task.Error is null && task.Prediction is null) return task.Precision.IsOne ? null : $"{task}: an error known to be zero has an energy of its precision";
        int layer = _number[task.Node.Index], step = _deltaStep[layer];
        if (step < 0 || task.Scale != 1.0 / _program.Options.Batch) return $"{task} has no error to take it from";
        if (Steps[step].EnergyRow >= 0 && Steps[step].EnergyRow != row)
        {
            if (Steps[Now].EnergyRow >= 0 && Steps[Now].EnergyRow != row) Open();
            if (Needs(layer) is { } reason) return reason;
            step = Now;
        }
        if (Steps[step].EnergyRow >= 0 && Steps[step].EnergyRow != row) return $"{task}: two rows of the trace in one step";
        Steps[step].EnergyRow = row;
        Steps[step].Work[layer] |= ResidentWork.HasEnergy;
        _layers[layer].Slot = task.Slot;
        return null;
    }

    // An error that stands may be taken anew while value, input and weights are what they were.
    private string? Needs(int layer)
    {
        int step = _deltaStep[layer];
        if (step == Now) return null;
        if (step < 0) return $"the error of '{_layers[layer].Node.Name}' is not there";
        if (_lastMove[layer] >= step || (layer > 0 && _lastMove[layer - 1] >= step) || _lastLearn[layer] >= step)
            return $"the error of '{_layers[layer].Node.Name}' is older than what it was taken from";
        Compute(layer);
        return null;
    }

    private bool HasMovedNow(int layer) => _lastMove[layer] == Now || (layer > 0 && _lastMove[layer - 1] == Now) || _lastLearn[layer] == Now;

    private void Compute(int layer)
    {
        Steps[Now].Work[layer] |= ResidentWork.Predicts;
        _deltaStep[layer] = _lastUse[layer] = Now;
    }

    private void Open()
    {
        Steps.Add(new ResidentStep(_layers.Length));
        _movesAt.Add([.. _moves]);
    }

    // Whoever first reads a value finds it as it was at the start.
    private int Version(int layer, PlanBuffer buffer)
    {
        if (_versions.TryGetValue(buffer.Id, out int version)) return version;
        if (_moves[layer] > 0 && _layers[layer].Start is not null) return -1;
        _layers[layer].Start ??= buffer;
        return _versions[buffer.Id] = 0;
    }

    private string? Finish()
    {
        foreach ((int i, ResidentLayer layer) in _layers.Index())
        {
            Mark(i, ResidentWork.Predicts, ResidentWork.KeepsError);
            if (layer.WeightGradient is not null || layer.BiasGradient is not null) Mark(i, ResidentWork.Learns, ResidentWork.KeepsGradient);
            if (i == _layers.Length - 1) continue;
            layer.Value = _program.Results[$"value/{layer.Node.Name}"];
            layer.Start ??= layer.Value;
            if (Version(i, layer.Value) != _moves[i]) return $"the value of '{layer.Node.Name}' is not left where it is read after the batch";
        }
        return _layers[^1].Start is null ? "the output is never compared with its target" : null;
    }

    private void Mark(int layer, ResidentWork last, ResidentWork keep)
    {
        if (Steps.LastOrDefault(s => s.Work[layer].HasFlag(last)) is { } step) step.Work[layer] |= keep;
    }
}
