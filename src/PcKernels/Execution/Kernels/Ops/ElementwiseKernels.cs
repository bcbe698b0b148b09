using System.Numerics;
using PcKernels.Graphs.Ops;
using PcKernels.Initialization;
using PcKernels.Randomness;

namespace PcKernels.Execution.Kernels.Ops;

/// <summary>y = Π x.</summary>
internal sealed unsafe class MultiplyKernel<T>(int inputs, int count) : OpKernel<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public override double Cost => (double)inputs * count;

    public override void Forward(in OpFrame<T> frame, T* output)
    {
        Kernels.Multiply(1, count, frame.Input(0), count, frame.Input(1), count, output, count);
        for (int k = 2; k < inputs; k++) Kernels.Multiply(1, count, output, count, frame.Input(k), count, output, count);
    }

    public override void Backward(in OpFrame<T> frame, T* delta, T** adjoints)
    {
        for (int k = 0; k < inputs; k++)
        {
            if (adjoints[k] == null) continue;
            T* product = delta;
            for (int other = 0; other < inputs; other++)
            {
                if (other == k) continue;
                Kernels.Multiply(1, count, product, count, frame.Input(other), count, adjoints[k], count);
                product = adjoints[k];
            }
        }
    }
}

/// <summary>y = factor · x.</summary>
internal sealed unsafe class ScaleKernel<T>(double factor, int count) : OpKernel<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    public override double Cost => count;

    public override void Forward(in OpFrame<T> frame, T* output) => Kernels.Scale(1, count, frame.Input(0), count, T.CreateTruncating(factor), output, count);

    public override void Backward(in OpFrame<T> frame, T* delta, T** adjoints) => Kernels.Scale(1, count, delta, count, T.CreateTruncating(factor), adjoints[0], count);
}

/// <summary>y = 0 or x / (1 − p), by the numbers of <see cref="DropoutOp"/>, drawn anew each time: they are the same.</summary>
internal sealed unsafe class DropoutKernel<T>(DropoutOp op, string node, int batch, int count) : OpKernel<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int NumbersAtOnce = 256;

    private readonly ulong _stream = Initializers.StreamOf($"dropout/{op.Stream ?? node}");
    private readonly float _probability = (float)op.Probability;
    private readonly T _kept = T.CreateTruncating(1 / (1 - op.Probability));

    public override double Cost => count * 10.0;

    public override void Forward(in OpFrame<T> frame, T* output) => Apply(frame, frame.Input(0), output);

    public override void Backward(in OpFrame<T> frame, T* delta, T** adjoints) => Apply(frame, delta, adjoints[0]);

    private void Apply(in OpFrame<T> frame, T* x, T* y)
    {
        var random = new Philox(frame.Settings.Seed, _stream);
        ulong first = ((ulong)frame.Settings.Batch * (ulong)batch + (ulong)frame.Sample) * (ulong)count;
        Span<float> numbers = stackalloc float[NumbersAtOnce];
        for (int from = 0; from < count; from += NumbersAtOnce)
        {
            Span<float> part = numbers[..Math.Min(NumbersAtOnce, count - from)];
            PhiloxVector.UniformSingles(random, first + (ulong)from, part);
            for (int i = 0; i < part.Length; i++) y[from + i] = part[i] < _probability ? T.Zero : x[from + i] * _kept;
        }
    }
}
