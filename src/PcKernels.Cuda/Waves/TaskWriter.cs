using PcKernels.Graphs;
using PcKernels.Planning;
using PcKernels.Planning.Tasks;

namespace PcKernels.Cuda.Waves;

/// <summary>Writes the tasks of one wave: what runs in its launch, and what has to wait for all of that.</summary>
internal sealed class TaskWriter(WaveTable table, Func<PlanBuffer?, DeviceView> locate, Func<long, ulong> scratch, WaveScratch passing, TileChoice choice, int elementBytes)
{
    private readonly OpTaskWriter _ops = new(table, locate, passing, choice.Multiprocessors, elementBytes);
    private double _results;

    /// <summary>The tiles of the wave's launch.</summary>
    public List<TileRun> Now => Stages[0];

    /// <summary>The tiles of a second launch; mostly none.</summary>
    public List<TileRun> Later => Stages[1];

    /// <summary>Tiles by launch.</summary>
    public IReadOnlyList<List<TileRun>> Stages { get; } = [[], [], []];

    /// <summary>Whether only the kernels of graphs know the wave's tasks.</summary>
    public bool HasOps { get; private set; }

    /// <summary>Looks at the whole wave, for the shares of its tasks.</summary>
    public void Begin(IReadOnlyList<PlanTask> tasks)
    {
        passing.Begin();
        _results = Math.Max(1, tasks.Sum(Results));
    }

    /// <summary>Writes one task.</summary>
    /// <exception cref="NotSupportedException">The kernels do not know it.</exception>
    public void Write(PlanTask task)
    {
        switch (task)
        {
            case ForwardTask forward: Write(forward); break;
            case DualForwardTask dual: Write(dual); break;
            case GatherDeltaTask gathered: Write(gathered); break;
            case GramTask gram: Write(gram); break;
            case ElementwiseTask sum: Write(sum); break;
            case ErrorTask error: Write(error); break;
            case GatherTask gather: Write(gather); break;
            case LearnTask learn: Write(learn); break;
            case LearnForwardTask both: Write(both); break;
            case UpdateTask update: Write(update); break;
            case ClipTask clip: Write(clip); break;
            case OpForwardTask forward: Write(forward); break;
            case OpBackwardTask backward: Add(_ops.Backward(backward)); break;
            case OpLearnTask learn: Add(_ops.Learn(learn)); break;
            default:
                DeviceTask reduce = ReduceTasks.Make(task, locate, table.Energies);
                Now.Add(new TileRun(reduce.Rows, Cut(table.Add(reduce), ReduceTasks.Step(reduce), reduce.Rows, reduce.Columns)));
                break;
        }
    }

    private static double Results(PlanTask task) => task switch
    {
        ForwardTask forward => (double)forward.Input.Rows * forward.Weight.Rows,
        DualForwardTask dual => dual.Base.Count,
        GramTask gram => gram.Gram.Count,
        GatherTask { Products: > 0 } gather => (double)Target(gather).Rows * Target(gather).Columns,
        LearnTask learn => (double)Weight(learn).Rows * Weight(learn).Columns,
        LearnForwardTask both => Results(both.Learn) + Results(both.Forward),
        _ => 0,
    };

    private static PlanBuffer Target(GatherTask gather) => gather.Settle?.NewValue ?? gather.Delta!;

    private static PlanBuffer Weight(LearnTask learn) => learn.WeightUpdate?.Parameter ?? learn.WeightGradient!;

    private void Write(ForwardTask task) =>
        AddProduct(Predict(task), Results(task), task.Weight.Columns, false, NeedsWholeRows(task.Error) && !IsWide(task.Error, task.Weight.Rows));

