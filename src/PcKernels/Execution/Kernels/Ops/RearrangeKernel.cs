using System.Numerics;
using PcKernels.Graphs.Ops;

namespace PcKernels.Execution.Kernels.Ops;

/// <summary>Elements in other places: runs of neighbours, found once, are copied as they are.</summary>
internal sealed unsafe class RearrangeKernel<T> : OpKernel<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly List<Run> _runs = [];
    private readonly int[] _counts;
    private readonly int _count;

    private readonly record struct Run(int Input, int From, int To, int Length);

    public RearrangeKernel(RearrangeOp op, IReadOnlyList<IReadOnlyList<int>> inputs, int count)
    {
        _count = count;
        _counts = [.. inputs.Select(static s => Dimensions.Count(s))];
        for (int i = 0; i < count; i++)
        {
            (int input, int element) = op.Source(i, inputs);
            if (_runs.Count > 0 && _runs[^1] is var last && last.Input == input && last.From + last.Length == element) _runs[^1] = last with { Length = last.Length + 1 };
            else _runs.Add(new Run(input, element, i, 1));
        }
    }

    public override double Cost => _count;

    public override void Forward(in OpFrame<T> frame, T* output)
    {
        foreach (Run run in _runs) new ReadOnlySpan<T>(frame.Input(run.Input) + run.From, run.Length).CopyTo(new Span<T>(output + run.To, run.Length));
    }

    // An element of an input appears at most once.
    public override void Backward(in OpFrame<T> frame, T* delta, T** adjoints)
    {
        for (int k = 0; k < _counts.Length; k++)
            if (adjoints[k] != null) new Span<T>(adjoints[k], _counts[k]).Clear();
        foreach (Run run in _runs)
            if (adjoints[run.Input] != null) new ReadOnlySpan<T>(delta + run.To, run.Length).CopyTo(new Span<T>(adjoints[run.Input] + run.From, run.Length));
    }
}
