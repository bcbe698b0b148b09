namespace PcKernels.Data.Formats;

/// <summary>Data sets from tables: one file, a pair for training and test, or <c>NAME.tra</c> with <c>NAME.tes</c> as UCI ships them.</summary>
internal static class CsvData
{
    public const string Looked = "one *.csv[.gz], or train.csv with test.csv";
    public const string LookedPair = "NAME.tra with NAME.tes";

    /// <summary>The data set of a folder's <c>NAME.tra</c>, or null when there is none.</summary>
    public static DataSet? TryLoadPair(string folder, IReadOnlyList<string> files, CsvOptions options)
    {
        string[] train = Named(files, ".tra");
        if (train.Length == 0) return null;
        if (train.Length > 1)
            throw new InputException($"'{folder}': {train.Length} training tables ({string.Join(", ", train.Select(Path.GetFileName))}); name the one that is meant");
        return LoadPair(train[0], files, options);
    }

    /// <summary>The data set of one <c>NAME.tra</c>, with <c>NAME.tes</c> if it is there.</summary>
    public static DataSet LoadPair(string train, IReadOnlyList<string> files, CsvOptions options)
    {
        string stem = train[..train.LastIndexOf(".tra", StringComparison.OrdinalIgnoreCase)];
        string? test = files.FirstOrDefault(f => f == stem + ".tes") ?? files.FirstOrDefault(f => f == stem + ".tes.gz");
        string name = Path.GetFileName(stem);
        SourceFile trainFile = SourceFile.Read(train);
        SourceFile? testFile = test is null ? null : SourceFile.Read(test);
        return name == Optdigits.FileName ? Optdigits.Make(name, trainFile, testFile) : Make(name, trainFile, testFile, options);
    }

    /// <summary>The data set of a folder's CSV files, or null when there is none.</summary>
    public static DataSet? TryLoad(string folder, string name, IReadOnlyList<string> files, CsvOptions options)
    {
        string[] tables = Named(files, ".csv");
        string[] test = [.. tables.Where(static f => Path.GetFileName(f).Contains("test", StringComparison.OrdinalIgnoreCase))];
        string[] train = [.. tables.Except(test)];
        if (tables.Length == 0) return null;
        // A single table is the training part, whatever its name.
        if (tables.Length == 1) return Make(name, SourceFile.Read(tables[0]), null, options);
        if (train.Length == 1 && test.Length == 1) return Make(name, SourceFile.Read(train[0]), SourceFile.Read(test[0]), options);
        throw new InputException($"'{folder}': {tables.Length} CSV files ({string.Join(", ", tables.Select(Path.GetFileName))}); one, or one for training and one with 'test' in its name, is expected, or name the file that is meant");
    }

    /// <summary>A data set from one or two tables.</summary>
    public static DataSet Make(string name, SourceFile train, SourceFile? test, CsvOptions options)
    {
        CsvTable trainTable = CsvTable.Parse(train, options);
        CsvTable? testTable = test is null ? null : CsvTable.Parse(test, options);
        var labels = new CsvLabels(testTable is null ? [trainTable] : [trainTable, testTable], options);
        return new DataSet(name, labels.ToPart($"{name} train", trainTable, [trainTable.Columns]),
            testTable is null ? null : labels.ToPart($"{name} test", testTable, [testTable.Columns]))
        {
            ClassNames = labels.Names,
            Checksums = test is null ? [train.Checksum] : [train.Checksum, test.Checksum],
        };
    }

    private static string[] Named(IReadOnlyList<string> files, string extension) =>
        [.. files.Where(f => f.EndsWith(extension, StringComparison.OrdinalIgnoreCase)
            || (f.EndsWith(extension + ".gz", StringComparison.OrdinalIgnoreCase) && !files.Contains(f[..^3])))];
}
