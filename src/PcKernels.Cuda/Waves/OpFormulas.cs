using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Initialization;
using PcKernels.Planning.Tasks;

namespace PcKernels.Cuda.Waves;

/// <summary>Each op of the catalogue as numbers that the kernels read: its value, and the adjoint of one of its inputs.</summary>
internal static class OpFormulas
{
    /// <summary>Whether the kernels know an op.</summary>
    public static bool Knows(Op op) => op is Conv2dOp or Pool2dOp or AdaptivePool2dOp or RearrangeOp { KeepsOrder: true } or TransposeOp or SelectOp or SliceOp or ConcatOp or MultiplyOp or ScaleOp
        or DropoutOp or SoftmaxOp or LayerNormOp or EmbeddingOp or PositionalOp or AttentionOp;

    /// <summary>The value.</summary>
    /// <exception cref="NotSupportedException">The kernels do not know the op.</exception>
    public static OpWork Forward(OpCall call)
    {
        OpWork work = Of(call, call.Node) with { Inputs = call.Inputs.Count };
        IReadOnlyList<int> shape = call.Sources[0].Shape;
        return call.Node.Op switch
        {
            Conv2dOp op => Convolution(work, op) with { Formula = Formula.Value },
            Pool2dOp op => Window(work, op) with { Formula = op.Pooling == Pooling.Max ? Formula.MaxPool : Formula.MeanPool },
            AdaptivePool2dOp => work with { Formula = Formula.MeanPool },
            RearrangeOp { KeepsOrder: true } => work with { Formula = Formula.Scale, Number = 1 },
            TransposeOp op => Transposed(work, op, call.Node.Shape),
            SelectOp or SliceOp => Picked(work, call) with { Formula = Formula.Pick },
            ConcatOp op => Concatenated(work, op, call) with { Formula = Formula.Concat },
            MultiplyOp => work with { Formula = Formula.Product },
            ScaleOp op => work with { Formula = Formula.Scale, Number = op.Factor },
            DropoutOp op => Dropped(work, op, call.Node),
            SoftmaxOp op => Softmax(work, op, shape) with { Formula = Formula.Value },
            LayerNormOp op => work with { Formula = Formula.Value, Number = op.Epsilon },
            EmbeddingOp op => work with { Formula = Formula.Embedding, Extent = op.Vocabulary },
            PositionalOp => work with { Formula = Formula.Positional },
            AttentionOp op => Attention(call, op) with { Formula = Formula.WeightsTimesKeys },
            Op op => throw new NotSupportedException($"the kernels have no op '{op.Name}'"),
        };
    }

    /// <summary>(∂y/∂input k)ᵀ δ; attention has tasks of its own.</summary>
    /// <exception cref="NotSupportedException">The kernels do not know the op.</exception>
    public static OpWork Adjoint(OpCall call, int k)
    {
        OpWork work = Of(call, call.Sources[k]);
        IReadOnlyList<int> shape = call.Sources[k].Shape;
        return call.Node.Op switch
        {
            Conv2dOp op => Convolution(work, op) with { Formula = Formula.Adjoint },
            Pool2dOp op => Window(work, op) with { Formula = op.Pooling == Pooling.Max ? Formula.MaxPoolAdjoint : Formula.MeanPoolAdjoint },
            AdaptivePool2dOp => work with { Formula = Formula.MeanPoolAdjoint },
            RearrangeOp { KeepsOrder: true } or PositionalOp => work with { Formula = Formula.Scale, Number = 1 },
            TransposeOp op => Transposed(work, op, shape),
            SelectOp or SliceOp => Picked(work, call) with { Formula = Formula.Spread },
            ConcatOp op => Part(work, op, call, k),
            MultiplyOp => work with { Formula = Formula.Product },
            ScaleOp op => work with { Formula = Formula.Scale, Number = op.Factor },
            DropoutOp op => Dropped(work, op, call.Node),
            SoftmaxOp op => Softmax(work, op, shape) with { Formula = Formula.Adjoint },
            LayerNormOp op => work with { Formula = Formula.Adjoint, Number = op.Epsilon },
            Op op => throw new NotSupportedException($"the kernels have no derivative of op '{op.Name}'"),
        };
    }

