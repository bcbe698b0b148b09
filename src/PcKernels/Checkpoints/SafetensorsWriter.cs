using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using PcKernels.Graphs;

namespace PcKernels.Checkpoints;

/// <summary>Lays tensors out and writes them as one safetensors stream.</summary>
internal sealed class SafetensorsWriter
{
    private readonly KeyValuePair<string, Tensor>[] _tensors;
    private readonly byte[] _header;

    public SafetensorsWriter(IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        _tensors = [.. tensors.OrderByDescending(static t => t.Value.DType.Size()).ThenBy(static t => t.Key, StringComparer.Ordinal)];
        var names = new HashSet<string>(StringComparer.Ordinal) { SafetensorsHeader.MetadataKey };
        foreach ((string name, _) in _tensors)
            if (!names.Add(name)) throw new ArgumentException($"the tensor name '{name}' stands twice or is reserved", nameof(tensors));
        _header = Header(metadata);
        if (_header.Length > SafetensorsHeader.MaxBytes)
            throw new ArgumentException($"the header takes {_header.Length} bytes; at most {SafetensorsHeader.MaxBytes} are allowed", nameof(tensors));
    }

    public void WriteTo(Stream stream)
    {
        Span<byte> prefix = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)_header.Length);
        stream.Write(prefix);
        stream.Write(_header);
        foreach ((_, Tensor tensor) in _tensors) stream.Write(tensor.Bytes.Span);
    }

    private byte[] Header(IReadOnlyDictionary<string, string>? metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 }) WriteMetadata(json, metadata);
            long offset = 0;
            foreach ((string name, Tensor tensor) in _tensors) offset = WriteEntry(json, name, tensor, offset);
            json.WriteEndObject();
        }
        // Spaces up to a multiple of eight, so that the data of a mapped file is aligned.
        int padding = (8 - buffer.WrittenCount % 8) % 8;
        buffer.GetSpan(padding)[..padding].Fill((byte)' ');
        buffer.Advance(padding);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string> metadata)
    {
        json.WriteStartObject(SafetensorsHeader.MetadataKey);
        foreach ((string key, string value) in metadata.OrderBy(static m => m.Key, StringComparer.Ordinal)) json.WriteString(key, value);
        json.WriteEndObject();
    }

    private static long WriteEntry(Utf8JsonWriter json, string name, Tensor tensor, long offset)
    {
        long end = offset + tensor.Bytes.Length;
        json.WriteStartObject(name);
        json.WriteString("dtype", tensor.DType.ToString());
        json.WriteStartArray("shape");
        foreach (int extent in tensor.Shape) json.WriteNumberValue(extent);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(offset);
        json.WriteNumberValue(end);
        json.WriteEndArray();
        json.WriteEndObject();
        return end;
    }
}
