using System.Text.RegularExpressions;

namespace PcKernels.Data.Formats;

/// <summary>Data sets in the manner of MNIST: IDX files of images, each with one of labels beside it.</summary>
internal static partial class IdxFolder
{
    public const string Looked = "train-images-idx3-ubyte[.gz] with train-labels-idx1-ubyte[.gz]";

    /// <summary>The data set, or null when no file is called like IDX images.</summary>
    public static DataSet? TryLoad(string folder, string name, IReadOnlyList<string> files)
    {
        string[] images = [.. files.Where(static f => Path.GetFileName(f) is var n && n.Contains("images", StringComparison.OrdinalIgnoreCase) && n.Contains("idx", StringComparison.OrdinalIgnoreCase))
            .Where(f => !(IsPacked(f) && files.Contains(f[..^3])))];
        if (images.Length == 0) return null;

        string? test = One(images.Where(static f => IsTest(f)), folder, "test");
        string train = One(images.Where(static f => !IsTest(f)), folder, "training")
            ?? throw new InputException($"'{folder}': no training images beside {Path.GetFileName(test)}; train-images-idx3-ubyte or train-images-idx3-ubyte.gz is expected");
        (IdxArray Images, IdxArray Labels) trainPair = ReadPair(train, files);
        (IdxArray Images, IdxArray Labels)? testPair = test is null ? null : ReadPair(test, files);

        // Both parts together, since a part may lack the last class.
        int classes = 1 + Math.Max(Largest(trainPair.Labels), testPair is { } t ? Largest(t.Labels) : 0);
        DataPart Part((IdxArray Images, IdxArray Labels) pair, string part) => ToPart($"{name} {part}", pair.Images, pair.Labels, classes);
        IEnumerable<IdxArray> read = testPair is { } p ? [trainPair.Images, trainPair.Labels, p.Images, p.Labels] : [trainPair.Images, trainPair.Labels];
        return new DataSet(name, Part(trainPair, "train"), testPair is { } both ? Part(both, "test") : null)
        {
            Checksums = [.. read.Select(static a => a.File.Checksum)],
        };
    }

    /// <summary>A part from two checked files; pixels stay bytes.</summary>
    /// <exception cref="InputException">The axes or the counts do not fit.</exception>
    public static DataPart ToPart(string name, IdxArray images, IdxArray labels, int classes)
    {
        if (images.Extents.Length < 2)
            throw new InputException($"'{images.File.Path}': {images.Extents.Length} axis, but images have 2 or more, the first of which counts them");
        if (labels.Extents.Length != 1)
            throw new InputException($"'{labels.File.Path}': {labels.Extents.Length} axes, but labels have 1");
        if (labels.Extents[0] != images.Extents[0])
            throw new InputException($"'{labels.File.Path}': {labels.Extents[0]} labels, but '{images.File.Path}' has {images.Extents[0]} images; as many are expected");
        int count = images.Extents[0], size = images.Elements.Length / count;
        var samples = new Samples(images.File.Bytes, size, images.Start, size, byte.MaxValue);
        return new DataPart(name, samples, images.Extents[1..], count, Array.ConvertAll(labels.Elements.ToArray(), static b => (int)b), classes, null, 0);
    }

    private static (IdxArray Images, IdxArray Labels) ReadPair(string images, IReadOnlyList<string> files)
    {
        string plain = IsPacked(images) ? images[..^3] : images;
        string file = Path.GetFileName(plain).Replace("images", "labels", StringComparison.OrdinalIgnoreCase);
        string partner = Path.Combine(Path.GetDirectoryName(images)!, RankInName().Replace(file, "idx1"));
        string labels = files.FirstOrDefault(f => f == partner) ?? files.FirstOrDefault(f => f == partner + ".gz")
            ?? throw new InputException($"'{images}' has no labels beside it; '{Path.GetFileName(partner)}' or '{Path.GetFileName(partner)}.gz' is expected");
        return (IdxArray.Parse(SourceFile.Read(images)), IdxArray.Parse(SourceFile.Read(labels)));
    }

    private static string? One(IEnumerable<string> files, string folder, string part)
    {
        string[] found = [.. files];
        return found.Length < 2 ? found.FirstOrDefault()
            : throw new InputException($"'{folder}': {found.Length} files look like {part} images ({string.Join(", ", found.Select(Path.GetFileName))}); one is expected, put each data set into a folder of its own");
    }

    private static int Largest(IdxArray labels)
    {
        int largest = 0;
        foreach (byte label in labels.Elements) largest = Math.Max(largest, label);
        return largest;
    }

    private static bool IsPacked(string file) => file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);

    private static bool IsTest(string file) =>
        Path.GetFileName(file) is var n && (n.Contains("t10k", StringComparison.OrdinalIgnoreCase) || n.Contains("test", StringComparison.OrdinalIgnoreCase));

    [GeneratedRegex(@"idx\d", RegexOptions.IgnoreCase)]
    private static partial Regex RankInName();
}
