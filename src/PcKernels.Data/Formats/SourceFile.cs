using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;

namespace PcKernels.Data.Formats;

/// <summary>A file of a data set, uncompressed if it was packed with gzip (told by its first bytes, not by its name).</summary>
internal sealed record SourceFile(string Path, byte[] Bytes)
{
#pragma warning disable CA5351 // Publishers of data sets state MD5; it tells files apart here and guards nothing.
    public FileChecksum Checksum => new(System.IO.Path.GetFileName(Path), Convert.ToHexStringLower(MD5.HashData(Bytes)));
#pragma warning restore CA5351

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="InputException">It cannot be read, is too large for memory, or its gzip packing is damaged.</exception>
    public static SourceFile Read(string path)
    {
        if (Directory.Exists(path)) throw new InputException($"'{path}' is a folder; a file is expected");
        if (!File.Exists(path)) throw new InputException($"'{path}' does not exist; a file is expected");
        try
        {
            return Unpack(path, File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new InputException($"'{path}' cannot be read: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    /// <summary>Takes bytes as a file's content.</summary>
    /// <exception cref="InputException">Their gzip packing is damaged.</exception>
    public static SourceFile Unpack(string path, byte[] raw)
    {
        if (raw is not [0x1f, 0x8b, ..]) return new SourceFile(path, raw);
        // Ten bytes of header and eight of trailer are the least.
        if (raw.Length < 18) throw new InputException($"'{path}': a gzip file of {raw.Length} bytes is truncated; at least 18 are expected");
        try
        {
            // The trailer's length saves growing the buffer, but a damaged one must not make it huge: deflate gains at most a factor of 1032.
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(raw.AsSpan(^4));
            var unpacked = new MemoryStream((int)Math.Min(length, Math.Min(raw.LongLength * 1032, Array.MaxLength)));
            using (var gzip = new GZipStream(new MemoryStream(raw), CompressionMode.Decompress)) gzip.CopyTo(unpacked);
            byte[] bytes = unpacked.Capacity == unpacked.Length ? unpacked.GetBuffer() : unpacked.ToArray();

            // .NET reads a truncated gzip file without a complaint and ignores what follows the packed part.
            if (length != (uint)bytes.Length || BinaryPrimitives.ReadUInt32LittleEndian(raw.AsSpan(^8)) != Crc32.Of(bytes))
                throw new InputException($"'{path}': the last 8 bytes (CRC-32 and length) do not fit the {bytes.Length} bytes unpacked; the gzip file is truncated, damaged or followed by other bytes, pack it anew");
            return new SourceFile(path, bytes);
        }
        catch (InvalidDataException e)
        {
            throw new InputException($"'{path}': damaged gzip data ({e.Message.ReplaceLineEndings(" ")}); pack it anew or unpack it with gunzip", e);
        }
    }
}
