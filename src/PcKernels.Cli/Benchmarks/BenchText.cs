using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using PcKernels.Cli.CommandLine;
using PcKernels.Cli.Reports;
using PcKernels.Cuda;
using Spectre.Console;

namespace PcKernels.Cli.Benchmarks;

/// <summary>Writes results as a table, as JSON, and into a log.</summary>
internal static class BenchText
{
    private const int Width = 200;

    private static readonly JsonWriterOptions s_json = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A table with one line per setting.</summary>
    public static void Write(Terminal terminal, IReadOnlyList<BenchResult> results)
    {
        Table table = MakeTable(["net", "B", "rule", "T", "start", "plain", "threads"], ["ms", "least", "middle half", "us/step", "floor ms", "of peak", "f32-f64"]);
        foreach (BenchResult r in results)
        {
            Spread ms = r.Milliseconds;
            table.AddRow([.. Key(r.Setting).Select(static t => t.EscapeMarkup()), Number(ms.Median), Number(ms.Least), $"{Number(ms.Lower)} .. {Number(ms.Upper)}",
                r.StepMilliseconds is double step ? Line($"{step * 1000:F1}") : "-", r.FloorMilliseconds is double floor ? Number(floor) : "-", r.Share is double share ? Line($"{share:P0}") : "-", Line($"{r.Difference:g2}")]);
        }
        Print(terminal, table);
        foreach (BenchResult r in results)
            if (r.Cublas is double peer) terminal.Out.WriteLine(Line($"{r.Setting.Net.Name}, {r.Setting.Options.Rule.Name}: its products alone by cuBLAS take {Number(peer)} ms, {peer / r.Milliseconds.Median:F2} of the batch"));
        terminal.Out.WriteLine("ms: median of whole batches (values started, T steps, parameters moved); floor: the program's products at the peak above; of peak: floor / ms");
    }

    /// <summary>How often something scaled: one line per rule, start and dimension, one column per factor.</summary>
    public static void WriteScaling(Terminal terminal, IReadOnlyList<(ScaledSetting Scaled, BenchResult Result)> results)
    {
        Table table = MakeTable(["rule", "start", "plain", "threads", "scaled"], [.. Enumerable.Range(1, ScaledSetting.Most).Select(static f => $"x{f} ms (ratio)")]);
        foreach (var line in results.GroupBy(static r => (r.Result.Setting.Options.Rule.Name, r.Result.Setting.Start, r.Result.Setting.Options.Plain, r.Result.Setting.Threads, r.Scaled.Dimension)))
        {
            (ScaledSetting Scaled, BenchResult Result)[] cells = [.. line.OrderBy(static r => r.Scaled.Factor)];
            double first = cells[0].Result.Milliseconds.Median;
            table.AddRow([.. Key(cells[0].Result.Setting).Where(static (_, column) => column is 2 or >= 4), line.Key.Dimension,
                .. cells.Select(c => Line($"{Number(c.Result.Milliseconds.Median)} ({c.Result.Milliseconds.Median / first:F2})"))]);
        }
        Print(terminal, table);
        terminal.Out.WriteLine("ms: median of whole batches; ratio: to the same line's x1");
    }

    /// <summary>What floors are taken from: measured peaks by number of processors, or a GPU's by its clock and units.</summary>
    public static string Peaks(BenchRun run) =>
        string.Join(", ", run.Peaks.Select(static p => p.Key == 0 ? Line($"{p.Value:F0} GFLOP/s by the device's clock and units") : Line($"{p.Value:F1} GFLOP/s on {p.Key}")))
        + (run.Peaks.ContainsKey(0) ? "" : run.Peaks.Count == 1 && run.Peaks.ContainsKey(1) ? " processor" : " processors");

