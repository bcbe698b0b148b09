using System.Numerics;
using PcKernels.Graphs.Ops;
using PcKernels.Planning.Tasks;

namespace PcKernels.Execution.Kernels.Ops;

/// <summary>The CPU's kernel for each op that works sample by sample: all but linear layers, sums and convolutions, which have tasks of their own.</summary>
internal static class OpKernels
{
    /// <summary>Makes the kernel of a call.</summary>
    /// <exception cref="NotSupportedException">The CPU has none.</exception>
    public static OpKernel<T> Make<T>(OpCall call) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        IReadOnlyList<IReadOnlyList<int>> shapes = call.Shapes;
        int count = call.Node.Count;
        return call.Node.Op switch
        {
            Pool2dOp { Pooling: Pooling.Max } pool => new MaxPoolKernel<T>(pool, shapes[0], call.Node.Shape),
            Pool2dOp pool => new MeanPoolKernel<T>(shapes[0], MeanPoolKernel<T>.Places(pool.Window, call.Node.Shape[1]), MeanPoolKernel<T>.Places(pool.Window, call.Node.Shape[2])),
            AdaptivePool2dOp pool => new MeanPoolKernel<T>(shapes[0], MeanPoolKernel<T>.Places(pool.Height, shapes[0][1]), MeanPoolKernel<T>.Places(pool.Width, shapes[0][2])),
            RearrangeOp rearrange => new RearrangeKernel<T>(rearrange, shapes, count),
            MultiplyOp => new MultiplyKernel<T>(shapes.Count, count),
            ScaleOp scale => new ScaleKernel<T>(scale.Factor, count),
            DropoutOp dropout => new DropoutKernel<T>(dropout, call.Node.Name, call.Batch, count),
            SoftmaxOp softmax => new SoftmaxKernel<T>(softmax, shapes[0]),
            LayerNormOp norm => new LayerNormKernel<T>(norm, shapes[0]),
            EmbeddingOp embedding => new EmbeddingKernel<T>(embedding, call.Node.Name, count / embedding.Units),
            PositionalOp => new PositionalKernel<T>(shapes[0]),
            AttentionOp attention => new AttentionKernel<T>(attention, shapes[0], shapes[1]),
            _ => throw new NotSupportedException($"the cpu has no kernel for op '{call.Node.Op.Name}'"),
        };
    }
}
