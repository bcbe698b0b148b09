using PcKernels.Graphs;

namespace PcKernels.Data;

/// <summary>The samples of one part of a data set (training, test, validation): inputs and, where there are any, class labels or target numbers.</summary>
/// <remarks>Immutable; threads may share it. Pixels are kept as bytes and converted when they are read.</remarks>
public sealed class DataPart
{
    private readonly Samples _samples;
    private readonly int[]? _rows;

    internal DataPart(string name, Samples samples, IReadOnlyList<int> sampleShape, int count, int[]? labels, int classes, float[]? targets, int targetWidth, int[]? rows = null, int positions = 1)
    {
        (_samples, _rows, Name, SampleShape, Count) = (samples, rows, name, [.. sampleShape], count);
        (Labels, Classes, Targets, TargetWidth, Positions) = (labels, classes, targets, targetWidth, positions);
        if (count == 0) throw new InputException($"the data set '{name}' is empty; at least one sample is expected");
    }

    /// <summary>What the part is called in messages, such as <c>mnist train</c>.</summary>
    public string Name { get; }

    /// <summary>Extents of one sample, outermost first: <c>[28, 28]</c>, <c>[3, 32, 32]</c>, <c>[13]</c>.</summary>
    public IReadOnlyList<int> SampleShape { get; }

    /// <summary>Elements of one sample.</summary>
    public int SampleSize => _samples.Size;

    /// <summary>Number of samples, at least 1.</summary>
    public int Count { get; }

    /// <summary>One class label in [0, <see cref="Classes"/>) per sample and position, <c>[Count, Positions]</c> row-major; empty when there are no classes.</summary>
    public ReadOnlyMemory<int> Labels { get; }

    /// <summary>Number of classes; 0 when there are none.</summary>
    public int Classes { get; }

    /// <summary>Labels of one sample: 1, or for sequences of tokens one for each position.</summary>
    public int Positions { get; }

    /// <summary>Whether inputs are tokens: whole numbers from 0 to less than <see cref="Classes"/>, read by an embedding.</summary>
    public bool IsTokens { get; private init; }

    /// <summary>The token that hides another one, for sequences whose hidden tokens are to be predicted; null where every position counts.</summary>
    public int? MaskToken { get; private init; }

    /// <summary>Target numbers <c>[Count, TargetWidth]</c>, row-major; empty when there are none.</summary>
    public ReadOnlyMemory<float> Targets { get; }

    /// <summary>Target numbers per sample; 0 when there are none.</summary>
    public int TargetWidth { get; }

    /// <summary>Whether there is nothing to predict: inputs only.</summary>
    public bool IsUnlabelled => Classes == 0 && TargetWidth == 0;

    /// <summary>A part from numbers with class labels.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="inputs"><c>[count, …sampleShape]</c> row-major; kept, not copied.</param>
    /// <param name="sampleShape">Extents of one sample.</param>
    /// <param name="labels">One per sample; kept, not copied.</param>
    /// <param name="classes">Number of classes.</param>
    /// <exception cref="InputException">There are no samples, the lengths do not fit, a number is not finite or a label is outside [0, classes).</exception>
    public static DataPart FromLabels(string name, float[] inputs, IReadOnlyList<int> sampleShape, int[] labels, int classes)
    {
        ArgumentNullException.ThrowIfNull(labels);
        Samples samples = Checked(name, inputs, sampleShape, labels.Length);
        DataChecks.Labels(name, labels, classes);
        return new DataPart(name, samples, sampleShape, labels.Length, labels, classes, null, 0);
    }