    /// <summary>A prediction as the kernels read it.</summary>
    public DeviceTask Predict(ForwardTask task) => new()
    {
        Kind = TaskKind.Predict,
        Rows = task.Input.Rows,
        Columns = task.Weight.Rows,
        Operand = table.Add([new DeviceOperand { A = locate(task.Input), B = locate(task.Weight), Depth = task.Weight.Columns, Rows = task.Input.Rows }]),
        Operands = 1,
        Partner = -1,
        Predict = Epilogue(task.Activation, task.Output, task.Derivative, task.Start, task.Error, task.Input.Rows, task.Weight.Rows) with
        {
            Bias = locate(task.Bias),
            PreActivation = locate(task.PreActivation),
        },
    };

    // z = z₀ + (α k/B) G Σδ
    private void Write(DualForwardTask task) => AddProduct(
        new DeviceTask
        {
            Kind = TaskKind.DualPredict,
            Rows = task.Base.Rows,
            Columns = task.Base.Columns,
            Operand = table.Add([new DeviceOperand { A = locate(task.Gram), B = locate(task.Sum), Depth = task.Gram.Columns, Rows = task.Gram.Rows }]),
            Operands = 1,
            Partner = -1,
            Predict = Epilogue(task.Activation, task.Output, task.Derivative, null, task.Error, task.Base.Rows, task.Base.Columns) with
            {
                Base = locate(task.Base),
                Factor = task.Optimizer.LearningRate * task.Scale,
            },
        },
        Results(task), task.Gram.Columns, true, NeedsWholeRows(task.Error) && !IsWide(task.Error, task.Base.Columns));

    private void Write(GatherDeltaTask task) => AddElementwise(new DeviceTask
    {
        Kind = TaskKind.Sum,
        Rows = task.Sum.Rows,
        Columns = task.Sum.Columns,
        Operand = table.Add(new[] { task.Sum, task.Delta }.Skip(task.IsFirst ? 1 : 0).Select(i => new DeviceOperand { A = locate(i), Rows = i.Rows })),
        Operands = task.IsFirst ? 1 : 2,
        Partner = -1,
        Predict = new PredictWork { Output = locate(task.Sum) },
    });

    private void Write(GramTask task) => AddProduct(
        new DeviceTask
        {
            Kind = TaskKind.Predict,
            Rows = task.Gram.Rows,
            Columns = task.Gram.Columns,
            Operand = table.Add([new DeviceOperand { A = locate(task.Input), B = locate(task.Input), Depth = task.Input.Columns, Rows = task.Input.Rows }]),
            Operands = 1,
            Partner = -1,
            Predict = new PredictWork { Output = locate(task.Gram), Offset = task.HasBias ? 1 : 0 },
        },
        Results(task), task.Input.Columns, false, false);

    // A softmax over the op's value looks at whole rows: it goes to memory first.
    private void Write(OpForwardTask task)
    {
        PlanBuffer like = task.Output ?? task.Start ?? task.Error!.Error;
        PredictWork epilogue = Epilogue(task.Activation, task.Output, task.Derivative, task.Start, task.Error, like.Rows, like.Columns);
        var then = new DeviceTask { Kind = TaskKind.Sum, Rows = like.Rows, Columns = like.Columns, Partner = -1, Predict = epilogue };
        if (!NeedsWholeRows(task.Error))
        {
            Add(_ops.Forward(task, like, table.Add(then), default));
            return;
        }
        var value = new DeviceView(passing.Take(like.Length * elementBytes), like.Stride, like.Columns);
        int last = Add(_ops.Forward(task, like, -1, value));
        AddElementwise(then with { Operand = table.Add([new DeviceOperand { A = value, Rows = like.Rows }]), Operands = 1 }, last + 1);
    }

    // The last launch that they take.
    private int Add(IEnumerable<OpTiles> ops)
    {
        HasOps = true;
        int last = 0;
        foreach (OpTiles op in ops)
        {
            Stages[op.Stage].Add(new TileRun(op.CostPerTile, op.Cut(table.Add(op.Task))));
            last = Math.Max(last, op.Stage);
        }
        return last;
    }

