using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Planning;
using PcKernels.Planning.Tasks;

namespace PcKernels.Cuda.Waves;

/// <summary>Writes the tasks of ops beside linear layers, sums and activations; native/include/pck/graph has what the kernels make of them.</summary>
/// <param name="table">Where operands go.</param>
/// <param name="locate">Where buffers lie.</param>
/// <param name="scratch">Memory between two launches of a wave.</param>
/// <param name="multiprocessors">Of the device.</param>
/// <param name="elementBytes">Bytes of an element.</param>
internal sealed class OpTaskWriter(WaveTable table, Func<PlanBuffer?, DeviceView> locate, WaveScratch scratch, int multiprocessors, int elementBytes)
{
    private const int MomentsOfRow = 2;
    private const int TilesPerMultiprocessor = 2, LeastPlaces = 256;

    /// <summary>z of an op, to a partner that goes on with it, or to memory.</summary>
    /// <param name="task">The op.</param>
    /// <param name="like">A buffer of its value's extents.</param>
    /// <param name="partner">The task with the epilogue, or -1.</param>
    /// <param name="target">Where z goes without a partner.</param>
    public IEnumerable<OpTiles> Forward(OpForwardTask task, PlanBuffer like, int partner, DeviceView target)
    {
        OpCall call = task.Call;
        OpWork work = OpFormulas.Forward(call) with { Target = target, Columns = like.Columns };
        foreach ((int i, PlanBuffer parameter) in call.Parameters.Index()) (i == 0 ? ref work.Weight : ref work.Bias) = locate(parameter);
        if (call.Node.Op is not AttentionOp op) return [Make(work, like.Rows, like.Columns, partner, Inputs(call), ValueKind(call.Node.Op))];
        DeviceView weights = Weights(call, op);
        return
        [
            AttentionWeights(call, op, weights, default, Inputs(call)),
            Make(work with { Weight = weights }, like.Rows, like.Columns, partner, [Input(call, 2), Input(call, 0)], TaskKind.OpElements) with { Stage = 1 },
        ];
    }

    /// <summary>The adjoints that are wanted, each a task of its own.</summary>
    public IEnumerable<OpTiles> Backward(OpBackwardTask task)
    {
        OpCall call = task.Call;
        return call.Node.Op is AttentionOp op ? AttentionAdjoints(task, op) : [.. Enumerable.Range(0, call.Inputs.Count).Where(k => task.Adjoints[k] is not null).Select(k => Adjoint(task, k))];
    }

    /// <summary>The gradients.</summary>
    public IEnumerable<OpTiles> Learn(OpLearnTask task)
    {
        var work = new OpWork { Target = locate(task.Gradients[0]), Number = task.Scale, Batch = task.Uses[0].Call.Batch, Accumulates = task.Accumulates ? 1 : 0, Rows = 1, Columns = task.Gradients[0].Columns };
        return task.Owner.Op switch
        {
            Conv2dOp op => ConvolutionGradients(task, op, work),
            LayerNormOp op => NormGradients(task, op, work),
            EmbeddingOp => [Gradient(task, work with { Formula = Formula.EmbeddingGradient }, [.. task.Uses.SelectMany(Use)])],
            PositionalOp => [Gradient(task, work with { Formula = Formula.SampleSum }, [.. task.Uses.Select(Above)])],
            Op op => throw new NotSupportedException($"the kernels have no gradient of op '{op.Name}'"),
        };
    }

    private static TaskKind ValueKind(Op op) => op switch
    {
        Conv2dOp => TaskKind.OpConvolution,
        SoftmaxOp or LayerNormOp => TaskKind.OpLines,
        _ => TaskKind.OpElements,
    };

    private OpTiles Adjoint(OpBackwardTask task, int k)
    {
        OpCall call = task.Call;
        PlanBuffer target = task.Adjoints[k]!;
        OpWork work = OpFormulas.Adjoint(call, k) with { Target = locate(target), Columns = target.Columns };
        DeviceOpInput above = Above(new OpUse(call, task.Delta));
        DeviceOpInput[] inputs = call.Node.Op switch
        {
            MultiplyOp => [above, .. Enumerable.Range(0, call.Inputs.Count).Where(other => other != k).Select(other => Input(call, other))],
            Pool2dOp { Pooling: Pooling.Max } or SoftmaxOp or LayerNormOp => [Input(call, 0), above],
            _ => [above],
        };
        if (call.Node.Op is Conv2dOp or LayerNormOp) work.Weight = locate(call.Parameters[0]);
        return Make(work with { Inputs = inputs.Length }, target.Rows, target.Columns, -1, inputs, ValueKind(call.Node.Op));
    }

