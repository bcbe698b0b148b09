using System.Text;
using PcKernels.Randomness;

namespace PcKernels.Data.Formats;

/// <summary>Texts as sequences of characters: windows of neighbouring characters, each with the character that follows as its target, or with some hidden and all as targets.</summary>
internal static class TextData
{
    public const string Looked = "input.txt, or train.txt with valid.txt and test.txt";

    private const string Whole = "input.txt";
    private const string TrainFile = "train.txt";
    private const int LeastWindows = 20;

    // Names the purpose ("MASK"), so that no other user of a seed draws the same numbers.
    private const ulong MaskStream = 0x4D41_534BUL << 32;

    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The data set of a folder's texts, or null when there is none.</summary>
    public static DataSet? TryLoad(string folder, string name, IReadOnlyList<string> files, int window, double mask = 0)
    {
        if (Named(files, Whole) is string whole) return Make(name, [SourceFile.Read(whole)], window, mask);
        return Named(files, TrainFile) is string train
            ? Make(name, [SourceFile.Read(train), .. Others(files).Select(SourceFile.Read)], window, mask)
            : null;
    }

    /// <summary>A data set from one text, cut into training, validation and test part in this order (90, 5 and 5 % of the windows), or from the text of each part.</summary>
    /// <exception cref="InputException">A text is not UTF-8, or too short.</exception>
    public static DataSet Make(string name, IReadOnlyList<SourceFile> files, int window, double mask = 0)
    {
        if (window < 1) throw new InputException($"windows of {window} characters are not possible; 1 or more is expected");
        if (!(mask is >= 0 and < 1)) throw new InputException($"a share of {mask} hidden characters is not possible; 0 to below 1 is expected");
        string[] texts = [.. files.Select(Decode)];
        char[] vocabulary = [.. texts.SelectMany(static t => t).Distinct().Order()];
        DataPart[] parts = [.. texts.Select((text, i) => Windows($"{name} {PartName(files[i])}", text, vocabulary, window, mask))];
        (DataPart train, DataPart? validation, DataPart? test) = files.Count == 1 ? Cut(name, parts[0], window) : Assign(files, parts);
        return new DataSet(name, train, test, validation)
        {
            ClassNames = [.. vocabulary.Select(Shown)],
            Checksums = [.. files.Select(static f => f.Checksum)],
        };
    }

    private static (DataPart, DataPart?, DataPart?) Cut(string name, DataPart all, int window)
    {
        if (all.Count < LeastWindows) throw new InputException($"'{name}': a text of {all.Count} windows of {window} characters is too short to be cut into parts; {LeastWindows} windows are the least");
        int held = all.Count / LeastWindows, train = all.Count - 2 * held;
        return (Range($"{name} train", 0, train), Range($"{name} validation", train, held), Range($"{name} test", train + held, held));

        DataPart Range(string part, int from, int count) => all.Select(part, [.. Enumerable.Range(from, count)]);
    }

    private static (DataPart, DataPart?, DataPart?) Assign(IReadOnlyList<SourceFile> files, DataPart[] parts)
    {
        return (Part("train")!, Part("valid"), Part("test"));

        DataPart? Part(string stem) => Enumerable.Range(0, parts.Length).Where(i => PartName(files[i]) == stem).Select(i => parts[i]).FirstOrDefault();
    }

    private static DataPart Windows(string name, string text, char[] vocabulary, int window, double mask)
    {
        int count = (text.Length - 1) / window;
        if (count < 1) throw new InputException($"'{name}': a text of {text.Length} characters has no window of {window} with a character after it; {window + 1} are the least");
        var inputs = new float[count * window];
        var labels = new int[inputs.Length];
        int next = Array.BinarySearch(vocabulary, text[0]);
        for (int i = 0; i < inputs.Length; i++)
        {
            inputs[i] = next;
            labels[i] = next = Array.BinarySearch(vocabulary, text[i + 1]);
        }
        if (mask > 0) Hide(inputs, labels, vocabulary.Length, mask);
        return DataPart.FromTokens(name, inputs, labels, window, vocabulary.Length, mask > 0);
    }

    // Targets are the characters themselves; which are hidden is the same in every run.
    private static void Hide(float[] inputs, int[] labels, int maskToken, double share)
    {
        var random = new Philox(0, MaskStream);
        for (int i = 0; i < inputs.Length; i++)
        {
            labels[i] = (int)inputs[i];
            if (random.Uniform((ulong)i) < share) inputs[i] = maskToken;
        }
    }

    private static string Decode(SourceFile file)
    {
        try
        {
            string text = s_strict.GetString(file.Bytes);
            return text.Length > 0 ? text : throw new InputException($"'{file.Path}' is empty; a text is expected");
        }
        catch (DecoderFallbackException error)
        {
            throw new InputException($"'{file.Path}': byte {error.Index} is no valid UTF-8; a text in UTF-8 is expected", error);
        }
    }

    private static string PartName(SourceFile file) => Path.GetFileName(file.Path).Split('.')[0];

    private static string Shown(char character) => char.IsControl(character) || char.IsSurrogate(character) || character == ' ' ? $"\\u{(int)character:x4}" : $"{character}";

    private static IEnumerable<string> Others(IReadOnlyList<string> files) => new[] { Named(files, "valid.txt"), Named(files, "test.txt") }.OfType<string>();

    private static string? Named(IReadOnlyList<string> files, string name) => files.FirstOrDefault(f => Path.GetFileName(f) == name || Path.GetFileName(f) == name + ".gz");
}
