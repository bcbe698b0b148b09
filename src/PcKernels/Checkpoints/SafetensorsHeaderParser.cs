using System.Globalization;
using System.Text;
using System.Text.Json;
using PcKernels.Graphs;

namespace PcKernels.Checkpoints;

/// <summary>Reads a safetensors header token by token, since a general JSON reader would let duplicate keys pass.</summary>
internal static class SafetensorsHeaderParser
{
    private const string Supported = "F32, F64, I64, I32, U8";

    private static readonly string[] OtherDTypes =
        ["BOOL", "F4", "F6_E2M3", "F6_E3M2", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "I16", "U16", "F16", "BF16", "U32", "C64", "U64"];

    /// <summary>Reads the whole object; offsets are not yet compared with each other or with the file.</summary>
    public static (List<SafetensorsEntry> Entries, IReadOnlyDictionary<string, string> Metadata) Parse(ref Utf8JsonReader reader, string path)
    {
        var entries = new List<SafetensorsEntry>();
        var metadata = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            if (!seen.Add(name)) throw new InputException($"'{path}': the header names {Show(name)} twice; each name may stand once");
            reader.Read();
            if (name == SafetensorsHeader.MetadataKey) ReadMetadata(ref reader, metadata, path);
            else entries.Add(ReadEntry(ref reader, name, path));
        }
        // Reads the spaces that may pad the header; anything else after the object is a JsonException.
        reader.Read();
        return (entries, metadata);
    }

    /// <summary>A name from the file in quotes, on one line and not endless.</summary>
    public static string Show(string name)
    {
        var text = new StringBuilder("'");
        foreach (char c in name.Length > 100 ? name[..100] : name) text.Append(char.IsControl(c) ? '?' : c);
        return text.Append(name.Length > 100 ? "…'" : "'").ToString();
    }

    private static void ReadMetadata(ref Utf8JsonReader reader, SortedDictionary<string, string> metadata, string path)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new InputException($"'{path}': {SafetensorsHeader.MetadataKey} is {Kind(reader.TokenType)}; an object of strings is expected");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
                throw new InputException($"'{path}': {SafetensorsHeader.MetadataKey} holds {Kind(reader.TokenType)} under {Show(key)}; only strings are allowed");
            if (!metadata.TryAdd(key, reader.GetString()!))
                throw new InputException($"'{path}': {SafetensorsHeader.MetadataKey} names {Show(key)} twice; each name may stand once");
        }
    }

    private static SafetensorsEntry ReadEntry(ref Utf8JsonReader reader, string name, string path)
    {
        string where = $"'{path}': tensor {Show(name)}";
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new InputException($"{where} is {Kind(reader.TokenType)} in the header; an object with dtype, shape and data_offsets is expected");
        DType? dtype = null;
        List<long>? shape = null, offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            bool again = key switch { "dtype" => dtype is not null, "shape" => shape is not null, "data_offsets" => offsets is not null, _ => false };
            if (again) throw new InputException($"{where} has {key} twice; each key may stand once");
            reader.Read();
            switch (key)
            {
                case "dtype": dtype = ReadDType(ref reader, where); break;
                case "shape": shape = ReadNumbers(ref reader, where, key, int.MaxValue); break;
                case "data_offsets": offsets = ReadNumbers(ref reader, where, key, long.MaxValue); break;
                default: throw new InputException($"{where} has the unknown key {Show(key)}; dtype, shape and data_offsets are expected");
            }
        }
        string? missing = dtype is null ? "dtype" : shape is null ? "shape" : offsets is null ? "data_offsets" : null;
        if (missing is not null) throw new InputException($"{where} has no {missing}; dtype, shape and data_offsets are expected");
        return Checked(name, dtype!.Value, shape!, offsets!, where);
    }

    private static SafetensorsEntry Checked(string name, DType dtype, List<long> shape, List<long> offsets, string where)
    {
        if (offsets.Count != 2) throw new InputException($"{where}: data_offsets holds {offsets.Count} numbers; two are expected, begin and end");
        (long begin, long end) = (offsets[0], offsets[1]);
        if (begin > end) throw new InputException($"{where}: data_offsets begins at {begin} and ends at {end}; the begin must not lie behind the end");
        string text = $"[{string.Join(", ", shape)}]";
        long bytes;
        try
        {
            bytes = shape.Aggregate((long)dtype.Size(), static (product, extent) => checked(product * extent));
        }
        catch (OverflowException e)
        {
            throw new InputException($"{where}: shape {text} of {dtype} takes more than 2^63 bytes, which no file holds", e);
        }
        if (bytes != end - begin)
            throw new InputException($"{where}: shape {text} of {dtype} takes {bytes} bytes, but data_offsets [{begin}, {end}] hold {end - begin}");
        if (bytes > Array.MaxLength)
            throw new InputException($"{where}: {bytes} bytes are more than one tensor may have here; at most {Array.MaxLength} are supported");
        return new SafetensorsEntry(name, dtype, [.. shape.Select(static extent => (int)extent)], begin, end);
    }

    private static DType ReadDType(ref Utf8JsonReader reader, string where)
    {
        if (reader.TokenType != JsonTokenType.String)
            throw new InputException($"{where}: dtype is {Kind(reader.TokenType)}; one of the strings {Supported} is expected");
        string text = reader.GetString()!;
        return text switch
        {
            "F32" => DType.F32,
            "F64" => DType.F64,
            "I64" => DType.I64,
            "I32" => DType.I32,
            "U8" => DType.U8,
            _ when OtherDTypes.Contains(text) => throw new InputException($"{where}: dtype {text} is not supported; convert it to one of {Supported}"),
            _ => throw new InputException($"{where}: dtype {Show(text)} is unknown; one of {Supported} is expected"),
        };
    }

    private static List<long> ReadNumbers(ref Utf8JsonReader reader, string where, string key, long largest)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new InputException($"{where}: {key} is {Kind(reader.TokenType)}; a list of whole numbers is expected");
        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            string shown = reader.TokenType == JsonTokenType.Number ? Encoding.UTF8.GetString(reader.ValueSpan) : Kind(reader.TokenType);
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long number) || number < 0 || number > largest)
                throw new InputException($"{where}: {key} has {Show(shown)} at position {numbers.Count}; a whole number from 0 to {largest.ToString(CultureInfo.InvariantCulture)} is expected");
            numbers.Add(number);
        }
        return numbers;
    }

    private static string Kind(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "a truth value",
        _ => "null",
    };
}