    private OpTiles[] AttentionAdjoints(OpBackwardTask task, AttentionOp op)
    {
        OpCall call = task.Call;
        DeviceOpInput above = Above(new OpUse(call, task.Delta));
        DeviceOpInput[] x = Inputs(call);
        (DeviceView weights, DeviceView scores) = (Weights(call, op), Weights(call, op));
        OpTiles Pull(int k, Formula formula, DeviceView by, DeviceOpInput of)
        {
            PlanBuffer target = task.Adjoints[k]!;
            OpWork work = OpFormulas.Attention(call, op) with { Formula = formula, Target = locate(target), Weight = by, Rows = call.Sources[k].RowsPerSample, Columns = target.Columns };
            return Make(work, target.Rows, target.Columns, -1, [of, x[0]], TaskKind.OpElements) with { Stage = 1 };
        }
        var all = new List<OpTiles> { AttentionWeights(call, op, weights, scores, [.. x, above]) };
        if (task.Adjoints[0] is not null) all.Add(Pull(0, Formula.WeightsTimesKeys, scores, x[1]));
        if (task.Adjoints[1] is not null) all.Add(Pull(1, Formula.WeightsTimesQueries, scores, x[0]));
        if (task.Adjoints[2] is not null) all.Add(Pull(2, Formula.WeightsTimesQueries, weights, above));
        return [.. all];
    }

    private OpTiles AttentionWeights(OpCall call, AttentionOp op, DeviceView weights, DeviceView scores, DeviceOpInput[] inputs)
    {
        int lines = call.Batch * op.Heads * call.Sources[0].RowsPerSample;
        OpWork work = OpFormulas.Attention(call, op) with { Target = weights, SecondTarget = scores, Columns = call.Node.Columns };
        return Make(work, lines, weights.Columns, -1, inputs, TaskKind.OpAttention);
    }

    // Of every query and head, a row of the keys.
    private DeviceView Weights(OpCall call, AttentionOp op)
    {
        int keys = call.Sources[1].RowsPerSample;
        return new DeviceView(scratch.Take((long)call.Batch * op.Heads * call.Sources[0].RowsPerSample * keys * elementBytes), keys, keys);
    }

    private List<OpTiles> ConvolutionGradients(OpLearnTask task, Conv2dOp op, OpWork work)
    {
        PlanBuffer weight = task.Gradients[0];
        OpWork product = work with { Formula = Formula.Gradient, Kernel = op.Kernel, Stride = op.Stride, Padding = op.Padding, Groups = op.Groups };
        var all = new List<OpTiles>();
        if (task.Gradients.Count > 1)
            all.Add(Make(work with { Target = locate(task.Gradients[1]) }, 1, task.Gradients[1].Columns, -1, [.. task.Uses.Select(Above)], TaskKind.OpChannelSums));
        int parts = Parts(task, op);
        if (parts == 1)
        {
            all.Add(Make(product with { Count = int.MaxValue }, weight.Rows, weight.Columns, -1, [.. task.Uses.SelectMany(Use)], TaskKind.OpConvolution) with { Depth = task.Uses.Sum(Places) });
            return all;
        }
        var sums = new List<DeviceOpInput>();
        foreach (OpUse use in task.Uses)
        {
            int count = TileShape.Across(Places(use), parts);
            for (int start = 0; start < Places(use); start += count)
            {
                var sum = new DeviceView(scratch.Take(weight.Length * elementBytes), weight.Stride, weight.Columns);
                sums.Add(new DeviceOpInput { At = sum });
                OpWork part = product with { Target = sum, Number = 1, Accumulates = 0, Start = start, Count = count };
                all.Add(Make(part, weight.Rows, weight.Columns, -1, Use(use), TaskKind.OpConvolution) with { Depth = count });
            }
        }
        all.Add(Gradient(task, work with { Formula = Formula.SampleSum, Batch = 1 }, [.. sums]) with { Stage = 1 });
        return all;
    }

