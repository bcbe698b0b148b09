using PcKernels.Cli.CommandLine;
using PcKernels.Cli.Inputs;
using PcKernels.Cli.Settings;
using PcKernels.Data;
using PcKernels.Data.Batches;
using PcKernels.Data.Training;
using PcKernels.Execution;
using PcKernels.Planning;
using PcKernels.Rules;
using PcKernels.Training;

namespace PcKernels.Cli.Commands;

/// <summary>Everything that <c>pck train</c> needs, read and checked before anything is shown.</summary>
internal sealed class TrainSetup : IDisposable
{
    private TrainSetup(DataSet data, bool isTestSplitOff, Model model, Normalisation? normalisation, Trainer trainer, BatchLoader loader, int epochs)
    {
        (Data, IsTestSplitOff, Model, Normalisation, Trainer, Loader, Epochs) = (data, isTestSplitOff, model, normalisation, trainer, loader, epochs);
    }

    public DataSet Data { get; }

    public bool IsTestSplitOff { get; }

    public Model Model { get; }

    public Normalisation? Normalisation { get; }

    public Trainer Trainer { get; }

    public BatchLoader Loader { get; }

    public int Epochs { get; }

    /// <summary>Parameters that no error reaches.</summary>
    public required IReadOnlyList<string> NotLearned { get; init; }

    /// <exception cref="InputException">Something that was given is wrong.</exception>
    public static TrainSetup Read(OptionValues options)
    {
        int epochs = options.Whole("epochs", 1) ?? TrainingDefaults.Epochs;
        double? validation = options.Number("validation");
        int? batch = options.Batch(TrainingDefaults.Batch);
        Device device = DeviceSettings.Read(options);
        (Model? given, Normalisation? saved) = ModelInput.Read(options);
        DataSet data = DataInput.Read(options, given);
        bool splitsTest = !data.HasTest;
        if (splitsTest) data = data.WithTest(TrainingDefaults.TestShare, options.Seed());
        if (validation is not null) data = data.WithValidation(validation.Value, options.Seed());
        Normalisation? normalisation = DataInput.Normalisation(options, data.Train, saved);
        Model model = given ?? ModelInput.Default(options, data.Train);
        int outputs = DataFit.Check(model.Graph, data.Train);
        if (outputs == 0) throw new InputException($"'{data.Train.Name}' has inputs only, neither labels nor target numbers; there is nothing to train towards");
        Rule rule = RuleSettings.Read(options, model.Graph);
        var loader = new BatchLoader(data.Train, batch ?? data.Train.Count, outputs,
            new BatchLoaderOptions { Seed = options.Seed(), Normalisation = normalisation, Buffers = BatchLoaderOptions.BuffersFor(device) });
        if (rule is PredictiveCoding { Start: ValueStart.Keep } or IncrementalPredictiveCoding { Start: ValueStart.Keep } && loader.BatchesPerEpoch > 1)
            throw new InputException($"--start keep goes on from the last values, so every batch has to be the same one; use --batch all, not {loader.BatchSize}");
        TrainingOptions training = TrainingSettings.Read(options, rule, totalBatches: (long)epochs * loader.BatchesPerEpoch);
        var trainer = new Trainer(model, training, device);
        Program program = trainer.Plan(loader.BatchSize);
        return new TrainSetup(data, splitsTest, model, normalisation, trainer, loader, epochs) { NotLearned = program.NotLearned };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Loader.Dispose();
        Trainer.Dispose();
    }
}
