using PcKernels.Data.Batches;

namespace PcKernels.Data;

/// <summary>A named data set: a training part and perhaps a test and a validation part, and where it comes from.</summary>
/// <remarks>Immutable; threads may share it.</remarks>
public sealed class DataSet
{
    private readonly DataPart? _test;
    private readonly DataPart? _validation;

    /// <summary>Puts parts together.</summary>
    /// <param name="name">What messages and results call it.</param>
    /// <param name="train">The training part.</param>
    /// <param name="test">The test part, or null.</param>
    /// <param name="validation">The validation part, or null.</param>
    /// <exception cref="InputException">The parts differ in the shape of a sample or in what is to be predicted.</exception>
    public DataSet(string name, DataPart train, DataPart? test = null, DataPart? validation = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(train);
        (Name, Train, _test, _validation) = (name, train, test, validation);
        CheckFits(test);
        CheckFits(validation);
    }

    /// <summary>What messages and results call it.</summary>
    public string Name { get; }

    /// <summary>The training part.</summary>
    public DataPart Train { get; }

    /// <summary>Whether there is a test part.</summary>
    public bool HasTest => _test is not null;

    /// <summary>Whether there is a validation part.</summary>
    public bool HasValidation => _validation is not null;

    /// <summary>The test part.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public DataPart Test => _test ?? throw new InputException($"the data set '{Name}' has no test part; add test files or split one off its training part");

    /// <summary>The validation part.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public DataPart Validation => _validation ?? throw new InputException($"the data set '{Name}' has no validation part; split one off its training part");

    /// <summary>The names of the classes; empty when labels are plain numbers or there are none.</summary>
    public IReadOnlyList<string> ClassNames { get; init; } = [];

    /// <summary>The files that were read, with their checksums.</summary>
    public IReadOnlyList<FileChecksum> Checksums { get; init; } = [];

    /// <summary>Who made the data, in one line; empty when that is not known.</summary>
    public string Source { get; init; } = "";

    /// <summary>The licence of the data, in one line; empty when that is not known.</summary>
    public string Licence { get; init; } = "";

    /// <summary>Splits a validation part off the training part, drawn at random by the seed; both keep the order of the samples. The test part stays.</summary>
    /// <param name="fraction">The share that becomes the validation part, between 0 and 1.</param>
    /// <param name="seed">Equal seeds give equal splits.</param>
    /// <exception cref="InputException">The fraction is not between 0 and 1, or a part would be empty.</exception>
    public DataSet WithValidation(double fraction, ulong seed)
    {
        (DataPart train, DataPart held) = Split(fraction, seed, "validation");
        return new DataSet(Name, train, _test, held) { ClassNames = ClassNames, Checksums = Checksums, Source = Source, Licence = Licence };
    }

    /// <summary>Splits a test part off the training part, for data sets that come without one, in the manner of <see cref="WithValidation"/>.</summary>
    /// <param name="fraction">The share that becomes the test part, between 0 and 1.</param>
    /// <param name="seed">Equal seeds give equal splits.</param>
    /// <exception cref="InputException">There is a test part already, the fraction is not between 0 and 1, or a part would be empty.</exception>
    public DataSet WithTest(double fraction, ulong seed)
    {
        if (HasTest) throw new InputException($"the data set '{Name}' has a test part of {Test.Count} samples already; no other is split off");
        (DataPart train, DataPart held) = Split(fraction, seed, "test");
        return new DataSet(Name, train, held, _validation) { ClassNames = ClassNames, Checksums = Checksums, Source = Source, Licence = Licence };
    }

    internal DataSet WithLicence(string licence) =>
        new(Name, Train, _test, _validation) { ClassNames = ClassNames, Checksums = Checksums, Source = Source, Licence = licence };

    private (DataPart Kept, DataPart Held) Split(double fraction, ulong seed, string name)
    {
        if (!(fraction is > 0 and < 1)) throw new InputException($"a {name} part of {fraction} of '{Name}' cannot be split off; a fraction between 0 and 1 is expected");
        int held = (int)Math.Round(fraction * Train.Count);
        if (held == 0 || held == Train.Count)
            throw new InputException($"a {name} part of {fraction} of the {Train.Count} training samples of '{Name}' leaves one part empty; choose another fraction");
        var order = new int[Train.Count];
        EpochOrder.Shuffle(order, seed, EpochOrder.SplitStream);
        Array.Sort(order, 0, held);
        Array.Sort(order, held, order.Length - held);
        return (Train.Select(Train.Name, order.AsSpan(held)), Train.Select($"{Name} {name}", order.AsSpan(0, held)));
    }

    private void CheckFits(DataPart? part)
    {
        if (part is null) return;
        if (!part.SampleShape.SequenceEqual(Train.SampleShape))
            throw new InputException($"'{part.Name}' has samples of shape {Graphs.Tensor.FormatShape(part.SampleShape)}, but the training part has {Graphs.Tensor.FormatShape(Train.SampleShape)}; they have to be equal");
        if (part.Classes != Train.Classes || part.TargetWidth != Train.TargetWidth)
            throw new InputException($"'{part.Name}' has {part.Classes} classes and {part.TargetWidth} target numbers, but the training part has {Train.Classes} and {Train.TargetWidth}; they have to be equal");
    }
}