    private void Write(ElementwiseTask task)
    {
        PlanBuffer like = task.Inputs[0];
        AddElementwise(new DeviceTask
        {
            Kind = TaskKind.Sum,
            Rows = like.Rows,
            Columns = like.Columns,
            Operand = table.Add(task.Inputs.Select(i => new DeviceOperand { A = locate(i), Rows = i.Rows })),
            Operands = task.Inputs.Count,
            Partner = -1,
            Predict = Epilogue(task.Activation, task.Output, task.Derivative, task.Start, task.Error, like.Rows, like.Columns),
        });
    }

    private void Write(ErrorTask task)
    {
        PlanBuffer like = task.Error.Error;
        if (task.Error.IsCategorical) AddCategorical(task.Error, task.Prediction, locate(task.Derivative), like.Rows, like.Columns);
        else AddElementwise(Standing(task));
    }

    private DeviceTask Standing(ErrorTask task)
    {
        var work = new PredictWork { Prediction = locate(task.Prediction), KeptDerivative = locate(task.Derivative) };
        SetError(ref work, task.Error);
        return new DeviceTask { Kind = TaskKind.Error, Rows = task.Error.Error.Rows, Columns = task.Error.Error.Columns, Partner = -1, Predict = work };
    }

    // Who follows takes δ as other tiles have made it.
    private void Write(GatherTask task)
    {
        Write(task, Now);
        WriteFollowers(task);
    }

    /// <summary>Adds those that take δ as a task's tiles have made it.</summary>
    public void WriteFollowers(GatherTask task)
    {
        foreach (GatherTask follower in task.Followers) Write(follower, Later);
    }

    private void Write(GatherTask task, List<TileRun> launch) => AddProduct(Settle(task), Results(task), task.Terms.Sum(static t => t.Weight?.Rows ?? 0), task.Products > 1 || task.Terms.Any(static t => t.InnerDerivative is not null), false, launch);

    /// <summary>What gathers an adjoint, as the kernels read it.</summary>
    public DeviceTask Settle(GatherTask task)
    {
        PlanBuffer target = Target(task);
        var work = new SettleWork { Derivative = locate(task.Derivative), Delta = locate(task.Delta) };
        if (task.Settle is { } settle)
        {
            work.Value = locate(settle.Value);
            work.NewValue = locate(settle.NewValue);
            work.Error = locate(settle.Error);
            work.Precision = locate(settle.Precision.PerColumn);
            work.Weight = settle.Precision.Constant;
            work.Velocity = locate(settle.Velocity);
            work.GammaFactor = locate(settle.GammaFactor);
            work.Gamma = settle.Gamma;
            work.Momentum = settle.Momentum;
            work.Divides = settle.DividesByPrecision ? 1 : 0;
        }
        return new DeviceTask
        {
            Kind = TaskKind.Settle,
            Rows = target.Rows,
            Columns = target.Columns,
            Operand = table.Add(task.Terms.Select(t => new DeviceOperand
            {
                A = locate(t.Delta),
                B = locate(t.Weight),
                Factor = locate(t.InnerDerivative),
                Depth = t.Weight?.Rows ?? 0,
                Rows = t.Delta.Rows,
            })),
            Operands = task.Terms.Count,
            Partner = task.Then is null ? -1 : table.Add(Standing(task.Then)),
            Settle = work,
        };
    }

    private void Write(LearnTask task) => AddProduct(Learn(task), Results(task), task.Uses.Sum(static u => u.Delta.Rows), false, false);

