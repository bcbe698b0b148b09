namespace PcKernels.Cli.Tests.CommandLine;

public sealed class HelpTests
{
    public static TheoryData<string> Commands() => [.. Pck.Commands.Select(static c => c.Name)];

    [Fact]
    public void Without_arguments_the_commands_are_listed_with_an_example()
    {
        string help = CliRun.Done();
        Assert.Equal(help, CliRun.Done("--help"));
        Assert.Contains("Example:", help);
        foreach (string command in new[] { "train", "eval", "predict", "step", "plan", "compare", "bench", "devices", "data" }) Assert.Contains($"  {command} ", help);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_command_explains_itself_with_an_example(string command)
    {
        string help = CliRun.Done(command, "--help");
        Assert.Contains($"Example:\n  pck {command}", help);
        foreach (string option in Pck.Commands.Single(c => c.Name == command).Options.Select(static o => $"--{o.Name}")) Assert.Contains(option, help);
    }

    [Theory]
    [InlineData("train")]
    [InlineData("plan")]
    [InlineData("compare")]
    [InlineData("step")]
    public void Defaults_are_shown_by_rule_where_they_differ(string command)
    {
        string help = CliRun.Done(command, "--help");
        Assert.Contains("[ipc: 0.3; pc: 0.1; fpa: 1]", help);
        Assert.Contains("adam: 1e-3", help);
    }

    [Fact]
    public void Help_wins_over_missing_options() => Assert.Contains("Usage: pck step", CliRun.Done("step", "--help"));

    [Fact]
    public void The_version_is_one_line() => Assert.Matches(@"^\d+\.\d+\.\d+\S*\n$", CliRun.Done("--version"));

    [Fact]
    public void No_line_is_wider_than_a_terminal_but_for_examples() =>
        Assert.All(Pck.Commands.SelectMany(static c => CliRun.Done(c.Name, "--help").Split('\n').SkipWhile(static l => l != "Example:").Skip(1 + c.Example.Count)), static line => Assert.True(line.Length <= 118, line));
}
