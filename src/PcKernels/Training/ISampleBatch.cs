namespace PcKernels.Training;

/// <summary>A batch whose samples the device reads itself, from where they are to where it wants them, instead of being handed all of them in one array.</summary>
/// <remarks>The CPU reads samples with all its workers at the start of a step, so different samples have to be readable at once on different threads. Nothing is read after the call that took the batch.</remarks>
public interface ISampleBatch
{
    /// <summary>B ≥ 1, the number of samples.</summary>
    int Count { get; }

    /// <summary>Writes the inputs of one sample.</summary>
    /// <param name="sample">In [0, <see cref="Count"/>).</param>
    /// <param name="inputs">Receives all elements of the model's input, row-major.</param>
    void CopyInput(int sample, Span<float> inputs);

    /// <summary>Writes the target of one sample. Not asked for by predictions.</summary>
    /// <param name="sample">In [0, <see cref="Count"/>).</param>
    /// <param name="target">Receives all elements of the model's output, row-major: one-hot for classes.</param>
    void CopyTarget(int sample, Span<float> target);
}
