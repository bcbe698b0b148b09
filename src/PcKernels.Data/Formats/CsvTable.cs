using System.Globalization;

namespace PcKernels.Data.Formats;

/// <summary>The checked cells of a table: numbers of all input columns, texts of the label column.</summary>
/// <param name="File">The file as it was read.</param>
/// <param name="Inputs"><c>[rows, Columns]</c>, row-major.</param>
/// <param name="Columns">Number of input columns.</param>
/// <param name="Labels">One text per row; empty without a label column.</param>
/// <param name="Lines">The line of each row, from 1.</param>
internal sealed record CsvTable(SourceFile File, float[] Inputs, int Columns, IReadOnlyList<string> Labels, IReadOnlyList<int> Lines)
{
    /// <exception cref="InputException">A row is ragged or empty, a cell is no finite number, or there is no row.</exception>
    public static CsvTable Parse(SourceFile file, CsvOptions options)
    {
        var scanner = new CsvScanner(file);
        string path = file.Path;
        scanner.Next();
        int width = scanner.Count, first = scanner.Line;
        int label = LabelIndex(scanner, path, options);
        int columns = width - (label < 0 ? 0 : 1);
        if (columns == 0)
            throw new InputException($"'{path}', line {first}: one column only; inputs and a label are expected, separated by commas or semicolons");
        bool more = !(options.Header ?? LooksLikeHeader(scanner, label)) || scanner.Next();

        var inputs = new List<float>();
        var labels = new List<string>();
        var lines = new List<int>();
        var known = new Dictionary<string, string>(StringComparer.Ordinal);
        int blank = 0;
        for (; more; more = scanner.Next())
        {
            if (scanner.IsBlank && width > 1)
            {
                if (blank == 0) blank = scanner.Line;
                continue;
            }
            // Empty lines at the end do no harm; one before a row is a sign of a damaged file.
            if (blank > 0) throw new InputException($"'{path}', line {blank}: the line is empty; a row of {width} cells is expected");
            ReadRow(scanner, path, width, first, label, inputs, labels, known);
            lines.Add(scanner.Line);
        }
        if (lines.Count == 0) throw new InputException($"'{path}' has a header but no rows; at least one is expected");
        return new CsvTable(file, [.. inputs], columns, labels, lines);
    }

    private static void ReadRow(CsvScanner scanner, string path, int width, int first, int label, List<float> inputs, List<string> labels, Dictionary<string, string> known)
    {
        if (scanner.Count != width)
            throw new InputException($"'{path}', line {scanner.Line}: {scanner.Count} cells, but line {first} has {width}; every row needs as many");
        for (int cell = 0; cell < width; cell++)
        {
            if (scanner.Bytes(cell).IsEmpty)
                throw new InputException($"'{path}', line {scanner.Line}, column {cell + 1}: the cell is empty; {(cell == label ? "a label" : "a number")} is expected");
            if (cell == label)
            {
                // Few different labels fill many rows: one string for each is enough.
                string text = scanner.Text(cell);
                labels.Add(known.TryGetValue(text, out string? same) ? same : known[text] = text);
                continue;
            }
            if (!float.TryParse(scanner.Bytes(cell), NumberStyles.Float, CultureInfo.InvariantCulture, out float value))
                throw new InputException($"'{path}', line {scanner.Line}, column {cell + 1}: {scanner.Show(cell)} is not a number; inputs have to be numbers with a decimal point");
            if (!float.IsFinite(value))
                throw new InputException($"'{path}', line {scanner.Line}, column {cell + 1}: {scanner.Show(cell)} is not a finite number in single precision, which is expected");
            inputs.Add(value);
        }
    }

    private static int LabelIndex(CsvScanner scanner, string path, CsvOptions options)
    {
        if (options.Target == CsvTarget.None) return -1;
        if (options.LabelColumn is not { } column) return scanner.Count - 1;
        // The number first: without a header the cells of the first row are no names.
        if (int.TryParse(column, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= 1 && number <= scanner.Count) return number - 1;
        for (int cell = 0; cell < scanner.Count; cell++)
            if (scanner.Text(cell) == column) return cell;
        throw new InputException($"'{path}', line {scanner.Line}: no label column '{column}'; a name from the header or a number from 1 to {scanner.Count} is expected");
    }

    private static bool LooksLikeHeader(CsvScanner scanner, int label)
    {
        for (int cell = 0; cell < scanner.Count; cell++)
        {
            if (cell == label) continue;
            if (scanner.Bytes(cell).IsEmpty || double.TryParse(scanner.Bytes(cell), NumberStyles.Float, CultureInfo.InvariantCulture, out _)) return false;
        }
        return true;
    }
}
