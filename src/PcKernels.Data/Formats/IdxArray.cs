using System.Buffers.Binary;

namespace PcKernels.Data.Formats;

/// <summary>A checked IDX file of unsigned bytes (Y. LeCun's format of the MNIST files): <c>00 00 08 rank</c>, big-endian extents, then the bytes.</summary>
/// <param name="File">The file as it was read.</param>
/// <param name="Extents">Outermost first; none is zero.</param>
/// <param name="Start">Where the elements begin in the file's bytes.</param>
internal sealed record IdxArray(SourceFile File, int[] Extents, int Start)
{
    public ReadOnlySpan<byte> Elements => File.Bytes.AsSpan(Start);

    /// <exception cref="InputException">The bytes are not an IDX file of unsigned bytes, are too few or too many, or hold no elements.</exception>
    public static IdxArray Parse(SourceFile file)
    {
        string path = file.Path;
        ReadOnlySpan<byte> bytes = file.Bytes;
        if (bytes.Length < 4) throw new InputException($"'{path}': {bytes.Length} bytes long, but an IDX file begins with 4 bytes, 00 00 08 and its number of axes");
        if (bytes[0] != 0 || bytes[1] != 0)
            throw new InputException($"'{path}': begins with {bytes[0]:x2} {bytes[1]:x2} {bytes[2]:x2} {bytes[3]:x2}, but an IDX file begins with 00 00 08 and its number of axes");
        if (bytes[2] != 8)
            throw new InputException($"'{path}': byte 2 gives the element type 0x{bytes[2]:x2}; only 0x08 (unsigned byte) is supported");
        int rank = bytes[3];
        if (rank == 0) throw new InputException($"'{path}': byte 3 gives 0 axes; 1 for labels or 2 and more for images are expected");
        int start = 4 + 4 * rank;
        if (bytes.Length < start)
            throw new InputException($"'{path}': truncated at {bytes.Length} bytes; the header of an IDX file with {rank} axes has {start}");

        var extents = new int[rank];
        long expected = 1;
        for (int axis = 0; axis < rank; axis++)
        {
            uint extent = BinaryPrimitives.ReadUInt32BigEndian(bytes[(4 + 4 * axis)..]);
            if (extent == 0) throw new InputException($"'{path}': axis {axis} has the extent 0 (offset {4 + 4 * axis}), so the file is empty; at least 1 is expected");
            // Saturates, because 255 axes of 2^32 would overflow any integer.
            expected = expected > long.MaxValue / extent ? long.MaxValue : expected * extent;
            extents[axis] = (int)Math.Min(extent, int.MaxValue);
        }
        long actual = bytes.Length - start;
        if (actual != expected)
        {
            string problem = actual < expected ? $"truncated: {expected} bytes are expected after the header of {start}, {actual} are there"
                : $"{actual - expected} bytes too many: {expected} are expected after the header of {start}, {actual} are there";
            throw new InputException($"'{path}': {problem}");
        }
        return new IdxArray(file, extents, start);
    }
}
