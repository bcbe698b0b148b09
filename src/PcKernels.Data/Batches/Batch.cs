using PcKernels.Training;

namespace PcKernels.Data.Batches;

/// <summary>Some samples for one training or evaluation step: as arrays, or one by one for a device that reads them itself.</summary>
/// <remarks>Its memory is used again: it is valid until the next batch is asked for. One thread at a time, but for <see cref="CopyInput"/> and <see cref="CopyTarget"/>.</remarks>
public sealed class Batch : ISampleBatch
{
    // Samples lie all over memory; one that is asked for while the second before it is read has come when its turn is there.
    private const int Ahead = 2;

    private readonly DataPart _part;
    private readonly Normalisation? _normalisation;
    private readonly int[] _rows;
    private readonly int[] _labels;
    private readonly int _outputs;
    private readonly int _positions;
    private float[] _inputs = [];
    private float[] _targets = [];

    internal Batch(DataPart part, int capacity, int outputs, Normalisation? normalisation)
    {
        (_part, _outputs, _normalisation, _positions) = (part, outputs, normalisation, part.Classes > 0 ? part.Positions : 0);
        if ((long)capacity * Math.Max(part.SampleSize, outputs) > Array.MaxLength)
            throw new InputException($"a batch of {capacity} samples of {part.SampleSize} inputs and {outputs} outputs does not fit into one array; choose a smaller batch");
        (_rows, _labels) = (new int[capacity], new int[capacity * _positions]);
    }

    /// <summary>The batch's number in its epoch, from 0.</summary>
    public int Index { get; private set; }

    /// <summary>Number of samples: the batch size, or fewer in the last batch.</summary>
    public int Count { get; private set; }

    /// <summary>Inputs <c>[Count, elements]</c>, row-major.</summary>
    public ReadOnlyMemory<float> Inputs
    {
        get
        {
            Gather();
            return _inputs.AsMemory(0, Count * _part.SampleSize);
        }
    }

    /// <summary>Targets <c>[Count, outputs]</c>, row-major: one-hot for classes, numbers for regression; empty when no outputs were asked for.</summary>
    public ReadOnlyMemory<float> Targets
    {
        get
        {
            Gather();
            return _targets.AsMemory(0, Count * _outputs);
        }
    }

    /// <summary>Class labels <c>[Count]</c>, or <c>[Count, positions]</c> for sequences; empty for regression.</summary>
    public ReadOnlyMemory<int> Labels => _labels.AsMemory(0, Count * _positions);

    /// <summary>Whether the samples lie in <see cref="Inputs"/> and <see cref="Targets"/> already; else they are gathered there when one of the two is asked for.</summary>
    public bool IsGathered { get; private set; }

    /// <summary>Writes the inputs of one sample, normalised. May be called from several threads at once.</summary>
    /// <param name="sample">In [0, <see cref="Count"/>).</param>
    /// <param name="inputs">As many elements as a sample has.</param>
    /// <exception cref="InputException">The number of elements is another one.</exception>
    public void CopyInput(int sample, Span<float> inputs)
    {
        CheckSample(sample);
        if (inputs.Length != _part.SampleSize) throw new InputException($"a sample of '{_part.Name}' has {_part.SampleSize} elements, not {inputs.Length}");
        if (IsGathered)
        {
            _inputs.AsSpan(sample * inputs.Length, inputs.Length).CopyTo(inputs);
            return;
        }
        if (sample + Ahead < Count) _part.Prefetch(_rows[sample + Ahead]);
        _part.CopyInput(_rows[sample], inputs);
        _normalisation?.Apply(inputs, inputs.Length);
    }

    /// <summary>Writes the target of one sample: one-hot for classes, numbers for regression. May be called from several threads at once.</summary>
    /// <param name="sample">In [0, <see cref="Count"/>).</param>
    /// <param name="target">As many elements as outputs were asked for.</param>
    /// <exception cref="InputException">The number of elements is another one.</exception>
    public void CopyTarget(int sample, Span<float> target)
    {
        CheckSample(sample);
        if (target.Length != _outputs) throw new InputException($"a target of this batch of '{_part.Name}' has {_outputs} elements, not {target.Length}");
        int row = _rows[sample];
        if (_part.Classes == 0)
        {
            _part.Targets.Span.Slice(row * _outputs, _outputs).CopyTo(target);
            return;
        }
        target.Clear();
        int width = _outputs / _positions;
        for (int p = 0; p < _positions; p++) target[p * width + _labels[sample * _positions + p]] = 1;
    }

    /// <summary>Says which samples the batch has.</summary>
    internal void Take(int index, ReadOnlySpan<int> rows)
    {
        (Index, Count, IsGathered) = (index, rows.Length, false);
        rows.CopyTo(_rows);
        ReadOnlySpan<int> labels = _part.Labels.Span;
        for (int i = 0; i < rows.Length; i++) labels.Slice(rows[i] * _positions, _positions).CopyTo(_labels.AsSpan(i * _positions));
    }

    /// <summary>Copies the samples into the arrays, which are made the first time.</summary>
    internal void Gather()
    {
        if (IsGathered) return;
        if (_inputs.Length == 0) (_inputs, _targets) = (new float[_rows.Length * _part.SampleSize], new float[_rows.Length * _outputs]);
        for (int i = 0; i < Count; i++)
        {
            CopyInput(i, _inputs.AsSpan(i * _part.SampleSize, _part.SampleSize));
            if (_outputs > 0) CopyTarget(i, _targets.AsSpan(i * _outputs, _outputs));
        }
        IsGathered = true;
    }

    private void CheckSample(int sample) => ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)sample, (uint)Count, nameof(sample));
}
