using System.Numerics;
using PcKernels.Graphs;

namespace PcKernels.Data;

/// <summary>The affine map <c>(x − mean) / deviation</c> that was fitted to a training part; its figures can be saved with a model and made again from them.</summary>
public sealed class Normalisation
{
    private readonly float[] _mean;
    private readonly float[] _deviation;

    /// <summary>A map from known figures.</summary>
    /// <param name="mean">One figure for all elements of a sample, or one per element.</param>
    /// <param name="deviation">As many; 0 stands for an element that does not vary: it becomes 0.</param>
    /// <exception cref="InputException">The counts differ or are zero, a figure is not finite or a deviation is negative.</exception>
    public Normalisation(ReadOnlySpan<float> mean, ReadOnlySpan<float> deviation)
    {
        if (mean.IsEmpty || mean.Length != deviation.Length)
            throw new InputException($"a normalisation has {mean.Length} means and {deviation.Length} deviations; as many of both are expected, at least one");
        DataChecks.Finite("normalisation", "mean", mean, mean.Length);
        DataChecks.Finite("normalisation", "deviation", deviation, mean.Length);
        if (deviation.IndexOfAnyInRange(float.MinValue, -float.Epsilon) is int at and >= 0)
            throw new InputException($"a normalisation has the deviation {deviation[at]} at {at}; 0 or more is expected");
        (_mean, _deviation) = (mean.ToArray(), deviation.ToArray());
    }

    /// <summary>One figure for all elements of a sample, or one per element.</summary>
    public ReadOnlyMemory<float> Mean => _mean;

    /// <summary>The standard deviations (of the population, divided by N), as many as means; 0 for what does not vary.</summary>
    public ReadOnlyMemory<float> Deviation => _deviation;

    /// <summary>Computes the figures of a training part: one pair for samples of two or more axes (images), one per element for samples of one axis (tables).</summary>
    /// <param name="part">The training part.</param>
    public static Normalisation Fit(DataPart part)
    {
        ArgumentNullException.ThrowIfNull(part);
        return Fit(part, perElement: part.SampleShape.Count < 2);
    }

    /// <summary>Computes the figures of a training part, in double precision and two passes.</summary>
    /// <param name="part">The training part.</param>
    /// <param name="perElement">One pair per element of a sample, or one for all.</param>
    public static Normalisation Fit(DataPart part, bool perElement)
    {
        ArgumentNullException.ThrowIfNull(part);
        int width = perElement ? part.SampleSize : 1;
        double count = (double)part.Count * part.SampleSize / width;
        var row = new float[part.SampleSize];
        double[] mean = new double[width], variance = new double[width];
        float[] first = new float[part.SampleSize];
        part.CopyInput(0, first);
        bool[] varies = new bool[width];
        for (int i = 0; i < part.Count; i++)
        {
            part.CopyInput(i, row);
            for (int k = 0; k < row.Length; k++)
            {
                int figure = perElement ? k : 0;
                mean[figure] += row[k];
                // Rounding in the mean would give a constant column a tiny deviation, and test values a huge size.
                varies[figure] |= row[k] != first[figure];
            }
        }
        for (int k = 0; k < width; k++) mean[k] /= count;
        for (int i = 0; i < part.Count; i++)
        {
            part.CopyInput(i, row);
            for (int k = 0; k < row.Length; k++)
            {
                int figure = perElement ? k : 0;
                double distance = row[k] - mean[figure];
                variance[figure] += distance * distance;
            }
        }
        float[] deviation = [.. variance.Select((v, k) => varies[k] ? (float)Math.Sqrt(v / count) : 0f)];
        return new Normalisation([.. mean.Select(static m => (float)m)], deviation);
    }

    /// <summary>Applies the map in place.</summary>
    /// <param name="inputs">Whole samples, one after another.</param>
    /// <param name="sampleSize">Elements of one sample.</param>
    /// <exception cref="InputException">There are figures per element, but not <paramref name="sampleSize"/> of them.</exception>
    public void Apply(Span<float> inputs, int sampleSize)
    {
        CheckSize(sampleSize);
        if (_mean.Length > 1)
        {
            for (int start = 0; start < inputs.Length; start += sampleSize) Each(inputs.Slice(start, sampleSize));
        }
        else if (_deviation[0] == 0)
        {
            inputs.Clear();
        }
        else
        {
            All(inputs);
        }
    }

    private void All(Span<float> numbers)
    {
        float mean = _mean[0], deviation = _deviation[0];
        int done = 0;
        for (; done <= numbers.Length - Vector<float>.Count; done += Vector<float>.Count)
        {
            Span<float> these = numbers[done..];
            ((new Vector<float>(these) - new Vector<float>(mean)) / new Vector<float>(deviation)).CopyTo(these);
        }
        for (; done < numbers.Length; done++) numbers[done] = (numbers[done] - mean) / deviation;
    }

    private void Each(Span<float> sample)
    {
        int done = 0;
        for (; done <= sample.Length - Vector<float>.Count; done += Vector<float>.Count)
        {
            Span<float> these = sample[done..];
            var deviation = new Vector<float>(_deviation, done);
            Vector<float> moved = (new Vector<float>(these) - new Vector<float>(_mean, done)) / deviation;
            Vector.ConditionalSelect(Vector.Equals(deviation, Vector<float>.Zero), Vector<float>.Zero, moved).CopyTo(these);
        }
        for (; done < sample.Length; done++) sample[done] = _deviation[done] == 0 ? 0 : (sample[done] - _mean[done]) / _deviation[done];
    }

    /// <summary>Throws when the figures do not fit samples of this size.</summary>
    /// <exception cref="InputException">There are figures per element, but not <paramref name="sampleSize"/> of them.</exception>
    public void CheckSize(int sampleSize)
    {
        if (_mean.Length != 1 && _mean.Length != sampleSize)
            throw new InputException($"a normalisation with figures for {_mean.Length} elements meets samples of {sampleSize}; they were fitted to another data set");
    }

    /// <summary>The figures as two tensors, to be saved beside parameters.</summary>
    public (Tensor Mean, Tensor Deviation) ToTensors() => (Tensor.From<float>(_mean, _mean.Length), Tensor.From<float>(_deviation, _deviation.Length));
}
