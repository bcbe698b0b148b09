using System.Text.Json;
using PcKernels.Checkpoints;

namespace PcKernels.Cli.Tests.Commands;

public sealed class TrainTests : TemporaryFolder
{
    [Fact]
    public void Two_epochs_on_the_digits_learn_and_leave_a_log()
    {
        CliRun run = CliRun.Of("train", "--epochs", "2", "--validation", "0.1", "--log", At("run.jsonl"));
        Assert.Equal(0, run.Code);
        JsonElement[] log = Log();
        Assert.Equal([1, 2], log.Select(static e => e.GetProperty("epoch").GetInt32()));
        Assert.All(log, static e =>
        {
            Assert.Equal("ipc", e.GetProperty("rule").GetString());
            Assert.True(e.GetProperty("train_energy").GetDouble() > 0);
            Assert.True(e.GetProperty("seconds").GetDouble() > 0);
            Assert.True(e.GetProperty("validation_accuracy").GetDouble() > 0.5);
            Assert.Equal(54 * 8, e.GetProperty("updates").GetInt64());
        });
        Assert.True(log[1].GetProperty("test_accuracy").GetDouble() > 0.9);
        Assert.True(log[1].GetProperty("train_energy").GetDouble() < log[0].GetProperty("train_energy").GetDouble());
        Assert.Equal(2, run.ErrorLines.Length);
        Assert.StartsWith("epoch 2/2: energy ", run.ErrorLines[1]);
        Assert.Contains("accuracy over epochs", run.Out);
        Assert.Contains("energy over the steps", run.Out);
    }

    [Fact]
    public void A_log_is_appended_to()
    {
        for (int i = 0; i < 2; i++) CliRun.Done("train", "--epochs", "1", "--rule", "bp", "--log", At("run.jsonl"));
        Assert.Equal([1, 1], Log().Select(static e => e.GetProperty("epoch").GetInt32()));
    }

    [Theory]
    [InlineData("ipc", "f32")]
    [InlineData("pc", "f64")]
    public void One_thread_and_two_give_the_same_bits(string rule, string dtype)
    {
        foreach (string threads in new[] { "1", "2" })
            CliRun.Done("train", "--epochs", "1", "--rule", rule, "--dtype", dtype, "--threads", threads, "--save", At($"{threads}.safetensors"));
        Assert.Equal(File.ReadAllBytes(At("1.safetensors")), File.ReadAllBytes(At("2.safetensors")));
    }

    [Fact]
    public void Seeds_differ_and_a_seed_repeats()
    {
        string[] names = ["a", "b", "c"];
        foreach ((string name, string seed) in names.Zip(["3", "3", "4"])) CliRun.Done("train", "--epochs", "1", "--rule", "bp", "--seed", seed, "--save", At(name));
        Assert.Equal(File.ReadAllBytes(At("a")), File.ReadAllBytes(At("b")));
        Assert.NotEqual(File.ReadAllBytes(At("a")), File.ReadAllBytes(At("c")));
    }

    [Fact]
    public void Parameters_without_an_update_are_named_once()
    {
        CliRun run = CliRun.Of("train", "--epochs", "1", "--rule", "pc", "--steps", "1");
        Assert.Equal(0, run.Code);
        Assert.Contains("h1.weight, h1.bias", Assert.Single(run.ErrorLines, static l => l.Contains("warning")));
    }

    [Fact]
    public void Energies_that_are_not_finite_end_the_run_and_leave_the_old_file()
    {
        string saved = Text("old.safetensors", "old");
        CliRun run = CliRun.Of("train", "--optimizer", "sgd", "--lr", "1e9", "--epochs", "1", "--save", saved);
        Assert.Equal(1, run.Code);
        Assert.Contains("lr 1000000000", Assert.Single(run.ErrorLines));
        Assert.Equal("old", File.ReadAllText(saved));
    }

    [Fact]
    public void A_folder_that_is_not_there_is_told_before_training()
    {
        CliRun run = CliRun.Of("train", "--save", Path.Combine(Folder, "no", "x.safetensors"));
        Assert.Equal(1, run.Code);
        Assert.Contains("does not exist", Assert.Single(run.ErrorLines));
    }

    [Fact]
    public void A_cancelled_run_evaluates_and_saves_what_was_reached()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.CancelAfter(TimeSpan.FromMilliseconds(300));
        CliRun run = CliRun.Of(cancellation.Token, "train", "--epochs", "100000", "--save", At("x.safetensors"));
        Assert.Equal(0, run.Code);
        Assert.Contains("interrupted", run.Out);
        Assert.NotEmpty(Safetensors.Load(At("x.safetensors")).Tensors);
    }

    [Fact]
    public void A_saved_file_alone_is_enough_to_evaluate_predict_and_go_on()
    {
        string saved = At("x.safetensors");
        string trained = CliRun.Done("train", "--epochs", "2", "--rule", "bp", "--save", saved, "--log", At("run.jsonl"));
        Assert.Contains("normalised", trained);
        double accuracy = Log()[1].GetProperty("test_accuracy").GetDouble();
        using JsonDocument evaluated = JsonDocument.Parse(CliRun.Done("eval", "--parameters", saved, "--json"));
        Assert.Equal(accuracy, evaluated.RootElement.GetProperty("accuracy").GetDouble());
        Assert.Contains("digits test: accuracy", CliRun.Done("eval", "--parameters", saved));

        CliRun.Done("predict", "--parameters", saved, "--part", "train", "--out", At("p.safetensors"));
        IReadOnlyDictionary<string, Graphs.Tensor> predictions = Safetensors.Load(At("p.safetensors")).Tensors;
        Assert.Equal([3823, 10], predictions["prediction"].Shape);
        Assert.Equal([3823], predictions["label"].Shape);
        Assert.Equal(Graphs.DType.I64, predictions["label"].DType);

        CliRun.Done("train", "--epochs", "1", "--rule", "bp", "--parameters", saved, "--log", At("run.jsonl"));
        Assert.True(Log()[2].GetProperty("test_accuracy").GetDouble() > 0.93);
    }

    [Fact]
    public void Numbers_are_learned_and_measured_by_their_squared_error()
    {
        string csv = Text("line.csv", string.Concat(Enumerable.Range(0, 100).Select(static i => FormattableString.Invariant($"{i / 50.0 - 1},{(i * 7 % 100) / 50.0 - 1},{0.5 * (i / 50.0 - 1) + 0.01}\n"))));
        CliRun run = CliRun.Of("train", "--data", csv, "--rule", "bp", "--epochs", "40", "--batch", "10", "--lr", "0.01", "--log", At("run.jsonl"));
        Assert.Equal(0, run.Code);
        Assert.Contains("20 of its samples are held back", run.Error);
        Assert.True(Log()[^1].GetProperty("test_mse").GetDouble() < 0.02, run.Out);
    }

    private JsonElement[] Log() => [.. File.ReadAllLines(At("run.jsonl")).Select(static l => JsonDocument.Parse(l).RootElement)];
}
