using System.Numerics;
using PcKernels.Execution.Cpu;

namespace PcKernels.Execution.Kernels.Ops;

/// <summary>What a kernel is called with for one sample. Inputs are dense and row-major.</summary>
/// <param name="inputs">One pointer per input.</param>
/// <param name="parameters">The op's parameters as they lie in the session.</param>
/// <param name="scratch">As many elements as <see cref="OpKernel{T}.ScratchLength"/> asks for.</param>
/// <param name="sample">The number of the sample in the batch.</param>
/// <param name="settings">The run's settings.</param>
internal readonly unsafe ref struct OpFrame<T>(T** inputs, ReadOnlySpan<Matrix<T>> parameters, T* scratch, int sample, RunSettings settings)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly T** _inputs = inputs;

    public ReadOnlySpan<Matrix<T>> Parameters { get; } = parameters;

    public T* Scratch { get; } = scratch;

    public int Sample { get; } = sample;

    public RunSettings Settings { get; } = settings;

    public T* Input(int k) => _inputs[k];
}

/// <summary>One op on the CPU, sample by sample: its value and the derivative for each input and parameter. One per task; safe to call from all threads at once.</summary>
/// <remarks>A sample's bits depend on nothing but its own inputs, so tiles may be cut anywhere between samples.</remarks>
internal abstract unsafe class OpKernel<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>The kernels of this machine.</summary>
    protected static CpuKernels<T> Kernels => CpuKernels<T>.Best;

    /// <summary>Elements of scratch that a call needs at most.</summary>
    public virtual long ScratchLength => 0;

    /// <summary>Multiply-adds of the value of one sample, about.</summary>
    public abstract double Cost { get; }

    /// <summary>Into how many parts learning can be cut: the rows of a parameter matrix, or the columns of a single row.</summary>
    public virtual int LearnUnits => 1;

    /// <summary>output = op(inputs).</summary>
    public abstract void Forward(in OpFrame<T> frame, T* output);

    /// <summary>adjoints[k] = (∂y/∂input k)ᵀ δ for every k that is not null.</summary>
    public abstract void Backward(in OpFrame<T> frame, T* delta, T** adjoints);

    /// <summary>gradients += (∂y/∂θ)ᵀ δ of this sample, for the units from <paramref name="from"/> to before <paramref name="to"/>.</summary>
    public virtual void Learn(in OpFrame<T> frame, T* delta, ReadOnlySpan<Matrix<T>> gradients, int from, int to) =>
        throw new NotSupportedException("an op without parameters has nothing to learn");

    /// <summary>A width rounded up to whole lines, as the products want leading dimensions.</summary>
    protected static int Padded(int columns) => (columns + 15) / 16 * 16;
}
