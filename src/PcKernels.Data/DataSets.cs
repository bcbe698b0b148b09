using PcKernels.Data.Formats;

namespace PcKernels.Data;

/// <summary>Finds and reads data sets.</summary>
public static class DataSets
{
    private const string Digits = "digits";

    // Characters of a window where no model says how many it takes.
    private const int DefaultWindow = 64;

    /// <summary>What ships with the library.</summary>
    public static IReadOnlyList<KnownDataSet> Known { get; } =
        [new(Digits, "3823 + 1797 handwritten digits, 8×8 counts from 0 to 16 as [0, 1], 10 classes", Optdigits.Source, Optdigits.Licence)];

    /// <summary>Reads a data set.</summary>
    /// <param name="folderOrName">
    /// One of <see cref="Known"/>; or a folder with IDX files as MNIST names them, CIFAR binary batches, one safetensors file, <c>NAME.tra</c> with
    /// <c>NAME.tes</c>, CSV files, or texts (<c>input.txt</c>, or <c>train.txt</c> with <c>valid.txt</c> and <c>test.txt</c>), looked for in this order; or a CSV, .tra or safetensors file itself. All but safetensors files may be packed with gzip.
    /// </param>
    /// <param name="csv">How tables are read; null for the defaults.</param>
    /// <returns>Pixels are in [0, 1], numbers of tables as they are written.</returns>
    /// <exception cref="InputException">Nothing is found, or a file is wrong; one line says which file, where, and what would be right.</exception>
    public static DataSet Load(string folderOrName, CsvOptions? csv = null)
    {
        ArgumentNullException.ThrowIfNull(folderOrName);
        csv ??= new CsvOptions();
        if (folderOrName == Digits) return Optdigits.Embedded(Digits);
        if (Directory.Exists(folderOrName)) return LoadFolder(folderOrName, csv);
        if (File.Exists(folderOrName)) return LoadFile(folderOrName, csv);
        throw new InputException($"'{folderOrName}' is no data set: neither a folder nor a file, and the names known are {string.Join(", ", Known.Select(static k => k.Name))}");
    }

    /// <summary>Reads a text as windows of characters, each with the next character as its target.</summary>
    /// <param name="folderOrFile">A UTF-8 text, or a folder with <c>input.txt</c> (cut into 90 % training, 5 % validation and 5 % test part, in order) or with <c>train.txt</c> and perhaps <c>valid.txt</c> and <c>test.txt</c>; each may be packed with gzip.</param>
    /// <param name="window">Characters of a window, at least 1; windows do not overlap.</param>
    /// <param name="mask">0 for the next character as target; else the share of characters, drawn once and for all, that are replaced by a token of their own and are to be found.</param>
    /// <returns>Tokens are the numbers of the characters in ascending order; <see cref="DataSet.ClassNames"/> has them.</returns>
    /// <exception cref="InputException">There is no text, or it is not UTF-8 or too short.</exception>
    public static DataSet LoadText(string folderOrFile, int window, double mask = 0)
    {
        ArgumentNullException.ThrowIfNull(folderOrFile);
        if (!Directory.Exists(folderOrFile)) return TextData.Make(Path.GetFileNameWithoutExtension(folderOrFile), [SourceFile.Read(folderOrFile)], window, mask);
        return TextData.TryLoad(folderOrFile, NameOf(folderOrFile), Files(folderOrFile), window, mask)
            ?? throw new InputException($"'{folderOrFile}' holds no text; looked for {TextData.Looked}");
    }

    private static string NameOf(string folder) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))) is { Length: > 0 } name ? name : folder;

    private static DataSet LoadFolder(string folder, CsvOptions csv)
    {
        IReadOnlyList<string> files = Files(folder);
        string name = NameOf(folder);
        DataSet found = IdxFolder.TryLoad(folder, name, files)
            ?? CifarFolder.TryLoad(folder, name, files)
            ?? TryLoadSafetensors(folder, name, files)
            ?? CsvData.TryLoadPair(folder, files, csv)
            ?? CsvData.TryLoad(folder, name, files, csv)
            ?? TextData.TryLoad(folder, name, files, DefaultWindow)
            ?? throw new InputException($"'{folder}' holds no data set; looked for {IdxFolder.Looked}; {CifarFolder.Looked}; {SafetensorsData.Looked}; {CsvData.LookedPair}; {CsvData.Looked}; {TextData.Looked}");
        string? licence = files.Select(Path.GetFileName).FirstOrDefault(static f => f!.StartsWith("LICENSE", StringComparison.OrdinalIgnoreCase));
        return found.Licence.Length > 0 || licence is null ? found : found.WithLicence($"see {licence} in its folder");
    }

    private static DataSet LoadFile(string path, CsvOptions csv)
    {
        string file = Path.GetFileName(path);
        string plain = file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? file[..^3] : file;
        string name = Path.GetFileNameWithoutExtension(plain);
        return Path.GetExtension(plain).ToLowerInvariant() switch
        {
            ".safetensors" => SafetensorsData.Load(path, name),
            ".tra" => CsvData.LoadPair(path, Files(Path.GetDirectoryName(path) is { Length: > 0 } folder ? folder : "."), csv),
            ".tes" when name == Optdigits.FileName => Optdigits.Make(name, SourceFile.Read(path), null),
            ".csv" or ".data" or ".txt" or ".tes" => CsvData.Make(name, SourceFile.Read(path), null, csv),
            _ => throw new InputException($"'{path}' is no data set by itself; a folder, or a file that ends in .csv, .data, .txt, .tra, .tes or .safetensors, is expected"),
        };
    }

    private static DataSet? TryLoadSafetensors(string folder, string name, IReadOnlyList<string> files)
    {
        string[] found = [.. files.Where(static f => f.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))];
        return found.Length switch
        {
            0 => null,
            1 => SafetensorsData.Load(found[0], name),
            _ => throw new InputException($"'{folder}': {found.Length} safetensors files ({string.Join(", ", found.Select(Path.GetFileName))}); name the one that is meant"),
        };
    }

    private static string[] Files(string folder)
    {
        try
        {
            string[] files = Directory.GetFiles(folder);
            // The system's order differs from machine to machine.
            Array.Sort(files, StringComparer.Ordinal);
            return files;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"'{folder}' cannot be read: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }
}