    /// <summary>A gradient and its step, as the kernels read them.</summary>
    public DeviceTask Learn(LearnTask task)
    {
        PlanBuffer weight = Weight(task);
        return new DeviceTask
        {
            Kind = TaskKind.Learn,
            Rows = weight.Rows,
            Columns = weight.Columns,
            Operand = table.Add(task.Uses.Select(u => new DeviceOperand { A = locate(u.Delta), B = locate(u.Input), Depth = u.Delta.Rows, Rows = u.Delta.Rows })),
            Operands = task.Uses.Count,
            Partner = -1,
            Learn = new LearnWork
            {
                Gradient = locate(task.WeightGradient),
                BiasGradient = locate(task.BiasGradient),
                Scale = task.Scale,
                Accumulates = task.Accumulates ? 1 : 0,
                HasBias = task.BiasGradient is not null || task.BiasUpdate is not null ? 1 : 0,
                Weight = Updates.Make(task.WeightUpdate, locate),
                Bias = Updates.Make(task.BiasUpdate, locate),
            },
        };
    }

    // Tiles are ranges of outputs over the whole batch: who learns a row of W predicts with it.
    private void Write(LearnForwardTask task)
    {
        DeviceTask predict = Predict(task.Forward);
        bool needsWholeRows = NeedsWholeRows(task.Forward.Error) && !IsWide(task.Forward.Error, predict.Columns);
        // One tile down: the shape is chosen by the outputs alone.
        var shape = choice.Choose(new ProductShape(1, predict.Columns, task.Forward.Weight.Columns, false, needsWholeRows), Results(task) / _results);
        int partner = table.Add(WithArrivals(predict, shape));
        int number = table.Add(Learn(task.Learn) with { Kind = TaskKind.LearnAndPredict, Partner = partner });
        Now.Add(new TileRun((double)task.Forward.Weight.Columns * shape.Columns * predict.Rows * 2, Cut(number, shape with { Rows = 1 }, 1, predict.Columns)));
    }

    private void Write(UpdateTask task) => AddElementwise(new DeviceTask
    {
        Kind = TaskKind.Update,
        Rows = task.Parameter.Rows,
        Columns = task.Parameter.Columns,
        Partner = -1,
        Learn = new LearnWork { Gradient = locate(task.Gradient), GradientFactor = locate(task.GradientFactor), Weight = Updates.Make(task, locate) },
    });

    private void Write(ClipTask task)
    {
        int count = 0;
        var operands = new List<DeviceOperand>();
        var tiles = new List<(int Row, int Gradient)>();
        int perTile = ReduceTasks.ClipRows(task.Gradients);
        foreach (PlanBuffer gradient in task.Gradients)
        {
            int pieces = TileShape.Across(gradient.Rows, perTile);
            operands.Add(new DeviceOperand { A = locate(gradient), Rows = gradient.Rows, Depth = count });
            tiles.AddRange(Enumerable.Range(0, pieces).Select(i => (i * perTile, operands.Count - 1)));
            count += pieces;
        }
        var work = new ReduceWork { Partials = scratch((long)count * sizeof(double)), PartialCount = count, RowsPerTile = perTile, Scale = task.MaximumNorm, Result = locate(task.Factor) };
        var squares = new DeviceTask { Kind = TaskKind.ClipSquares, Operand = table.Add(operands), Operands = operands.Count, Partner = -1, Reduce = work };
        int number = table.Add(squares);
        Now.Add(new TileRun(perTile, [.. tiles.Select(t => new DeviceTile(number, t.Row, t.Gradient, ShapeName.Middle))]));
        Later.Add(new TileRun(1, [new DeviceTile(table.Add(squares with { Kind = TaskKind.ClipFactor }), 0, 0, ShapeName.Middle)]));
    }

    private static bool NeedsWholeRows(ErrorEpilogue? error) => error?.IsCategorical ?? false;

    private bool IsWide(ErrorEpilogue? error, int columns) => NeedsWholeRows(error) && columns > choice.WidestRow;

