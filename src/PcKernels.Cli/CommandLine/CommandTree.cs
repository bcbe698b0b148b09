using System.CommandLine;
using System.CommandLine.Help;
using PcKernels.Graphs;

namespace PcKernels.Cli.CommandLine;

/// <summary>The commands as System.CommandLine parses them. Every value is taken as text; <see cref="OptionValues"/> reads it.</summary>
internal sealed class CommandTree
{
    private readonly IReadOnlyList<CommandSpec> _commands;
    private readonly RootCommand _root = new("pck");

    public CommandTree(IReadOnlyList<CommandSpec> commands, Terminal terminal, CancellationToken cancellation)
    {
        _commands = commands;
        SetHelp(_root, to => HelpText.WriteRoot(to, commands));
        foreach (CommandSpec command in commands) _root.Subcommands.Add(Make(command, terminal, cancellation));
    }

    /// <summary>Parses a command line.</summary>
    /// <exception cref="InputException">It is wrong; the message is one line.</exception>
    public ParseResult Parse(IReadOnlyList<string> arguments)
    {
        ParseResult result = _root.Parse(arguments, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
        if (result.Errors.Count == 0 || result.Action is HelpAction) return result;
        string place = result.CommandResult.Command == _root ? "" : $"{result.CommandResult.Command.Name}: ";
        if (result.UnmatchedTokens.Count > 0) throw new InputException($"{place}{Unmatched(result)}");
        throw new InputException($"{place}{result.Errors[0].Message.ReplaceLineEndings(" ").TrimEnd('.')}; pck {place.TrimEnd(' ', ':')} --help shows what is expected".Replace("pck  ", "pck ", StringComparison.Ordinal));
    }

    private static void SetHelp(Command command, Action<TextWriter> write)
    {
        if (command.Options.OfType<HelpOption>().FirstOrDefault() is HelpOption known) known.Action = new HelpAction(write);
        else command.Options.Add(new HelpOption { Action = new HelpAction(write) });
    }

    private string Unmatched(ParseResult result)
    {
        string token = result.UnmatchedTokens[0];
        CommandSpec? command = _commands.FirstOrDefault(c => c.Name == result.CommandResult.Command.Name);
        if (command is null) return $"'{token}' is no command; {Suggestion.Of(token, _commands.Select(static c => c.Name))}";
        return token.StartsWith('-')
            ? $"{token}: unknown option; {Suggestion.Of(token.Split('=')[0], command.Options.Select(static o => $"--{o.Name}"))}"
            : $"'{token}' is one argument too many; options begin with -- and take one value";
    }

    private Command Make(CommandSpec spec, Terminal terminal, CancellationToken cancellation)
    {
        var command = new Command(spec.Name, spec.Summary);
        var options = new Dictionary<OptionSpec, Option>();
        foreach (OptionSpec option in spec.Options)
        {
            Option made = option.IsFlag ? new Option<bool>($"--{option.Name}") : new Option<string>($"--{option.Name}") { Arity = option.IsValueOptional ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne };
            options.Add(option, made);
            command.Options.Add(made);
        }
        var argument = new Argument<string?>(spec.Argument ?? "argument") { Arity = ArgumentArity.ZeroOrOne };
        if (spec.Argument is not null) command.Arguments.Add(argument);
        SetHelp(command, to => HelpText.WriteCommand(to, spec));
        command.SetAction(parsed => spec.Run(new CommandContext(Values(parsed, spec, options, spec.Argument is null ? null : parsed.GetValue(argument)), terminal, cancellation)));
        return command;
    }

    private OptionValues Values(ParseResult parsed, CommandSpec spec, Dictionary<OptionSpec, Option> options, string? argument)
    {
        var given = new Dictionary<string, string>();
        foreach ((OptionSpec option, Option made) in options)
        {
            if (parsed.GetResult(made) is null or { Implicit: true }) continue;
            given.Add(option.Name, made is Option<bool> flag ? (parsed.GetValue(flag) ? "true" : "false") : parsed.GetValue((Option<string>)made) ?? "true");
        }
        if (given.TryGetValue("recipe", out string? recipe))
        {
            foreach ((string name, string text) in Recipe.Read(recipe, spec.Options, [.. _commands.SelectMany(static c => c.Options)])) given.TryAdd(name, text);
        }
        return new OptionValues(given, argument);
    }
}
