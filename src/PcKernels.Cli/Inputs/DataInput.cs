using PcKernels.Cli.CommandLine;
using PcKernels.Data;
using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Training;

namespace PcKernels.Cli.Inputs;

/// <summary>The data a command works on, from <c>--data</c> and <c>--normalise</c>.</summary>
internal static class DataInput
{
    /// <summary>The data set that is used when none is named.</summary>
    public const string Default = "digits";

    /// <summary>Share of the characters that are hidden from a model that sees ahead, as in BERT.</summary>
    private const double MaskShare = 0.15;

    /// <summary>The data set.</summary>
    public static OptionSpec DataOption { get; } = new("data", "FOLDER|FILE|NAME", "data set: a name of pck data, a folder (IDX, CIFAR, CSV, text) or a file (CSV, safetensors, text)", Default: Default);

    /// <summary>What is done to inputs.</summary>
    public static OptionSpec NormaliseOption { get; } = new("normalise", "none|standard", "standard: mean 0 and deviation 1 of the training part", Default: $"that of --parameters; else standard for {Default}, none for other data");

    /// <summary>Reads the data set; for a model that takes tokens a text, in windows of as many as it takes.</summary>
    /// <exception cref="InputException">There is none, or a file is wrong.</exception>
    public static DataSet Read(OptionValues options, Model? model)
    {
        string? data = options.Text("data");
        if (model is not { Graph.Inputs: [Node input] } || model.Graph.VocabularyOf(input) is null) return DataSets.Load(data ?? Default);
        return data is null
            ? throw new InputException($"input '{input.Name}' of model '{model.Graph.Name}' takes tokens; give a text, or a folder with one, with --data")
            : DataSets.LoadText(data, input.Count, SeesAhead(model.Graph) ? MaskShare : 0);
    }

    // A model whose attention sees the next character cannot learn to predict it: it learns to find hidden ones (BERT, Devlin et al. 2019).
    private static bool SeesAhead(Graph graph) => graph.Nodes.Any(static n => n.Op is AttentionOp { Causal: false });

    /// <summary>What inputs go through: as asked for, or as the saved file says.</summary>
    /// <param name="options">The options.</param>
    /// <param name="train">The training part, which the figures are computed from.</param>
    /// <param name="saved">The normalisation of the parameters' file.</param>
    public static Normalisation? Normalisation(OptionValues options, DataPart train, Normalisation? saved)
    {
        NormalisationKind? kind = options.Choice<NormalisationKind?>("normalise", null, ("none", NormalisationKind.None), ("standard", NormalisationKind.Standard));
        Normalisation? chosen = kind switch
        {
            NormalisationKind.None => null,
            NormalisationKind.Standard => Data.Normalisation.Fit(train),
            _ => saved ?? (IsFreshDigits(options) ? Data.Normalisation.Fit(train) : null),
        };
        if (chosen is not null && train.IsTokens) throw new InputException($"--normalise standard: '{train.Name}' is text, whose characters are numbers that only name them; leave the option out");
        chosen?.CheckSize(train.SampleSize);
        return chosen;
    }

    // The digits' pixels differ much in spread; parameters from a file were trained with whatever the file says.
    private static bool IsFreshDigits(OptionValues options) => (options.Text("data") ?? Default) == Default && options.Text("parameters") is null
        && options.Text("model")?.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) != true;
}
