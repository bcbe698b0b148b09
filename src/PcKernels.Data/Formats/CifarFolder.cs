using System.Text.RegularExpressions;

namespace PcKernels.Data.Formats;

/// <summary>CIFAR-10 in its binary version (A. Krizhevsky, 2009): records of one label and 3×32×32 bytes, planes of red, green and blue.</summary>
internal static partial class CifarFolder
{
    public const string Looked = "data_batch_*.bin[.gz] with test_batch.bin[.gz]";

    private const int Pixels = 3 * 32 * 32;
    private const int Record = 1 + Pixels;
    private const int Classes = 10;

    /// <summary>The data set, or null when no file is called like a CIFAR batch.</summary>
    public static DataSet? TryLoad(string folder, string name, IReadOnlyList<string> files)
    {
        string[] batches = [.. files.Where(static f => BatchName().IsMatch(Path.GetFileName(f))).Where(f => !IsPackedTwin(f, files))];
        if (batches.Length == 0) return null;
        string[] train = [.. batches.Where(static f => !IsTest(f)).OrderBy(static f => int.Parse(BatchName().Match(Path.GetFileName(f)).Groups[1].Value))];
        if (train.Length == 0) throw new InputException($"'{folder}': no training batches beside {Path.GetFileName(batches[0])}; data_batch_1.bin or data_batch_1.bin.gz is expected");
        SourceFile[] trainFiles = [.. train.Select(SourceFile.Read)];
        SourceFile[] testFiles = [.. batches.Where(IsTest).Select(SourceFile.Read)];
        return new DataSet(name, ToPart($"{name} train", trainFiles), testFiles.Length == 0 ? null : ToPart($"{name} test", testFiles))
        {
            ClassNames = ReadNames(folder),
            Checksums = [.. trainFiles.Concat(testFiles).Select(static f => f.Checksum)],
        };
    }

    /// <summary>A part from one or more files of records.</summary>
    /// <exception cref="InputException">A file is empty, ends inside a record or has a label above 9.</exception>
    public static DataPart ToPart(string name, IReadOnlyList<SourceFile> files)
    {
        foreach (SourceFile file in files) Check(file);
        long length = files.Sum(static f => (long)f.Bytes.Length);
        if (length > Array.MaxLength) throw new InputException($"'{name}': {length} bytes of images are more than one part may have; at most {Array.MaxLength} are supported");
        byte[] bytes = files.Count == 1 ? files[0].Bytes : Join(files, (int)length);
        var labels = new int[bytes.Length / Record];
        for (int i = 0; i < labels.Length; i++) labels[i] = bytes[i * Record];
        return new DataPart(name, new Samples(bytes, Pixels, 1, Record, byte.MaxValue), [3, 32, 32], labels.Length, labels, Classes, null, 0);
    }

    private static byte[] Join(IReadOnlyList<SourceFile> files, int length)
    {
        var bytes = new byte[length];
        int at = 0;
        foreach (SourceFile file in files)
        {
            file.Bytes.CopyTo(bytes, at);
            at += file.Bytes.Length;
        }
        return bytes;
    }

    private static void Check(SourceFile file)
    {
        int length = file.Bytes.Length;
        if (length == 0) throw new InputException($"'{file.Path}' is empty; records of {Record} bytes are expected");
        if (length % Record != 0)
            throw new InputException($"'{file.Path}': {length} bytes are no multiple of {Record}; record {length / Record} is truncated or {length % Record} bytes follow the last");
        for (int at = 0; at < length; at += Record)
        {
            if (file.Bytes[at] >= Classes)
                throw new InputException($"'{file.Path}': record {at / Record} (offset {at}) has the label {file.Bytes[at]}; 0 to {Classes - 1} is expected");
        }
    }

    private static string[] ReadNames(string folder)
    {
        string path = Path.Combine(folder, "batches.meta.txt");
        if (!File.Exists(path)) return [];
        string[] names = [.. System.Text.Encoding.UTF8.GetString(SourceFile.Read(path).Bytes).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
        return names.Length == Classes ? names : throw new InputException($"'{path}': {names.Length} class names; {Classes} are expected, one on a line");
    }

    private static bool IsTest(string file) => Path.GetFileName(file).StartsWith("test", StringComparison.Ordinal);

    private static bool IsPackedTwin(string file, IReadOnlyList<string> files) => file.EndsWith(".gz", StringComparison.Ordinal) && files.Contains(file[..^3]);

    [GeneratedRegex(@"^(?:data_batch_(\d{1,4})|test_batch)\.bin(?:\.gz)?$")]
    private static partial Regex BatchName();
}