    /// <summary>What all tasks of attention share.</summary>
    public static OpWork Attention(OpCall call, AttentionOp op) => Of(call, call.Node) with { Heads = op.Heads, IsCausal = op.Causal ? 1 : 0 };

    // Where a sample of the result lies.
    private static OpWork Of(OpCall call, Node result)
    {
        var work = new OpWork { Batch = call.Batch, Rows = result.RowsPerSample };
        return result.Shape.Count == 3 ? work with { Height = result.Shape[1], Width = result.Shape[2] } : work;
    }

    private static OpWork Convolution(OpWork work, Conv2dOp op) => work with { Kernel = op.Kernel, Stride = op.Stride, Padding = op.Padding, Groups = op.Groups };

    private static OpWork Window(OpWork work, Pool2dOp op) => work with { Kernel = op.Window.Kernel, Stride = op.Window.Stride };

    private static OpWork Dropped(OpWork work, DropoutOp op, Node node) => work with
    {
        Formula = Formula.Dropout,
        Number = 1 / (1 - op.Probability),
        Probability = (float)op.Probability,
        Stream = Initializers.StreamOf($"dropout/{op.Stream ?? node.Name}"),
    };

    private static OpWork Softmax(OpWork work, SoftmaxOp op, IReadOnlyList<int> shape)
    {
        int dim = Dimensions.Resolve(op.Dim, shape.Count), inner = Dimensions.Strides(shape)[dim];
        return work with { Extent = shape[dim], Inner = inner, Count = Dimensions.Count(shape) / (shape[dim] * inner) };
    }

    // Extents of the result around and between the two dimensions that have changed places.
    private static OpWork Transposed(OpWork work, TransposeOp op, IReadOnlyList<int> result)
    {
        (int a, int b) = op.Pair(result.Count);
        (int low, int high) = (Math.Min(a, b), Math.Max(a, b));
        return work with
        {
            Formula = Formula.Transpose,
            First = result[low],
            Middle = low == high ? 1 : Dimensions.Count(result.Skip(low + 1).Take(high - low - 1)),
            Second = low == high ? 1 : result[high],
            Inner = Dimensions.Count(result.Skip(high + 1)),
        };
    }

    private static OpWork Picked(OpWork work, OpCall call)
    {
        IReadOnlyList<int> shape = call.Sources[0].Shape;
        (int dim, int start, int count, int step) = call.Node.Op switch
        {
            SelectOp op when Dimensions.Resolve(op.Dim, shape.Count) is var at => (at, op.Index < 0 ? op.Index + shape[at] : op.Index, 1, 1),
            SliceOp op when op.Range(shape) is var range => (range.Dim, range.Start, range.Count, op.Step),
            Op op => throw new NotSupportedException(op.Name),
        };
        return work with { Extent = shape[dim], Inner = Dimensions.Strides(shape)[dim], Start = start, Step = step, Count = count };
    }

    private static OpWork Concatenated(OpWork work, ConcatOp op, OpCall call)
    {
        int dim = Dimensions.Resolve(op.Dim, call.Node.Shape.Count);
        return work with { Extent = call.Node.Shape[dim], Inner = Dimensions.Strides(call.Node.Shape)[dim] };
    }

    // An input's slices, picked from the whole's.
    private static OpWork Part(OpWork work, ConcatOp op, OpCall call, int k)
    {
        int dim = Dimensions.Resolve(op.Dim, call.Node.Shape.Count);
        return Concatenated(work, op, call) with { Formula = Formula.Pick, Start = call.Sources.Take(k).Sum(s => s.Shape[dim]), Step = 1, Count = call.Sources[k].Shape[dim] };
    }
}
