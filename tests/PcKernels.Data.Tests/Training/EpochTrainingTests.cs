using PcKernels.Data.Batches;
using PcKernels.Data.Training;
using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Rules;
using PcKernels.Training;

namespace PcKernels.Data.Tests.Training;

public sealed class EpochTrainingTests
{
    private static readonly DataSet s_digits = DataSets.Load("digits");

    [Fact]
    public void An_epoch_lowers_the_energy_and_reports_every_batch()
    {
        using Trainer trainer = NewTrainer(new IncrementalPredictiveCoding { Steps = 4 });
        using BatchLoader loader = trainer.Loader(s_digits.Train, 64);
        var reports = new Reports();
        EpochResult first = trainer.TrainEpoch(loader, 0, reports), second = trainer.TrainEpoch(loader, 1);
        Assert.True(second.MeanEnergy < first.MeanEnergy);
        Assert.Equal(60, reports.Last.Batch);
        Assert.Equal(60, reports.Count);
        Assert.Equal((60, 3823L, 240L, true), (first.Batches, first.Samples, first.Updates, first.IsComplete));
        Assert.Equal(3, first.VertexEnergies.Count);
        Assert.Equal(first.MeanEnergy, first.VertexEnergies.Sum(), 1e-9);
    }

    [Fact]
    public void Cancelling_ends_after_the_batch_and_says_so()
    {
        using Trainer trainer = NewTrainer(new Backpropagation());
        using BatchLoader loader = trainer.Loader(s_digits.Train, 64);
        using var cancellation = new CancellationTokenSource();
        EpochResult result = trainer.TrainEpoch(loader, 0, new Reports { OnReport = p => { if (p.Batch == 3) cancellation.Cancel(); } }, cancellation.Token);
        Assert.Equal((3, false), (result.Batches, result.IsComplete));
        EpochResult nothing = trainer.TrainEpoch(loader, 1, cancellation: cancellation.Token);
        Assert.Equal((0, 0L, false), (nothing.Batches, nothing.Samples, nothing.IsComplete));
        Assert.True(double.IsNaN(nothing.MeanEnergy));
    }

    [Fact]
    public void An_evaluation_agrees_with_the_predictions_and_with_bps_energy()
    {
        using Trainer trainer = NewTrainer(new Backpropagation());
        DataPart part = s_digits.Test;
        Evaluation evaluation = trainer.Evaluate(part, batch: 100), other = trainer.Evaluate(part, batch: 1797);
        float[] predictions = trainer.Predict(part);
        int correct = Enumerable.Range(0, part.Count).Count(i => ModelEvaluation.IndexOfLargest(predictions.AsSpan(i * 10, 10)) == part.Labels.Span[i]);
        Assert.Equal(correct, evaluation.Correct);
        Assert.Equal(evaluation.Energy, other.Energy, 1e-6);
        Assert.Equal(evaluation.MeanSquaredError!.Value * 5, evaluation.Energy, 1e-6);
        using var loader = new BatchLoader(part, part.Count, 10, new BatchLoaderOptions { Shuffle = false });
        Assert.Equal(trainer.TrainEpoch(loader, 0).MeanEnergy, evaluation.Energy, 1e-5);
    }

    [Fact]
    public void A_categorical_evaluation_is_bps_cross_entropy()
    {
        Model model = Model.Mlp(64, [16], 10, likelihood: Likelihood.Categorical);
        using var trainer = new Trainer(model, new TrainingOptions { Rule = new Backpropagation() }, new CpuDevice(1));
        Evaluation evaluation = trainer.Evaluate(s_digits.Test);
        Assert.Null(evaluation.MeanSquaredError);
        using var loader = new BatchLoader(s_digits.Test, 1797, 10, new BatchLoaderOptions { Shuffle = false });
        Assert.Equal(trainer.TrainEpoch(loader, 0).MeanEnergy, evaluation.Energy, 1e-5);
    }

    [Fact]
    public void A_part_that_does_not_fit_is_told_with_both_sizes()
    {
        using var trainer = new Trainer(Model.Mlp(63, [4], 10), new TrainingOptions(), new CpuDevice(1));
        Assert.Contains("[8, 8] = 64, but input 'x' of model 'mlp' takes [63]", Assert.Throws<InputException>(() => trainer.Loader(s_digits.Train, 8)).Message);
        using var narrow = new Trainer(Model.Mlp(64, [4], 9), new TrainingOptions(), new CpuDevice(1));
        Assert.Contains("10 classes", Assert.Throws<InputException>(() => narrow.Evaluate(s_digits.Test)).Message);
    }

    [Fact]
    public void After_the_first_epoch_memory_does_not_grow_with_the_batches()
    {
        using Trainer trainer = NewTrainer(new PredictiveCoding { Steps = 2 });
        using BatchLoader loader = trainer.Loader(s_digits.Train, 8);
        trainer.TrainEpoch(loader, 0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        EpochResult epoch = trainer.TrainEpoch(loader, 1);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(478, epoch.Batches);
        // One enumeration and one result for the epoch; a single object per batch would already be 11 KB.
        Assert.InRange(allocated, 0, 8_000);
    }

    private static Trainer NewTrainer(Rule rule) => new(Model.Mlp(64, [32, 16], 10), new TrainingOptions { Rule = rule }, new CpuDevice(2));

    private sealed class Reports : IProgress<EpochProgress>
    {
        public int Count { get; private set; }

        public EpochProgress Last { get; private set; }

        public Action<EpochProgress>? OnReport { get; init; }

        public void Report(EpochProgress value)
        {
            Count++;
            Last = value;
            OnReport?.Invoke(value);
        }
    }
}