    /// <summary>A part from sequences of tokens with a token to predict at every position.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="tokens"><c>[count, length]</c> row-major, whole numbers in [0, vocabulary), or vocabulary itself where a token is hidden; kept, not copied.</param>
    /// <param name="labels"><c>[count, length]</c> row-major, in [0, vocabulary); kept, not copied.</param>
    /// <param name="length">Positions of a sequence, at least 1.</param>
    /// <param name="vocabulary">Number of different tokens.</param>
    /// <param name="isMasked">Whether the token <paramref name="vocabulary"/> hides others, and only they are evaluated.</param>
    /// <exception cref="InputException">There are no samples, the lengths do not fit or a token is outside [0, vocabulary).</exception>
    public static DataPart FromTokens(string name, float[] tokens, int[] labels, int length, int vocabulary, bool isMasked = false)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        int count = labels.Length / length;
        if (labels.Length % length != 0) throw new InputException($"'{name}': {labels.Length} labels are no multiple of {length} positions");
        Samples samples = Checked(name, tokens, [length], count);
        DataChecks.Labels(name, labels, vocabulary);
        int last = isMasked ? vocabulary : vocabulary - 1;
        int wrong = Array.FindIndex(tokens, t => t != MathF.Floor(t) || t < 0 || t > last);
        if (wrong >= 0) throw new InputException($"'{name}': position {wrong % length} of sample {wrong / length} holds {tokens[wrong]}; a whole number from 0 to {last} is expected");
        return new DataPart(name, samples, [length], count, labels, vocabulary, null, 0, null, length) { IsTokens = true, MaskToken = isMasked ? vocabulary : null };
    }

    /// <summary>A part from numbers with target numbers (regression).</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="inputs"><c>[count, …sampleShape]</c> row-major; kept, not copied.</param>
    /// <param name="sampleShape">Extents of one sample.</param>
    /// <param name="targets"><c>[count, targetWidth]</c> row-major; kept, not copied.</param>
    /// <param name="targetWidth">Target numbers per sample, at least 1.</param>
    /// <exception cref="InputException">There are no samples, the lengths do not fit or a number is not finite.</exception>
    public static DataPart FromTargets(string name, float[] inputs, IReadOnlyList<int> sampleShape, float[] targets, int targetWidth)
    {
        ArgumentNullException.ThrowIfNull(targets);
        ArgumentOutOfRangeException.ThrowIfLessThan(targetWidth, 1);
        if (targets.Length % targetWidth != 0) throw new InputException($"'{name}': {targets.Length} target numbers are no multiple of {targetWidth} per sample");
        int count = targets.Length / targetWidth;
        Samples samples = Checked(name, inputs, sampleShape, count);
        DataChecks.Finite(name, "target", targets, targetWidth);
        return new DataPart(name, samples, sampleShape, count, null, 0, targets, targetWidth);
    }

    /// <summary>A part from numbers with nothing to predict.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="inputs"><c>[count, …sampleShape]</c> row-major; kept, not copied.</param>
    /// <param name="sampleShape">Extents of one sample.</param>
    /// <exception cref="InputException">There are no samples, the lengths do not fit or a number is not finite.</exception>
    public static DataPart FromInputs(string name, float[] inputs, IReadOnlyList<int> sampleShape)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        int size = (int)Math.Max(1, Tensor.CountOf(sampleShape));
        return new DataPart(name, Checked(name, inputs, sampleShape, inputs.Length / size), sampleShape, inputs.Length / size, null, 0, null, 0);
    }

    /// <summary>Copies the inputs of one sample.</summary>
    /// <param name="index">In [0, <see cref="Count"/>).</param>
    /// <param name="destination">At least <see cref="SampleSize"/> elements; the first ones are written.</param>
    public void CopyInput(int index, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        _samples.Copy(_rows is null ? index : _rows[index], destination);
    }

    /// <summary>Asks for a sample's memory: it will be copied soon.</summary>
    internal void Prefetch(int index) => _samples.Prefetch(_rows is null ? index : _rows[index]);

    /// <summary>All inputs in a new array <c>[Count, SampleSize]</c>, row-major.</summary>
    /// <exception cref="InputException">They do not fit into one array.</exception>
    public float[] ToArray()
    {
        if ((long)Count * SampleSize > Array.MaxLength) throw new InputException($"'{Name}': {Count} samples of {SampleSize} numbers do not fit into one array; read them in batches");
        var all = new float[Count * SampleSize];
        for (int i = 0; i < Count; i++) CopyInput(i, all.AsSpan(i * SampleSize, SampleSize));
        return all;
    }

    /// <summary>Some of the samples, in the given order; the inputs are shared.</summary>
    /// <param name="name">What messages call the new part.</param>
    /// <param name="indices">Samples of this part, at least one.</param>
    public DataPart Select(string name, ReadOnlySpan<int> indices)
    {
        var rows = new int[indices.Length];
        int[]? labels = Classes > 0 ? new int[rows.Length * Positions] : null;
        float[]? targets = TargetWidth > 0 ? new float[rows.Length * TargetWidth] : null;
        for (int i = 0; i < rows.Length; i++)
        {
            int index = indices[i];
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(indices));
            rows[i] = _rows is null ? index : _rows[index];
            if (labels is not null) Labels.Span.Slice(index * Positions, Positions).CopyTo(labels.AsSpan(i * Positions));
            if (targets is not null) Targets.Span.Slice(index * TargetWidth, TargetWidth).CopyTo(targets.AsSpan(i * TargetWidth));
        }
        return new DataPart(name, _samples, SampleShape, rows.Length, labels, Classes, targets, TargetWidth, rows, Positions) { IsTokens = IsTokens, MaskToken = MaskToken };
    }

    private static Samples Checked(string name, float[] inputs, IReadOnlyList<int> sampleShape, int count)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(inputs);
        long size = Tensor.CountOf(sampleShape);
        if (size == 0) throw new InputException($"'{name}': a sample of shape {Tensor.FormatShape(sampleShape)} has no elements");
        if (inputs.Length != count * size)
            throw new InputException($"'{name}': {inputs.Length} input numbers for {count} samples of shape {Tensor.FormatShape(sampleShape)}, which take {count * size}");
        DataChecks.Finite(name, "input", inputs, (int)size);
        return new Samples(inputs, (int)size);
    }
}
