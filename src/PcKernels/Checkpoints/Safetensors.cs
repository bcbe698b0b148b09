using PcKernels.Graphs;

namespace PcKernels.Checkpoints;

/// <summary>Reads and writes safetensors files, the format in which PyTorch users exchange parameters (https://huggingface.co/docs/safetensors).</summary>
public static class Safetensors
{
    /// <summary>Reads a whole file into memory of its own. <see cref="SafetensorsFile.Open"/> maps it instead.</summary>
    /// <param name="path">The file's path.</param>
    /// <exception cref="InputException">The file cannot be read, or it is not a valid safetensors file; one line says where and what would be right.</exception>
    public static SafetensorsContent Load(string path) => Reading(path, stream =>
    {
        SafetensorsHeader header = SafetensorsHeader.Read(stream.SafeFileHandle, path);
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (SafetensorsEntry entry in header.Entries)
        {
            var bytes = new byte[entry.Length];
            SafetensorsHeader.Fill(stream.SafeFileHandle, bytes, header.DataStart + entry.Begin, path);
            tensors.Add(entry.Name, new Tensor(entry.DType, entry.Shape, bytes));
        }
        return new SafetensorsContent(tensors, header.Metadata);
    });

    /// <summary>Writes a file, whole or not at all (see <see cref="AtomicFile"/>). Equal contents give equal bytes, whatever their order.</summary>
    /// <param name="path">The file to make or to replace.</param>
    /// <param name="tensors">Names and tensors. Wide element types come first, so that every tensor is aligned, then names in ordinal order.</param>
    /// <param name="metadata">Strings to put under <c>__metadata__</c>; null or empty for none.</param>
    /// <exception cref="ArgumentException">A name stands twice, is <c>__metadata__</c> or is not valid UTF-16, or the header exceeds 100 MB.</exception>
    /// <exception cref="RunException">The file cannot be written. The old file is as it was.</exception>
    public static void Save(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        var writer = new SafetensorsWriter(tensors, metadata);
        AtomicFile.Write(path, writer.WriteTo);
    }

    /// <summary>Opens a file for reading and turns what the system says against it into one line.</summary>
    internal static T Reading<T>(string path, Func<FileStream, T> read)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path)) throw new InputException($"'{path}' is a folder; the path of a safetensors file is expected");
        if (!File.Exists(path)) throw new InputException($"'{path}' does not exist; the path of a safetensors file is expected");
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            return read(stream);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new InputException($"'{path}' cannot be read: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }
}
