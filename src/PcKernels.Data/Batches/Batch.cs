namespace PcKernels.Data.Batches;

/// <summary>Some samples, gathered for one training or evaluation step.</summary>
/// <remarks>Its memory is used again: it is valid until the next batch is asked for.</remarks>
public sealed class Batch
{
    private readonly float[] _inputs;
    private readonly float[] _targets;
    private readonly int[] _labels;
    private readonly int _sampleSize;
    private readonly int _outputs;

    internal Batch(int capacity, int sampleSize, int outputs, bool hasLabels)
    {
        (_sampleSize, _outputs) = (sampleSize, outputs);
        if ((long)capacity * Math.Max(sampleSize, outputs) > Array.MaxLength)
            throw new InputException($"a batch of {capacity} samples of {sampleSize} inputs and {outputs} outputs does not fit into one array; choose a smaller batch");
        (_inputs, _targets, _labels) = (new float[capacity * sampleSize], new float[capacity * outputs], hasLabels ? new int[capacity] : []);
    }

    /// <summary>The batch's number in its epoch, from 0.</summary>
    public int Index { get; private set; }

    /// <summary>Number of samples: the batch size, or fewer in the last batch.</summary>
    public int Count { get; private set; }

    /// <summary>Inputs <c>[Count, elements]</c>, row-major.</summary>
    public ReadOnlyMemory<float> Inputs => _inputs.AsMemory(0, Count * _sampleSize);

    /// <summary>Targets <c>[Count, outputs]</c>, row-major: one-hot for classes, numbers for regression; empty when no outputs were asked for.</summary>
    public ReadOnlyMemory<float> Targets => _targets.AsMemory(0, Count * _outputs);

    /// <summary>Class labels <c>[Count]</c>; empty for regression.</summary>
    public ReadOnlyMemory<int> Labels => _labels.AsMemory(0, _labels.Length == 0 ? 0 : Count);

    internal void Fill(int index, DataPart part, ReadOnlySpan<int> rows, Normalisation? normalisation)
    {
        (Index, Count) = (index, rows.Length);
        ReadOnlySpan<int> labels = part.Labels.Span;
        ReadOnlySpan<float> numbers = part.Targets.Span;
        for (int i = 0; i < rows.Length; i++)
        {
            int row = rows[i];
            part.CopyInput(row, _inputs.AsSpan(i * _sampleSize, _sampleSize));
            if (_labels.Length > 0) _labels[i] = labels[row];
            if (_outputs == 0) continue;
            Span<float> target = _targets.AsSpan(i * _outputs, _outputs);
            if (part.Classes > 0)
            {
                target.Clear();
                target[labels[row]] = 1;
            }
            else numbers.Slice(row * _outputs, _outputs).CopyTo(target);
        }
        normalisation?.Apply(_inputs.AsSpan(0, Count * _sampleSize), _sampleSize);
    }
}
