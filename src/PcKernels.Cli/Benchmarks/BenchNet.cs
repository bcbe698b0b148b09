using System.Globalization;
using System.Text.RegularExpressions;
using PcKernels.Cli.CommandLine;
using PcKernels.Cli.Inputs;
using PcKernels.Cli.Settings;
using PcKernels.Graphs;
using PcKernels.Models;
using PcKernels.Training;

namespace PcKernels.Cli.Benchmarks;

/// <summary>A model to be timed.</summary>
/// <param name="Name">What results call it.</param>
/// <param name="Model">The model.</param>
/// <param name="Batch">The batch size that belongs to it when no other is asked for.</param>
internal sealed partial record BenchNet(string Name, Model Model, int Batch)
{
    private const int DefaultBatch = 32;
    private const int MostLayers = 10_000;

    private static readonly string[] s_ways = ["model", "nets", "layers", "width"];

    /// <summary>Nets with names of their own, as <c>--nets</c> would write them.</summary>
    public static IReadOnlyDictionary<string, string> Known { get; } = new Dictionary<string, string>
    {
        ["a"] = "784-2x128-10@20",
        ["b"] = "784-8x256-10@64",
        ["c32"] = "64-31x64-64@32",
    };

    /// <summary>The nets of <c>--model</c>, <c>--nets</c>, or <c>--layers</c> by <c>--width</c>.</summary>
    /// <exception cref="InputException">A text is none, two ways are mixed, or a file cannot be read.</exception>
    public static List<BenchNet> Read(OptionValues options)
    {
        string[] ways = [.. s_ways.Where(options.Has)];
        if (ways.Length > 1 && ways is not ["layers", "width"]) throw new InputException($"--{ways[0]} and --{ways[1]} exclude each other; name nets by --model, by --nets, or by --layers and --width");
        if (ways.Length == 0 && options.Has("parameters") || options.Has("model"))
        {
            Model model = ModelInput.Read(options).Model!;
            return [new BenchNet(model.Graph.Name, model, DefaultBatch)];
        }
        if (options.Has("parameters")) throw new InputException($"--parameters {options.Text("parameters")}: needs a --model, not --{ways[0]}");
        if (options.Has("nets")) return [.. options.List("nets").Select(text => Parse(text, options))];
        return [.. from layers in options.Wholes("layers", 1, "4,16")
                   from width in options.Wholes("width", 1, "64,256")
                   select Made($"{layers} layers of {width}", [.. Enumerable.Repeat(width, checked(layers + 1))], DefaultBatch, options)];
    }

    /// <summary>A chain of linear layers, tanh between them.</summary>
    public static BenchNet Made(string name, IReadOnlyList<int> widths, int batch, OptionValues options) => new(name,
        Model.Mlp(widths[0], [.. widths.Skip(1).SkipLast(1)], widths[^1], Activation.Tanh, seed: options.Seed(), scheme: TrainingSettings.InitOf(options)), batch);

    private static BenchNet Parse(string text, OptionValues options)
    {
        string[] named = text.Split('@');
        if (ShippedModels.Contains(named[0]) && named.Length <= 2)
            return new BenchNet(named[0], new Model(ShippedModels.Find(named[0]).ReadGraph(), TrainingSettings.InitOf(options), options.Seed()), named.Length == 2 ? Positive(named[1], text) : DefaultBatch);
        string written = Known.GetValueOrDefault(text, text);
        Match match = Written().Match(written);
        if (!match.Success)
            throw new InputException($"--nets {text}: unknown; {Suggestion.Of(text, Known.Keys)}, a model of pck models such as alexnet@20, or widths such as 784-4x1024-10@256 (inputs, hidden, outputs, @ batch)");
        var widths = new List<int>();
        foreach (Capture part in match.Groups["part"].Captures)
        {
            int[] numbers = [.. part.Value.Split('x').Select(n => Positive(n, text))];
            if (widths.Count + numbers[0] > MostLayers) throw new InputException($"--nets {text}: more than {MostLayers} layers");
            widths.AddRange(numbers.Length == 1 ? numbers : Enumerable.Repeat(numbers[1], numbers[0]));
        }
        if (widths.Count < 2) throw new InputException($"--nets {text}: a net needs at least inputs and outputs, such as 784-10");
        int batch = match.Groups["batch"].Success ? Positive(match.Groups["batch"].Value, text) : DefaultBatch;
        return Made(written == text ? text.Split('@')[0] : $"{text}: {written.Split('@')[0]}", widths, batch, options);
    }

    private static int Positive(string number, string net) => int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value > 0
        ? value
        : throw new InputException($"--nets {net}: '{number}' is no whole number ≥ 1");

    [GeneratedRegex(@"^(?<part>\d+(x\d+)?)(-(?<part>\d+(x\d+)?))*(@(?<batch>\d+))?$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Written();
}
