using PcKernels.Planning;
using PcKernels.Training;

namespace PcKernels.Execution;

/// <summary>A program with its memory on a device.</summary>
/// <remarks>One thread at a time.</remarks>
public abstract class PreparedProgram : IDisposable
{
    private float[] _staging = [];

    /// <summary>The program.</summary>
    public abstract Program Program { get; }

    /// <summary>Mean energies of the last run, <c>[EnergyRows, EnergySlots]</c> row-major; zero where a vertex's error is known to be zero.</summary>
    public abstract ReadOnlySpan<double> Energies { get; }

    /// <summary>Writes a host-written buffer (input, target, given start).</summary>
    /// <param name="buffer">A buffer of the program.</param>
    /// <param name="values">Row-major elements without padding.</param>
    /// <exception cref="ArgumentException">The number of elements is not the buffer's.</exception>
    public abstract void Write(PlanBuffer buffer, ReadOnlySpan<float> values);

    /// <inheritdoc cref="Write(PlanBuffer, ReadOnlySpan{float})"/>
    public abstract void Write(PlanBuffer buffer, ReadOnlySpan<double> values);

    /// <summary>Reads a buffer into row-major elements without padding.</summary>
    public abstract void Read(PlanBuffer buffer, Span<double> values);

    /// <inheritdoc cref="Read(PlanBuffer, Span{double})"/>
    public abstract void Read(PlanBuffer buffer, Span<float> values);

    /// <summary>Runs one batch. Allocates nothing.</summary>
    public abstract void Run(in RunSettings settings);

    /// <summary>Reads a batch's samples and runs it. Allocates nothing after the first time.</summary>
    public virtual void Run(in RunSettings settings, in SampleFeed feed)
    {
        if (feed.Inputs is not null) Write(feed.Inputs, Staged(feed.Inputs, feed.Batch, isTarget: false));
        if (feed.Targets is not null) Write(feed.Targets, Staged(feed.Targets, feed.Batch, isTarget: true));
        Run(settings);
    }

    /// <summary>Where a buffer of the program lies, for other libraries.</summary>
    /// <exception cref="InputException">The device's memory cannot be reached from outside.</exception>
    public virtual DeviceMemory Memory(PlanBuffer buffer) => throw new InputException($"{GetType().Name} hands out no memory; run on a device of CUDA");

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the program's memory.</summary>
    protected abstract void Dispose(bool disposing);

    private ReadOnlySpan<float> Staged(PlanBuffer buffer, ISampleBatch batch, bool isTarget)
    {
        if (_staging.Length < buffer.Count) _staging = new float[buffer.Count];
        int size = (int)(buffer.Count / batch.Count);
        for (int i = 0; i < batch.Count; i++)
        {
            Span<float> sample = _staging.AsSpan(i * size, size);
            if (isTarget) batch.CopyTarget(i, sample);
            else batch.CopyInput(i, sample);
        }
        return _staging.AsSpan(0, (int)buffer.Count);
    }
}
