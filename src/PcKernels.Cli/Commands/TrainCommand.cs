using System.Diagnostics;
using PcKernels.Cli.CommandLine;
using PcKernels.Cli.Inputs;
using PcKernels.Cli.Reports;
using PcKernels.Data.Training;

namespace PcKernels.Cli.Commands;

/// <summary><c>pck train</c>.</summary>
internal static class TrainCommand
{
    public static CommandSpec Spec { get; } = new("train", "Trains a model on a data set; without arguments, iPC on the digits that the program carries.",
        ["pck train", "pck train --rule pc --epochs 5 --seed 1", "pck train --data FOLDER --batch 64 --normalise standard --save trained.safetensors --log run.jsonl"],
        [
            ModelInput.ModelOption,
            DataInput.DataOption,
            ModelInput.ParametersOption,
            new("epochs", "E", "times that every sample is seen", Default: $"{TrainingDefaults.Epochs}"),
            DataInput.NormaliseOption,
            new("validation", "FRACTION", "share of the training part that is held back and evaluated after each epoch", Default: "none"),
            new("save", "FILE", "writes parameters, model and normalisation into one .safetensors file at the end") { InRecipe = false },
            new("log", "FILE", "appends one JSON object per epoch") { InRecipe = false },
            CommonOptions.Batch,
            CommonOptions.Init,
            .. CommonOptions.Training("adam", "adam: 1e-3; sgd: 0.01"),
        ], Run)
    {
        Details =
        [
            "A data set without a test part gives up a fifth of its training part for one, drawn by the seed.",
            "Ctrl+C ends after the batch that is running, evaluates, and saves if --save was given.",
        ],
    };

    private static void Run(CommandContext context)
    {
        using TrainSetup setup = TrainSetup.Read(context.Options);
        string? save = context.Options.Text("save"), log = context.Options.Text("log");
        OutputFile.Check(save);
        using EpochLog? epochLog = log is null ? null : new EpochLog(log);
        TextWriter notes = context.Terminal.Error;
        if (setup.NotLearned.Count > 0) notes.WriteLine($"pck: warning: no error reaches {string.Join(", ", setup.NotLearned)} in so few steps: they receive no update; raise --steps");
        if (setup.IsTestSplitOff) notes.WriteLine($"pck: '{setup.Data.Name}' has no test part; {setup.Data.Test.Count} of its samples are held back for testing");

        ITrainingView view = context.Terminal.IsLive
            ? new LiveView(notes, setup.Trainer, setup.Epochs, context.Terminal.IsUnicode)
            : new LineView(notes, setup.Epochs);
        var done = new List<EpochReport>();
        view.Show(() => Train(setup, view, epochLog, done, context.Cancellation));

        setup.Trainer.CopyTo(setup.Model);
        if (save is not null) setup.Model.Save(save, setup.Trainer.Options.DType, SavedFile.Metadata(setup.Normalisation));
        TrainSummary.Write(context.Terminal, setup, done, save);
    }

    private static void Train(TrainSetup setup, ITrainingView view, EpochLog? log, List<EpochReport> done, CancellationToken cancellation)
    {
        for (int epoch = 0; epoch < setup.Epochs; epoch++)
        {
            var watch = Stopwatch.StartNew();
            EpochResult result = setup.Trainer.TrainEpoch(setup.Loader, epoch, view, cancellation);
            if (result.Batches == 0) return;
            // What was reached is worth its figures: an interrupted run is evaluated too.
            Evaluation test = setup.Trainer.Evaluate(setup.Data.Test, normalisation: setup.Normalisation, cancellation: CancellationToken.None);
            Evaluation? validation = setup.Data.HasValidation
                ? setup.Trainer.Evaluate(setup.Data.Validation, normalisation: setup.Normalisation, cancellation: CancellationToken.None)
                : null;
            var report = new EpochReport(epoch + 1, result, test, validation, watch.Elapsed.TotalSeconds);
            done.Add(report);
            log?.Write(setup.Trainer.Options.Rule.Name, report);
            view.Report(report);
            if (cancellation.IsCancellationRequested) return;
        }
    }
}
