using System.CommandLine;
using System.Runtime.InteropServices;
using PcKernels.Cli.CommandLine;
using PcKernels.Cli.Commands;

namespace PcKernels.Cli;

/// <summary>The program <c>pck</c>.</summary>
internal static class Pck
{
    private const string TraceVariable = "PCK_TRACE";

    /// <summary>All commands.</summary>
    public static IReadOnlyList<CommandSpec> Commands { get; } =
    [
        TrainCommand.Spec, EvalCommand.Spec, PredictCommand.Spec, CompareCommand.Spec, BenchCommand.Spec, PlanCommand.Spec, StepCommand.Spec, ModelsCommand.Spec, DataCommand.Spec, DevicesCommand.Spec,
    ];

    public static int Main(string[] args)
    {
        using var cancellation = new CancellationTokenSource();
        // A second Ctrl+C ends the process the hard way.
        Console.CancelKeyPress += (_, pressed) => pressed.Cancel = TryCancel(cancellation);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => signal.Cancel = TryCancel(cancellation));
        return Run(args, Terminal.OfProcess(), cancellation.Token);
    }

    /// <summary>Runs one command line.</summary>
    /// <returns>The exit status.</returns>
    public static int Run(IReadOnlyList<string> args, Terminal terminal, CancellationToken cancellation = default)
    {
        try
        {
            var tree = new CommandTree(Commands, terminal, cancellation);
            ParseResult parsed = tree.Parse(args.Count == 0 ? ["--help"] : args);
            return parsed.Invoke(new InvocationConfiguration { Output = terminal.Out, Error = terminal.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (Exception error)
        {
            return Report(error, terminal.Error);
        }
    }

    private static int Report(Exception error, TextWriter to)
    {
        (int code, string message) = error switch
        {
            InputException => (ExitCode.BadInput, error.Message),
            RunException => (ExitCode.Failed, error.Message),
            OperationCanceledException => (ExitCode.Failed, "interrupted; nothing was written"),
            OutOfMemoryException => (ExitCode.Failed, "out of memory; use a smaller --batch or model"),
            IOException or UnauthorizedAccessException => (ExitCode.Failed, error.Message),
            _ => (ExitCode.Failed, $"{error.GetType().Name}: {error.Message} ({TraceVariable}=1 shows where)"),
        };
        try
        {
            to.WriteLine($"pck: {message.ReplaceLineEndings(" ")}");
            if (Environment.GetEnvironmentVariable(TraceVariable) == "1") to.WriteLine(error);
        }
        catch (IOException)
        {
            // Nobody reads standard error any more; the exit status still says it.
        }
        return code;
    }

    private static bool TryCancel(CancellationTokenSource source)
    {
        if (source.IsCancellationRequested) return false;
        source.Cancel();
        return true;
    }
}