    /// <summary>One JSON object: machine, peaks, <c>results</c>, and where there is only one its keys once more beside them.</summary>
    public static void WriteJson(TextWriter to, BenchRun run, IReadOnlyList<BenchResult> results)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, s_json))
        {
            json.WriteStartObject();
            json.WriteString("machine", Machine.Describe());
            json.WriteStartObject("peak_gflops");
            foreach ((int processors, double peak) in run.Peaks) json.WriteNumber($"{processors}", Math.Round(peak, 1));
            json.WriteEndObject();
            if (run.Calm is double calm) json.WriteNumber("calm", Rounded(calm));
            json.WriteNumber("rounds", run.Done);
            if (results.Count == 1) WriteKeys(json, results[0]);
            json.WriteStartArray("results");
            foreach (BenchResult result in results)
            {
                json.WriteStartObject();
                WriteKeys(json, result);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        to.WriteLine(System.Text.Encoding.UTF8.GetString(stream.ToArray()));
    }

    /// <summary>Appends one line per setting.</summary>
    /// <exception cref="RunException">The log cannot be written.</exception>
    public static void WriteLog(JsonLog log, IReadOnlyList<BenchResult> results)
    {
        foreach (BenchResult result in results)
        {
            log.Write(json =>
            {
                json.WriteStartObject();
                json.WriteString("machine", Machine.Describe());
                WriteKeys(json, result);
                json.WriteEndObject();
            });
        }
    }

    private static void WriteKeys(Utf8JsonWriter json, BenchResult result)
    {
        BenchSetting setting = result.Setting;
        json.WriteString("net", setting.Net.Name);
        json.WriteNumber("layers", setting.Layers);
        json.WriteNumber("width", setting.Width);
        json.WriteNumber("batch", setting.Batch);
        json.WriteString("rule", setting.Options.Rule.Name);
        if (setting.Steps is int steps) json.WriteNumber("steps", steps);
        if (setting.Start is string start) json.WriteString("start", start);
        json.WriteBoolean("plain", setting.Options.Plain);
        json.WriteNumber("threads", setting.Threads);
        json.WriteString("device", setting.Device.Name);
        if (result.Execution is { } execution) json.WriteString("execution", CudaExecutionPlan.Name(execution));
        json.WriteString("dtype", setting.Options.DType.ToString().ToLowerInvariant());
        Spread ms = result.Milliseconds;
        json.WriteStartObject("ms");
        foreach ((string name, double value) in new[] { ("median", ms.Median), ("min", ms.Least), ("q1", ms.Lower), ("q3", ms.Upper) }) json.WriteNumber(name, Rounded(value));
        json.WriteEndObject();
        if (result.StepMilliseconds is double step) json.WriteNumber("ms_per_step", Rounded(step));
        json.WriteNumber("batches", ms.Count);
        json.WriteNumber("flop", result.Counts.Flop);
        json.WriteNumber("bytes", result.Counts.Bytes);
        if (result.FloorMilliseconds is double floor) json.WriteNumber("floor_ms", Rounded(floor));
        if (result.Share is double share) json.WriteNumber("share_of_peak", Rounded(share));
        json.WriteNumber("f32_to_f64", result.Difference);
        if (result.Cublas is double peer) json.WriteNumber("cublas_ms", Rounded(peer));
    }

    private static string[] Key(BenchSetting s) =>
        [s.Net.Name, $"{s.Batch}", s.Options.Rule.Name, $"{s.Steps?.ToString() ?? "-"}", s.Start ?? "-", s.Options.Plain ? "yes" : "no", s.Other is null ? $"{s.Threads}" : s.Other.Name];

    private static Table MakeTable(string[] left, string[] right)
    {
        // Markdown's lines are ASCII and can be pasted where results are discussed.
        Table table = new Table().Border(TableBorder.Markdown);
        foreach (string name in left) table.AddColumn(new TableColumn(name).NoWrap());
        foreach (string name in right) table.AddColumn(new TableColumn(name).RightAligned().NoWrap());
        return table;
    }

    private static void Print(Terminal terminal, Table table)
    {
        using var text = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = Width;
        console.Write(table);
        foreach (string line in text.ToString().Split('\n').Select(static l => l.TrimEnd()).Where(static l => l.Length > 0)) terminal.Out.WriteLine(line);
    }

    private static string Number(double milliseconds) => milliseconds switch
    {
        >= 100 => Line($"{milliseconds:F1}"),
        >= 10 => Line($"{milliseconds:F2}"),
        >= 0.1 => Line($"{milliseconds:F3}"),
        _ => Line($"{milliseconds:F4}"),
    };

    private static double Rounded(double value) => Math.Round(value, 6);

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
