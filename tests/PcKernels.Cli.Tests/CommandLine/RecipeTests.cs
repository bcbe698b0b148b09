namespace PcKernels.Cli.Tests.CommandLine;

public sealed class RecipeTests : TemporaryFolder
{
    [Fact]
    public void A_recipe_gives_options_and_the_command_line_wins()
    {
        string recipe = Text("r.json", """
            { "rule": "pc", "steps": 5, "gamma": 0.05, "optimizer": "sgd", "lr": 0.02, "batch": 30, "epochs": 1, "normalise": "none", "seed": 7, "nesterov": true, "momentum": 0.5, "data": "digits" }
            """);
        string text = CliRun.Done("train", "--recipe", recipe, "--steps", "6", "--seed", "8");
        Assert.Contains("pc (T 6, γ 0.05), sgd 0.02, nesterov momentum 0.5, batch 30, f32, seed 8", text);
        Assert.DoesNotContain("normalised", text);
    }

    [Fact]
    public void A_flag_on_the_command_line_can_switch_a_recipes_flag_off()
    {
        string recipe = Text("r.json", """{ "rule": "zil", "plain": true }""");
        Assert.Contains(", plain", CliRun.Done("plan", "--recipe", recipe));
        Assert.DoesNotContain(", plain", CliRun.Done("plan", "--recipe", recipe, "--plain", "false"));
    }

    [Fact]
    public void Options_of_other_commands_are_passed_over() =>
        Assert.Contains("rule      bp, batch 12", CliRun.Done("plan", "--recipe", Text("r.json", """{ "rule": "bp", "batch": 12, "epochs": 3, "normalise": "standard" }""")));

    [Theory]
    [InlineData("""{ "gama": 1 }""", "unknown key 'gama'; known: gamma")]
    [InlineData("""{ "save": "x" }""", "unknown key 'save'")]
    [InlineData("""{ "rule": ["pc"] }""", "'rule' is neither")]
    [InlineData("""{ "rule": "pc", "rule": "bp" }""", "twice")]
    [InlineData("""[]""", "one JSON object")]
    [InlineData("""{ "rule": """, "no JSON at line 1")]
    [InlineData("""{ "gamma": -1 }""", "--gamma -1")]
    public void A_wrong_recipe_is_told_in_one_line(string content, string expected)
    {
        CliRun run = CliRun.Of("train", "--recipe", Text("r.json", content));
        Assert.Equal(2, run.Code);
        Assert.Contains(expected, Assert.Single(run.ErrorLines));
        if (!expected.StartsWith("--", StringComparison.Ordinal)) Assert.Contains("r.json", run.Error);
    }

    [Fact]
    public void A_missing_recipe_and_a_folder_are_told()
    {
        Assert.Equal(2, CliRun.Of("train", "--recipe", At("no.json")).Code);
        Assert.Contains("is a folder", Assert.Single(CliRun.Of("train", "--recipe", Folder).ErrorLines));
    }
}