    private PredictWork Epilogue(Activation activation, PlanBuffer? output, PlanBuffer? derivative, PlanBuffer? start, ErrorEpilogue? error, int rows, int columns)
    {
        var work = new PredictWork { Activation = (int)activation, Output = locate(output), Derivative = locate(derivative), Start = locate(start) };
        if (error is not null) SetError(ref work, error);
        // A softmax looks at whole rows once f′ of their elements is gone from the registers, and nobody else keeps it.
        if (NeedsWholeRows(error) && error!.Delta is not null && activation != Activation.Identity && derivative is null)
            work.Derivative = new DeviceView(scratch((long)rows * error.Delta.Stride * elementBytes), error.Delta.Stride, columns);
        // A row wider than a tile is taken from memory.
        if (NeedsWholeRows(error)) (work.Prediction, work.KeptDerivative) = (work.Output, work.Derivative);
        return work;
    }

    private void SetError(ref PredictWork work, ErrorEpilogue error)
    {
        work.Value = locate(error.Value);
        work.Error = locate(error.Error);
        work.Delta = locate(error.Delta);
        work.Precision = locate(error.Precision.PerColumn);
        work.Weight = error.Precision.Constant * error.Scale;
        work.IsCategorical = error.IsCategorical ? 1 : 0;
    }

    private void AddCategorical(ErrorEpilogue error, PlanBuffer? prediction, DeviceView derivative, int rows, int columns)
    {
        var work = new PredictWork { Prediction = locate(prediction), KeptDerivative = derivative };
        SetError(ref work, error);
        int number = table.Add(new DeviceTask { Kind = TaskKind.CategoricalError, Rows = rows, Columns = columns, Partner = -1, Predict = work });
        Now.Add(new TileRun(columns * 10.0, Cut(number, TileShape.Middle with { Columns = columns }, rows, columns)));
    }

    /// <summary>Adds a task without a product to one of the wave's launches.</summary>
    public void AddElementwise(in DeviceTask task, List<TileRun> launch) =>
        launch.Add(new TileRun(TileShape.Middle.Columns, Cut(table.Add(WithArrivals(task, TileShape.Middle)), TileShape.Middle, task.Rows, task.Columns)));

    /// <summary>Adds the bias of a gradient whose product is somebody else's: a task without columns, one tile for its rows.</summary>
    public void AddBias(in DeviceTask task) =>
        Now.Add(new TileRun((double)TileShape.Slim.Columns * TileShape.Slim.Rows, Cut(table.Add(task), TileShape.Slim, task.Rows, 1)));

    private void AddElementwise(in DeviceTask task, int stage = 0) => AddElementwise(task, Stages[stage]);

    // Where the rows of a categorical output take several tiles, these count themselves: the last one takes the softmax.
    private DeviceTask WithArrivals(in DeviceTask task, TileShape shape)
    {
        DeviceTask made = task;
        if (made.Kind is not (TaskKind.Predict or TaskKind.Sum or TaskKind.DualPredict) || !made.Predict.Error.Exists || made.Predict.IsCategorical == 0 || made.Columns <= shape.Columns) return made;
        made.Predict.Across = TileShape.Across(made.Columns, shape.Columns);
        made.Predict.Arrivals = scratch((long)TileShape.Across(made.Rows, shape.Rows) * sizeof(uint));
        return made;
    }

    private void AddProduct(in DeviceTask task, double results, int depth, bool addsProducts, bool needsWholeRows, List<TileRun>? launch = null)
    {
        TileShape shape = choice.Choose(new ProductShape(task.Rows, task.Columns, depth, addsProducts, needsWholeRows), results / _results);
        (launch ?? Now).Add(new TileRun((double)depth * shape.Rows * shape.Columns, Cut(table.Add(WithArrivals(task, shape)), shape, task.Rows, task.Columns)));
    }

    // Column by column: the tiles that share rows of W follow one another.
    private static DeviceTile[] Cut(int task, TileShape shape, int rows, int columns) =>
        [.. from c in Enumerable.Range(0, TileShape.Across(columns, shape.Columns))
            from r in Enumerable.Range(0, TileShape.Across(rows, shape.Rows))
            select new DeviceTile(task, r * shape.Rows, c * shape.Columns, shape.Name)];
}
