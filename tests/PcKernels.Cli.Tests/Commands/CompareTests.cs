using System.Text.Json;

namespace PcKernels.Cli.Tests.Commands;

public sealed class CompareTests
{
    [Fact]
    public void Z_il_and_fpa_equal_bp_and_the_others_do_not()
    {
        Dictionary<string, JsonElement> rules = Compare("--batch", "8");
        Assert.Equal(["bp", "pc", "ipc", "zil", "fpa"], rules.Keys);
        Assert.True(Distance(rules["zil"]) < 1e-12);
        Assert.True(Distance(rules["fpa"]) < 1e-12);
        Assert.True(Distance(rules["pc"]) > 0.01);
        Assert.True(Distance(rules["ipc"]) > 0.01);
        Assert.InRange(rules["pc"].GetProperty("cosine").GetDouble(), 0.5, 1);
        Assert.Equal(9, rules["pc"].GetProperty("energies").GetArrayLength());
        Assert.Equal(5, rules["bp"].GetProperty("smm_per_update").GetProperty("counted").GetInt32());
    }

    [Theory]
    [InlineData("gamma")]
    [InlineData("start")]
    [InlineData("levels")]
    public void Without_one_of_its_conditions_zil_is_not_bp(string ablation)
    {
        Dictionary<string, JsonElement> rules = Compare("--rules", "zil", "--ablation", ablation, "--batch", "8");
        Assert.True(Distance(rules["zil"]) < 1e-12);
        Assert.True(Distance(rules[$"zil without {ablation}"]) > 1e-3);
    }

    [Fact]
    public void The_table_has_a_line_per_rule()
    {
        string text = CliRun.Done("compare", "--rules", "bp,pc", "--dtype", "f32");
        Assert.Contains("f32", text);
        Assert.Contains("\nbp ", text);
        Assert.Contains("\npc ", text);
        Assert.DoesNotContain("\nzil ", text);
    }

    private static Dictionary<string, JsonElement> Compare(params string[] args) =>
        JsonDocument.Parse(CliRun.Done(["compare", "--json", .. args])).RootElement.GetProperty("rules").EnumerateArray().ToDictionary(static r => r.GetProperty("rule").GetString()!);

    private static double Distance(JsonElement rule) => rule.GetProperty("distance").GetDouble();
}
