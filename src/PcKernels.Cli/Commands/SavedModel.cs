using PcKernels.Cli.CommandLine;
using PcKernels.Cli.Inputs;
using PcKernels.Cli.Settings;
using PcKernels.Data;
using PcKernels.Rules;
using PcKernels.Training;

namespace PcKernels.Cli.Commands;

/// <summary>What <c>pck eval</c> and <c>pck predict</c> share: a trained file, the data it meets, and a trainer that only predicts.</summary>
internal sealed class SavedModel : IDisposable
{
    private SavedModel(DataPart part, Normalisation? normalisation, Trainer trainer) => (Part, Normalisation, Trainer) = (part, normalisation, trainer);

    public DataPart Part { get; }

    public Normalisation? Normalisation { get; }

    public Trainer Trainer { get; }

    public static OptionSpec[] Options =>
    [
        new("parameters", "FILE", "trained parameters (.safetensors), as pck train --save writes them"),
        new("model", "NAME|FILE", "a model of pck models or a model file (JSON)", Default: "the one inside --parameters"),
        DataInput.DataOption,
        new("part", "train|test|validation", "which part of the data set", Default: "test where there is one, else train"),
        DataInput.NormaliseOption with { Default = "that of --parameters, or none" },
        .. CommonOptions.Device.Where(static o => o.Name is not ("seed" or "plain" or "dual")),
    ];

    /// <exception cref="InputException">Something that was given is wrong.</exception>
    public static SavedModel Read(OptionValues options)
    {
        options.Required("parameters", "give the file that pck train --save wrote");
        var device = DeviceSettings.Read(options);
        (Model? model, Normalisation? saved) = ModelInput.Read(options);
        DataSet data = DataInput.Read(options, model);
        DataPart part = options.Choice("part", data.HasTest ? "test" : "train", ("train", "train"), ("test", "test"), ("validation", "validation")) switch
        {
            "train" => data.Train,
            "test" => data.Test,
            _ => data.Validation,
        };
        Normalisation? normalisation = DataInput.Normalisation(options, data.Train, saved);
        var training = new TrainingOptions { Rule = new Backpropagation(), DType = TrainingSettings.DTypeOf(options) };
        return new SavedModel(part, normalisation, new Trainer(model!, training, device));
    }

    /// <inheritdoc/>
    public void Dispose() => Trainer.Dispose();
}