    private DeviceOpInput[] Use(OpUse use) => [Input(use.Call, 0), Above(use)];

    private static int Places(OpUse use) => use.Call.Batch * use.Call.Node.Shape[1] * use.Call.Node.Shape[2];

    // Into how many parts a gradient's places are cut, so that there is something to do for all multiprocessors.
    private int Parts(OpLearnTask task, Conv2dOp op)
    {
        int tiles = OpTiles.ProductTiles(task.Gradients[0].Rows, task.Gradients[0].Columns, op.Groups) * task.Uses.Count;
        return Math.Clamp(TilesPerMultiprocessor * multiprocessors / tiles, 1, Math.Max(1, task.Uses.Max(Places) / LeastPlaces));
    }

    // Mean and deviation of every row first.
    private List<OpTiles> NormGradients(OpLearnTask task, LayerNormOp op, OpWork work)
    {
        var all = new List<OpTiles>();
        var uses = new List<DeviceOpInput>();
        foreach (OpUse use in task.Uses)
        {
            PlanBuffer input = use.Call.Inputs[0];
            var moments = new DeviceView(scratch.Take((long)input.Rows * MomentsOfRow * elementBytes), MomentsOfRow, MomentsOfRow);
            OpWork first = new() { Formula = Formula.Moments, Target = moments, Number = op.Epsilon, Rows = 1, Columns = input.Columns };
            all.Add(Make(first, input.Rows, input.Columns, -1, [Input(use.Call, 0)], TaskKind.OpLines));
            uses.AddRange(Input(use.Call, 0) with { Statistics = moments }, Above(use));
        }
        all.Add(Make(work with { SecondTarget = locate(task.Gradients[1]) }, 1, work.Columns, -1, [.. uses], TaskKind.OpColumnSums) with { Stage = 1 });
        return all;
    }

    private OpTiles Gradient(OpLearnTask task, OpWork work, DeviceOpInput[] uses) =>
        Make(work, task.Gradients[0].Rows, task.Gradients[0].Columns, -1, uses, TaskKind.OpElements);

    private OpTiles Make(OpWork work, int rows, int columns, int partner, DeviceOpInput[] inputs, TaskKind kind)
    {
        // A convolution's result is cut by channels and places of the batch, a softmax's by its lines.
        int places = work.Height * work.Width;
        if (kind == TaskKind.OpConvolution && work.Formula != Formula.Gradient) (rows, columns) = (work.Rows * work.Columns / places, work.Batch * places);
        else if (kind == TaskKind.OpLines && work.Extent > 0) (rows, columns) = (work.Batch * work.Count * work.Inner, work.Extent);
        int first = table.Add(inputs.Select(static i => i.AsOperand()));
        return new OpTiles(new DeviceTask { Kind = kind, Rows = rows, Columns = columns, Operand = first, Operands = inputs.Length, Partner = partner, Op = work })
        {
            Depth = kind == TaskKind.OpConvolution ? inputs[0].Extent / work.Groups * work.Kernel * work.Kernel : 0,
        };
    }

    private DeviceOpInput[] Inputs(OpCall call) => [.. Enumerable.Range(0, call.Inputs.Count).Select(k => Input(call, k))];

    private DeviceOpInput Input(OpCall call, int k)
    {
        DeviceOpInput made = Of(call.Inputs[k], call.Sources[k]);
        return call.Node.Op is ConcatOp concat ? made with { Extent = call.Sources[k].Shape[Dimensions.Resolve(concat.Dim, call.Sources[k].Shape.Count)] } : made;
    }

    private DeviceOpInput Above(OpUse use) => Of(use.Delta, use.Call.Node);

    private DeviceOpInput Of(PlanBuffer buffer, Node node)
    {
        var made = new DeviceOpInput { At = locate(buffer), Rows = node.RowsPerSample };
        return node.Shape.Count == 3 ? made with { Extent = node.Shape[0], Height = node.Shape[1], Width = node.Shape[2] } : made;
    }
}
