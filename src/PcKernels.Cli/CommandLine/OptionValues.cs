using System.Globalization;
using PcKernels.Graphs;

namespace PcKernels.Cli.CommandLine;

/// <summary>What was given, by option name: the command line over the recipe. Texts are read here, and each error names option, text and what would be right.</summary>
internal sealed class OptionValues(IReadOnlyDictionary<string, string> given, string? argument = null)
{
    /// <summary>The command's argument, or null.</summary>
    public string? Argument { get; } = argument;

    /// <summary>Whether the option was given.</summary>
    public bool Has(string name) => given.ContainsKey(name);

    /// <summary>The same with one more option.</summary>
    public OptionValues With(string name, string text) => new(new Dictionary<string, string>(given) { [name] = text }, Argument);

    /// <summary>The text, or null.</summary>
    public string? Text(string name)
    {
        if (!given.TryGetValue(name, out string? text)) return null;
        return text.Length > 0 ? text : throw new InputException($"--{name} '': the text is empty; give a value or leave the option out");
    }

    /// <summary>The text of an option that must be there.</summary>
    /// <exception cref="InputException">It is not.</exception>
    public string Required(string name, string wanted) => Text(name) ?? throw new InputException($"--{name} is missing; {wanted}");

    /// <summary>Whether a flag is set.</summary>
    public bool Flag(string name) => Text(name) switch
    {
        null or "false" => false,
        "true" => true,
        string other => throw new InputException($"--{name} {other}: true or false is expected"),
    };

    /// <summary>A number, or null.</summary>
    public double? Number(string name)
    {
        if (Text(name) is not string text) return null;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            ? number
            : throw new InputException($"--{name} {text}: a number such as 0.1 is expected");
    }

    /// <summary>A whole number, or null.</summary>
    public int? Whole(string name)
    {
        if (Text(name) is not string text) return null;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new InputException($"--{name} {text}: a whole number is expected");
    }

    /// <summary>A whole number from <paramref name="least"/> on, or null.</summary>
    public int? Whole(string name, int least)
    {
        int? number = Whole(name);
        return number is null || number >= least ? number : throw new InputException($"--{name} {number}: a whole number ≥ {least} is expected");
    }

    /// <summary>Texts separated by commas, each once, or those of <paramref name="fallback"/>.</summary>
    /// <exception cref="InputException">There is none between the commas.</exception>
    public string[] List(string name, string fallback = "")
    {
        string text = Text(name) ?? fallback;
        string[] parts = [.. text.Split(',', StringSplitOptions.TrimEntries).Distinct()];
        return parts.All(static p => p.Length > 0) ? parts : throw new InputException($"--{name} {text}: there is nothing beside a comma; separate values by one comma each");
    }

    /// <summary>Whole numbers from <paramref name="least"/> on, separated by commas.</summary>
    public int[] Wholes(string name, int least, string fallback) => [.. List(name, fallback).Select(part => With(name, part).Whole(name, least)!.Value)];

    /// <summary>A seed.</summary>
    public ulong Seed()
    {
        if (Text("seed") is not string text) return 0;
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed)
            ? seed
            : throw new InputException($"--seed {text}: a whole number from 0 to {ulong.MaxValue} is expected");
    }

    /// <summary>One of some words.</summary>
    public T Choice<T>(string name, T fallback, params IReadOnlyList<(string Word, T Meaning)> choices)
    {
        if (Text(name) is not string text) return fallback;
        foreach ((string word, T meaning) in choices)
        {
            if (word == text) return meaning;
        }
        throw new InputException($"--{name} {text}: unknown; {Suggestion.Of(text, choices.Select(static c => c.Word))}");
    }

    /// <summary>A batch size; null for all samples.</summary>
    public int? Batch(int fallback)
    {
        if (Text("batch") == "all") return null;
        if (Text("batch") is string text && !int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
            throw new InputException($"--batch {text}: a whole number ≥ 1 or all is expected");
        return Whole("batch", 1) ?? fallback;
    }
}
