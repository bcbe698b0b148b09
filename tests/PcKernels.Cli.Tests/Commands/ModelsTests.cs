using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using PcKernels.Models;

namespace PcKernels.Cli.Tests.Commands;

public sealed class ModelsTests : TemporaryFolder
{
    private const double MostSeconds = 1;

    public static TheoryData<string> Names => [.. ShippedModels.All.Select(static m => m.Name)];

    [Fact]
    public void All_are_listed_with_sizes_inputs_and_sources()
    {
        string text = CliRun.Done("models");
        foreach (ShippedModel model in ShippedModels.All)
        {
            Assert.Contains($"{model.Name}: {model.Description}", text);
            Assert.Contains(model.Source, text);
        }
        Assert.Contains("118,282 parameters", text);
        Assert.Contains("image [3, 32, 32]; output [10], gaussian", text);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_printed_model_is_a_model_file_of_the_same_graph(string name)
    {
        string path = Text("m.json", CliRun.Done("models", name));
        Assert.Equal(CliRun.Done("plan", "--model", name, "--rule", "bp"), CliRun.Done("plan", "--model", path, "--rule", "bp"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_is_planned_in_under_a_second(string name)
    {
        string text = "";
        double best = double.PositiveInfinity;
        // The other tests and whoever else is on the machine take their part of the time.
        for (int i = 0; i < 3 || i < 20 && best >= MostSeconds; i++)
        {
            var watch = Stopwatch.StartNew();
            text = CliRun.Done("plan", "--model", name, "--rule", "zil", "--json");
            best = Math.Min(best, watch.Elapsed.TotalSeconds);
        }
        Assert.True(best < MostSeconds, $"{best:F2} s");
        JsonElement plan = JsonDocument.Parse(text).RootElement;
        foreach (string key in new[] { "vertices", "levels", "identities", "waves", "mm_per_update", "smm_per_update", "flop", "bytes", "arena_bytes", "buffer_bytes" }) Assert.True(plan.TryGetProperty(key, out _), key);
    }

    [Fact]
    public void A_name_is_the_shipped_model_and_a_file_of_that_name_needs_a_path()
    {
        CliRun unknown = CliRun.Of("models", "alexnot");
        Assert.Equal(2, unknown.Code);
        Assert.Contains("known: alexnet", Assert.Single(unknown.ErrorLines));
        Assert.Equal(2, CliRun.Of("plan", "--model", "./mlp").Code);
        Assert.Contains("pck models", Assert.Single(CliRun.Of("plan", "--model", "alexnot").ErrorLines));
        string file = Text("mlp", """{ "name": "own", "inputs": { "x": [2] }, "nodes": [ { "name": "y", "op": "linear", "of": ["x"], "units": 1 } ], "output": { "node": "y" } }""");
        Assert.Contains("own", CliRun.Done("plan", "--model", file, "--rule", "bp"));
    }

    [Fact]
    public void A_decoder_trains_on_text_and_logs_bits_per_character()
    {
        string text = Text("input.txt", string.Concat(Enumerable.Repeat("to be or not to be, that is the question. ", 40))), log = At("log.jsonl"), saved = At("s.safetensors");
        CliRun.Done("train", "--model", "decoder-small", "--data", Folder, "--rule", "bp", "--epochs", "2", "--batch", "8", "--log", log, "--save", saved);
        JsonElement last = JsonDocument.Parse(File.ReadAllLines(log)[^1]).RootElement;
        double accuracy = last.GetProperty("test_accuracy").GetDouble(), bits = last.GetProperty("test_bits_per_character").GetDouble();
        Assert.InRange(accuracy, 0.1, 1);
        Assert.InRange(bits, 0.01, Math.Log2(65));
        Assert.True(last.TryGetProperty("validation_bits_per_character", out _));
        JsonElement eval = JsonDocument.Parse(CliRun.Done("eval", "--parameters", saved, "--data", text, "--json")).RootElement;
        Assert.Equal(bits, eval.GetProperty("bits_per_character").GetDouble(), 1e-6);
    }

    [Fact]
    public void An_encoder_is_evaluated_at_hidden_characters()
    {
        string text = Text("input.txt", string.Concat(Enumerable.Repeat("to be or not to be, that is the question. ", 40))), saved = At("s.safetensors");
        string trained = CliRun.Done("train", "--model", "transformer-small", "--data", text, "--rule", "bp", "--epochs", "1", "--batch", "8", "--save", saved);
        string total = Regex.Match(trained, @"\(\d+ of (\d+)\)").Groups[1].Value;
        // Two windows of 32 are tested.
        Assert.InRange(int.Parse(total), 1, 30);
    }

    [Theory]
    [InlineData("residual-small")]
    [InlineData("rnn-small")]
    public void Z_il_equals_bp_on_small_models(string model) => Equals_bp("--model", model, "--batch", "8");

    [Fact]
    public void Z_il_equals_bp_on_a_transformer_whose_keys_have_biases_without_a_gradient() =>
        Equals_bp("--model", "transformer-small", "--data", Text("input.txt", string.Concat(Enumerable.Repeat("to be or not to be, that is the question. ", 40))), "--batch", "4");

    private static void Equals_bp(params string[] args)
    {
        JsonElement compared = JsonDocument.Parse(CliRun.Done(["compare", "--rules", "zil", "--json", .. args])).RootElement;
        JsonElement zil = compared.GetProperty("rules").EnumerateArray().Single(static r => r.GetProperty("rule").GetString() == "zil");
        Assert.InRange(zil.GetProperty("distance").GetDouble(), 0, 1e-12);
    }

    [Fact]
    public void Texts_and_models_that_do_not_fit_are_refused_in_one_line()
    {
        string text = Text("input.txt", string.Concat(Enumerable.Range(0, 2000).Select(static i => (char)(' ' + i % 90))));
        Refused("takes tokens; give a text", "train", "--model", "decoder-small");
        Refused("has 90 different characters", "train", "--model", "decoder-small", "--data", text);
        Refused("is text, but input 'x'", "train", "--model", "mlp-small", "--data", Folder);
        Refused("--normalise standard", "train", "--model", "decoder-small", "--data", text, "--normalise", "standard");
    }

    private static void Refused(string expected, params string[] args)
    {
        CliRun run = CliRun.Of(args);
        Assert.Equal(2, run.Code);
        Assert.Contains(expected, Assert.Single(run.ErrorLines));
    }
}
