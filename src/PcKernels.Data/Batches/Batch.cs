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
    private readonly int _positions;

    internal Batch(int capacity, int sampleSize, int outputs, int positions)
    {
        (_sampleSize, _outputs, _positions) = (sampleSize, outputs, positions);
        if ((long)capacity * Math.Max(sampleSize, outputs) > Array.MaxLength)
            throw new InputException($"a batch of {capacity} samples of {sampleSize} inputs and {outputs} outputs does not fit into one array; choose a smaller batch");
        (_inputs, _targets, _labels) = (new float[capacity * sampleSize], new float[capacity * outputs], new int[capacity * positions]);
    }

    /// <summary>The batch's number in its epoch, from 0.</summary>
    public int Index { get; private set; }

    /// <summary>Number of samples: the batch size, or fewer in the last batch.</summary>
    public int Count { get; private set; }

    /// <summary>Inputs <c>[Count, elements]</c>, row-major.</summary>
    public ReadOnlyMemory<float> Inputs => _inputs.AsMemory(0, Count * _sampleSize);

    /// <summary>Targets <c>[Count, outputs]</c>, row-major: one-hot for classes, numbers for regression; empty when no outputs were asked for.</summary>
    public ReadOnlyMemory<float> Targets => _targets.AsMemory(0, Count * _outputs);

    /// <summary>Class labels <c>[Count]</c>, or <c>[Count, positions]</c> for sequences; empty for regression.</summary>
    public ReadOnlyMemory<int> Labels => _labels.AsMemory(0, Count * _positions);

    internal void Fill(int index, DataPart part, ReadOnlySpan<int> rows, Normalisation? normalisation)
    {
        (Index, Count) = (index, rows.Length);
        ReadOnlySpan<int> labels = part.Labels.Span;
        ReadOnlySpan<float> numbers = part.Targets.Span;
        for (int i = 0; i < rows.Length; i++)
        {
            int row = rows[i];
            part.CopyInput(row, _inputs.AsSpan(i * _sampleSize, _sampleSize));
            labels.Slice(row * _positions, _positions).CopyTo(_labels.AsSpan(i * _positions));
            if (_outputs == 0) continue;
            Span<float> target = _targets.AsSpan(i * _outputs, _outputs);
            if (part.Classes > 0)
            {
                target.Clear();
                int width = _outputs / _positions;
                for (int p = 0; p < _positions; p++) target[p * width + labels[row * _positions + p]] = 1;
            }
            else numbers.Slice(row * _outputs, _outputs).CopyTo(target);
        }
        normalisation?.Apply(_inputs.AsSpan(0, Count * _sampleSize), _sampleSize);
    }
}
