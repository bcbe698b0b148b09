using System.Globalization;

namespace PcKernels.Data.Formats;

/// <summary>Decides what the label columns of all parts of a data set mean together, and makes parts of them.</summary>
internal sealed class CsvLabels
{
    private readonly bool _numeric;
    private readonly Dictionary<string, int>? _classes;

    /// <exception cref="InputException">Labels are texts and numbers mixed, or not finite, or no label where one is needed.</exception>
    public CsvLabels(IReadOnlyList<CsvTable> tables, CsvOptions options)
    {
        Names = [];
        if (options.Target == CsvTarget.None) return;
        _numeric = options.Target == CsvTarget.Numbers;
        if (options.ClassNames is null && options.Target == CsvTarget.Automatic)
        {
            CheckNotMixed(tables);
            _numeric = IsNumber(tables[0].Labels[0]) && !tables.All(static t => t.Labels.All(static l => IsInteger(l)));
        }
        if (_numeric) return;
        Names = options.ClassNames is { } given ? [.. given] : Sorted(tables.SelectMany(static t => t.Labels).Distinct(StringComparer.Ordinal));
        _classes = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string name in Names)
            if (!_classes.TryAdd(Key(name), _classes.Count)) throw new InputException($"the class '{name}' is given twice; each class may stand once");
    }

    /// <summary>The classes in their order; empty for target numbers.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>A part from one table; <paramref name="shape"/> is the shape of a sample.</summary>
    public DataPart ToPart(string name, CsvTable table, IReadOnlyList<int> shape)
    {
        if (_numeric) return DataPart.FromTargets(name, table.Inputs, shape, [.. table.Labels.Select((label, row) => Number(table, label, row))], 1);
        if (_classes is null) return DataPart.FromInputs(name, table.Inputs, shape);
        return DataPart.FromLabels(name, table.Inputs, shape, [.. table.Labels.Select((label, row) => Class(table, label, row))], Names.Count);
    }

    private int Class(CsvTable table, string label, int row) => _classes!.TryGetValue(Key(label), out int index) ? index
        : throw new InputException($"'{table.File.Path}', line {table.Lines[row]}: the label {CsvScanner.Show(label)} is none of the classes {string.Join(", ", Names)}");

    private static float Number(CsvTable table, string label, int row)
    {
        if (float.TryParse(label, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) && float.IsFinite(value)) return value;
        throw new InputException($"'{table.File.Path}', line {table.Lines[row]}: the label {CsvScanner.Show(label)} is not a finite number, which is expected for regression");
    }

    // A single "1o" among numbers is a slip of the pen, not a class of its own.
    private static void CheckNotMixed(IReadOnlyList<CsvTable> tables)
    {
        int numbers = tables.Sum(static t => t.Labels.Count(IsNumber)), all = tables.Sum(static t => t.Labels.Count);
        if (numbers == 0 || numbers == all) return;
        bool oddIsNumber = numbers < all - numbers;
        foreach (CsvTable table in tables)
        {
            for (int row = 0; row < table.Labels.Count; row++)
            {
                if (IsNumber(table.Labels[row]) == oddIsNumber)
                    throw new InputException($"'{table.File.Path}', line {table.Lines[row]}: the label {CsvScanner.Show(table.Labels[row])} is {(oddIsNumber ? "a number, but most are texts" : "no number, but most are")}; all labels have to be of one kind");
            }
        }
    }

    private static string[] Sorted(IEnumerable<string> labels)
    {
        string[] names = [.. labels.Select(Key).Distinct(StringComparer.Ordinal)];
        if (Array.TrueForAll(names, IsInteger)) Array.Sort(Array.ConvertAll(names, static n => long.Parse(n, CultureInfo.InvariantCulture)), names);
        else Array.Sort(names, StringComparer.Ordinal);
        return names;
    }

    // "1", "01" and "+1" are one class.
    private static string Key(string label) =>
        long.TryParse(label, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value.ToString(CultureInfo.InvariantCulture) : label;

    private static bool IsInteger(string label) => long.TryParse(label, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);

    private static bool IsNumber(string label) => double.TryParse(label, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
}
