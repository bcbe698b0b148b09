using System.Numerics;
using PcKernels.Graphs.Ops;

namespace PcKernels.Execution.Kernels.Ops;

/// <summary>softmax(q kᵀ / √d) v per head, row by row of the queries; a derivative computes the row's weights again.</summary>
internal sealed unsafe class AttentionKernel<T>(AttentionOp op, IReadOnlyList<int> query, IReadOnlyList<int> key) : OpKernel<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _queries = query[0], _keys = key[0], _features = query[1], _width = query[1] / op.Heads;
    private readonly T _scale = T.One / T.Sqrt(T.CreateTruncating(query[1] / op.Heads));

    public override double Cost => 2.0 * _queries * _keys * _features;

    public override long ScratchLength => 2L * _keys;

    public override void Forward(in OpFrame<T> frame, T* output)
    {
        T* weights = frame.Scratch;
        for (int head = 0; head < op.Heads; head++)
            for (int s = 0; s < _queries; s++)
            {
                int seen = Weigh(frame, head, s, weights);
                T* y = Part(output, s, head);
                new Span<T>(y, _width).Clear();
                for (int t = 0; t < seen; t++) AddTimes(y, weights[t], Part(frame.Input(2), t, head));
            }
    }

    // With p the weights and e = δ vᵀ: ∂v += pᵀ δ, ∂scores = p (e − Σ p e), ∂q = ∂scores k / √d, ∂k += ∂scoresᵀ q / √d.
    public override void Backward(in OpFrame<T> frame, T* delta, T** adjoints)
    {
        T* weights = frame.Scratch, scores = weights + _keys;
        Clear(adjoints);
        for (int head = 0; head < op.Heads; head++)
            for (int s = 0; s < _queries; s++)
            {
                int seen = Weigh(frame, head, s, weights);
                T* above = Part(delta, s, head);
                T sum = T.Zero;
                for (int t = 0; t < seen; t++)
                {
                    scores[t] = Dot(above, Part(frame.Input(2), t, head));
                    sum += weights[t] * scores[t];
                }
                for (int t = 0; t < seen; t++)
                {
                    T score = weights[t] * (scores[t] - sum) * _scale;
                    if (adjoints[0] != null) AddTimes(Part(adjoints[0], s, head), score, Part(frame.Input(1), t, head));
                    if (adjoints[1] != null) AddTimes(Part(adjoints[1], t, head), score, Part(frame.Input(0), s, head));
                    if (adjoints[2] != null) AddTimes(Part(adjoints[2], t, head), weights[t], above);
                }
            }
    }

    /// <summary>The weights of one query over the keys that it sees; returns how many those are.</summary>
    private int Weigh(in OpFrame<T> frame, int head, int s, T* weights)
    {
        int seen = op.Causal ? s + 1 : _keys;
        T largest = T.NegativeInfinity, sum = T.Zero;
        for (int t = 0; t < seen; t++)
        {
            weights[t] = Dot(Part(frame.Input(0), s, head), Part(frame.Input(1), t, head)) * _scale;
            largest = T.Max(largest, weights[t]);
        }
        for (int t = 0; t < seen; t++) sum += weights[t] = T.Exp(weights[t] - largest);
        for (int t = 0; t < seen; t++) weights[t] /= sum;
        return seen;
    }

    private void Clear(T** adjoints)
    {
        if (adjoints[0] != null) new Span<T>(adjoints[0], _queries * _features).Clear();
        if (adjoints[1] != null) new Span<T>(adjoints[1], _keys * _features).Clear();
        if (adjoints[2] != null) new Span<T>(adjoints[2], _keys * _features).Clear();
    }

    private T* Part(T* rows, int row, int head) => rows + (long)row * _features + head * _width;

    private T Dot(T* a, T* b) => Row<T>.Dot(a, b, _width);

    private void AddTimes(T* sum, T factor, T* addend) => Row<T>.AddTimes(sum, factor, addend, _width);
}
