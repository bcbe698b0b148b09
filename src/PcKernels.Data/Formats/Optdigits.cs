using System.Reflection;

namespace PcKernels.Data.Formats;

/// <summary>UCI's handwritten digits of 8×8 counts from 0 to 16: the pair of files, and the copy that this assembly carries.</summary>
internal static class Optdigits
{
    public const string FileName = "optdigits";
    public const string Source = "UCI Machine Learning Repository, Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak, 1998";
    public const string Licence = "CC BY 4.0";

    private const int Side = 8;
    private const int Largest = 16;
    private static readonly CsvOptions Options = new() { Target = CsvTarget.Classes, ClassNames = [.. Enumerable.Range(0, 10).Select(static digit => $"{digit}")] };

    /// <summary>The embedded copy.</summary>
    public static DataSet Embedded(string name) => Make(name, Resource("optdigits.tra"), Resource("optdigits.tes"));

    /// <summary>The data set from its two files; counts become [0, 1].</summary>
    /// <exception cref="InputException">A table has not 64 input columns, or a count is no whole number from 0 to 16.</exception>
    public static DataSet Make(string name, SourceFile train, SourceFile? test)
    {
        CsvTable trainTable = Read(train);
        CsvTable? testTable = test is null ? null : Read(test);
        var labels = new CsvLabels(testTable is null ? [trainTable] : [trainTable, testTable], Options);
        return new DataSet(name, labels.ToPart($"{name} train", trainTable, [Side, Side]), testTable is null ? null : labels.ToPart($"{name} test", testTable, [Side, Side]))
        {
            ClassNames = labels.Names,
            Checksums = test is null ? [train.Checksum] : [train.Checksum, test.Checksum],
            Source = Source,
            Licence = Licence,
        };
    }

    private static CsvTable Read(SourceFile file)
    {
        CsvTable table = CsvTable.Parse(file, Options);
        if (table.Columns != Side * Side) throw new InputException($"'{file.Path}': {table.Columns} input columns; {FileName} has {Side * Side} and a label");
        for (int i = 0; i < table.Inputs.Length; i++)
        {
            float count = table.Inputs[i];
            if (count is < 0 or > Largest || count != MathF.Floor(count))
                throw new InputException($"'{file.Path}', line {table.Lines[i / table.Columns]}, column {i % table.Columns + 1}: {count} is no count of {FileName}; a whole number from 0 to {Largest} is expected");
            table.Inputs[i] = count / Largest;
        }
        return table;
    }

    private static SourceFile Resource(string file)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"{file}.gz")
            ?? throw new InvalidOperationException($"the assembly lacks its resource {file}.gz");
        var raw = new byte[stream.Length];
        stream.ReadExactly(raw);
        return SourceFile.Unpack(file, raw);
    }
}
