using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;

namespace PcKernels.Checkpoints;

/// <summary>The first part of a safetensors file: eight bytes that hold N, then N bytes of JSON, then the data up to the file's end.</summary>
internal sealed record SafetensorsHeader(IReadOnlyList<SafetensorsEntry> Entries, IReadOnlyDictionary<string, string> Metadata, long DataStart)
{
    /// <summary>The header's largest size, as in the reference implementation.</summary>
    public const int MaxBytes = 100_000_000;

    /// <summary>The key that holds no tensor.</summary>
    public const string MetadataKey = "__metadata__";

    /// <summary>Reads and checks the header of an open file.</summary>
    /// <exception cref="InputException">The file is not a valid safetensors file.</exception>
    public static SafetensorsHeader Read(Microsoft.Win32.SafeHandles.SafeFileHandle file, string path)
    {
        long fileLength = RandomAccess.GetLength(file);
        if (fileLength < 8)
            throw new InputException($"'{path}': {fileLength} bytes long, but a safetensors file begins with 8 bytes that hold its header's length");
        Span<byte> prefix = stackalloc byte[8];
        Fill(file, prefix, 0, path);
        ulong claimed = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (claimed > MaxBytes)
            throw new InputException($"'{path}': the first 8 bytes claim a header of {claimed} bytes, and at most {MaxBytes} are allowed; this is no safetensors file");
        if ((long)claimed > fileLength - 8)
            throw new InputException($"'{path}': the first 8 bytes claim a header of {claimed} bytes, but only {fileLength - 8} follow; the file is truncated");

        var json = new byte[claimed];
        Fill(file, json, 8, path);
        return Parse(json, fileLength, path);
    }

    /// <summary>Fills a buffer from an offset in the file.</summary>
    /// <exception cref="InputException">The file ends first.</exception>
    public static void Fill(Microsoft.Win32.SafeHandles.SafeFileHandle file, Span<byte> buffer, long offset, string path)
    {
        while (buffer.Length > 0)
        {
            int read = RandomAccess.Read(file, buffer, offset);
            if (read == 0) throw new InputException($"'{path}': ended at byte {offset} while it was read; another program seems to have shortened it");
            buffer = buffer[read..];
            offset += read;
        }
    }

    private static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long fileLength, string path)
    {
        if (json.Length == 0 || json[0] != (byte)'{')
            throw new InputException($"'{path}': byte 8, where the header starts, is {(json.Length == 0 ? "missing" : $"0x{json[0]:x2}")}; a safetensors header is a JSON object and starts with '{{' (0x7b)");
        if (!Utf8.IsValid(json)) throw new InputException($"'{path}': the header (bytes 8 to {8 + json.Length}) is not valid UTF-8, which a safetensors header must be");

        var reader = new Utf8JsonReader(json);
        List<SafetensorsEntry> entries;
        IReadOnlyDictionary<string, string> metadata;
        try
        {
            (entries, metadata) = SafetensorsHeaderParser.Parse(ref reader, path);
        }
        // InvalidOperationException: an escape such as \ud800 that is half a character.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InputException($"'{path}': the header is not valid JSON near byte {8 + reader.BytesConsumed}; one object with nothing but spaces after it is expected", e);
        }
        entries.Sort(static (a, b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.End.CompareTo(b.End));
        CheckLayout(entries, fileLength - 8 - json.Length, path);
        return new SafetensorsHeader(entries, metadata, 8 + json.Length);
    }

    // The format allows neither overlaps nor holes, so that a file cannot hide bytes or be read in two ways.
    private static void CheckLayout(List<SafetensorsEntry> entries, long dataLength, string path)
    {
        long end = 0;
        string before = "the start of the data";
        foreach (SafetensorsEntry entry in entries)
        {
            string name = SafetensorsHeaderParser.Show(entry.Name);
            if (entry.End > dataLength)
                throw new InputException($"'{path}': tensor {name} lies at data bytes {entry.Begin} to {entry.End}, but the file holds {dataLength} bytes of data; it is truncated or its header is wrong");
            if (entry.Begin < end)
                throw new InputException($"'{path}': tensor {name} begins at data byte {entry.Begin}, inside {before}, which ends at {end}; tensors must not overlap");
            if (entry.Begin > end)
                throw new InputException($"'{path}': {entry.Begin - end} unused bytes between {before} and tensor {name}, which begins at data byte {entry.Begin}; it has to begin at {end}");
            (end, before) = (entry.End, $"tensor {name}");
        }
        if (end != dataLength)
            throw new InputException($"'{path}': {dataLength - end} bytes follow {before}; the file has to end at byte {end} of its data, which holds {dataLength}");
    }
}
