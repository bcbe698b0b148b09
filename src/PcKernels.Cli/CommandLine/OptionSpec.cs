namespace PcKernels.Cli.CommandLine;

/// <summary>One option as the command line, recipes and help know it. Its text is read by <see cref="OptionValues"/>, so that every error is ours and one line.</summary>
/// <param name="Name">The name without dashes.</param>
/// <param name="Value">What help calls its value; null for a flag.</param>
/// <param name="Help">What it does, in one line.</param>
/// <param name="Group">The heading it stands under.</param>
/// <param name="Default">What applies when it is not given, as help shows it; null where there is nothing to show.</param>
internal sealed record OptionSpec(string Name, string? Value, string Help, OptionGroup Group = OptionGroup.Command, string? Default = null)
{
    /// <summary>Whether it takes no value.</summary>
    public bool IsFlag => Value is null;

    /// <summary>Whether the value may be left out and then is <c>true</c>: a flag with more than two positions.</summary>
    public bool IsValueOptional { get; init; }

    /// <summary>Whether a recipe may hold it; what names a result or the recipe itself belongs to the command line.</summary>
    public bool InRecipe { get; init; } = true;

    /// <summary>What follows it on the command line in help, such as <c>--gamma γ</c>.</summary>
    public string Synopsis => IsFlag ? $"--{Name}" : IsValueOptional ? $"--{Name} [{Value}]" : $"--{Name} {Value}";
}
