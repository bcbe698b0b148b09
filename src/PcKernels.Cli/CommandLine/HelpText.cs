namespace PcKernels.Cli.CommandLine;

/// <summary>Writes help: what a command is for, an example, then its options by heading with their defaults.</summary>
internal static class HelpText
{
    private const int Width = 118;
    private const int Column = 34;

    private static readonly (OptionGroup Group, string Title)[] s_groups =
        [(OptionGroup.Command, "Options"), (OptionGroup.Inference, "Rule and inference"), (OptionGroup.Optimiser, "Parameters"), (OptionGroup.Device, "Device and run")];

    /// <summary>Help of the program.</summary>
    public static void WriteRoot(TextWriter to, IReadOnlyList<CommandSpec> commands)
    {
        to.WriteLine("pck: predictive coding, planned as waves and run at once.");
        to.WriteLine();
        to.WriteLine("Usage: pck COMMAND [options]");
        to.WriteLine();
        to.WriteLine("Commands:");
        foreach (CommandSpec command in commands) WriteRow(to, command.Name, command.Summary, 12);
        to.WriteLine();
        to.WriteLine("Example:");
        to.WriteLine("  pck train                  trains iPC on the digits that the program carries");
        to.WriteLine("  pck train --help           every option of a command with its default");
        to.WriteLine("  pck --version");
        to.WriteLine();
        to.WriteLine("Exit status: 0 done; 1 the run failed or a result could not be written; 2 the command line or an input is wrong.");
    }

    /// <summary>Help of one command.</summary>
    public static void WriteCommand(TextWriter to, CommandSpec command)
    {
        to.WriteLine($"pck {command.Name}: {command.Summary}");
        foreach (string line in command.Details) to.WriteLine(line);
        to.WriteLine();
        to.WriteLine($"Usage: pck {command.Name}{(command.Argument is null ? "" : $" [{command.Argument}]")}{(command.Options.Count == 0 ? "" : " [options]")}");
        to.WriteLine();
        to.WriteLine("Example:");
        foreach (string line in command.Example) to.WriteLine($"  {line}");
        foreach ((OptionGroup group, string title) in s_groups)
        {
            OptionSpec[] options = [.. command.Options.Where(o => o.Group == group)];
            if (options.Length == 0) continue;
            to.WriteLine();
            to.WriteLine($"{title}:");
            foreach (OptionSpec option in options)
                WriteRow(to, option.Synopsis, option.Default is null ? option.Help : $"{option.Help} [{option.Default}]", Column);
        }
    }

    private static void WriteRow(TextWriter to, string left, string right, int column)
    {
        string head = $"  {left}";
        bool fits = head.Length < column;
        string line = fits ? head.PadRight(column) : head;
        if (!fits)
        {
            to.WriteLine(line);
            line = new string(' ', column);
        }
        bool isStart = true;
        foreach (string word in right.Split(' '))
        {
            if (!isStart && line.Length + 1 + word.Length > Width)
            {
                to.WriteLine(line);
                line = new string(' ', column);
                isStart = true;
            }
            line += isStart ? word : $" {word}";
            isStart = false;
        }
        to.WriteLine(line);
    }
}
