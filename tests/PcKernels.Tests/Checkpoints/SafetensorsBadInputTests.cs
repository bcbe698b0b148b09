using System.Buffers.Binary;
using System.Text;
using PcKernels.Checkpoints;

namespace PcKernels.Tests.Checkpoints;

public sealed class SafetensorsBadInputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    // What is around the tensors.
    [InlineData("x{}", 0, "byte 8, where the header starts, is 0x78; a safetensors header is a JSON object and starts with '{' (0x7b)")]
    [InlineData("", 0, "byte 8, where the header starts, is missing")]
    [InlineData("{}x", 0, "not valid JSON near byte 10; one object with nothing but spaces after it is expected")]
    [InlineData("{\"a\":", 0, "not valid JSON near byte")]
    [InlineData("{\"\\ud800\":{}}", 0, "not valid JSON near byte")]
    [InlineData("{}", 3, "3 bytes follow the start of the data; the file has to end at byte 0 of its data, which holds 3")]
    // Names and metadata.
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}", 2, "the header names 'a' twice; each name may stand once")]
    [InlineData("{\"__metadata__\":[]}", 0, "__metadata__ is a list; an object of strings is expected")]
    [InlineData("{\"__metadata__\":{\"k\":1}}", 0, "__metadata__ holds a number under 'k'; only strings are allowed")]
    [InlineData("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", 0, "__metadata__ names 'k' twice")]
    [InlineData("{\"__metadata__\":{\"k\":null}}", 0, "__metadata__ holds null under 'k'")]
    // One tensor's keys and types.
    [InlineData("{\"a\":[1]}", 0, "tensor 'a' is a list in the header; an object with dtype, shape and data_offsets is expected")]
    [InlineData("{\"a\":{\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "tensor 'a' has no dtype")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"data_offsets\":[0,1]}}", 1, "tensor 'a' has no shape")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1, "tensor 'a' has no data_offsets")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "tensor 'a' has dtype twice")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"more\":1}}", 1, "unknown key 'more'; dtype, shape and data_offsets are expected")]
    [InlineData("{\"a\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,2]}}", 2, "tensor 'a': dtype F16 is not supported; convert it to one of F32, F64, I64, I32, U8")]
    [InlineData("{\"a\":{\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[0,2]}}", 2, "dtype BF16 is not supported")]
    [InlineData("{\"a\":{\"dtype\":\"F99\",\"shape\":[1],\"data_offsets\":[0,2]}}", 2, "dtype 'F99' is unknown; one of F32, F64, I64, I32, U8 is expected")]
    [InlineData("{\"a\":{\"dtype\":7,\"shape\":[1],\"data_offsets\":[0,2]}}", 2, "dtype is a number; one of the strings")]
    // Shapes.
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":1,\"data_offsets\":[0,1]}}", 1, "shape is a number; a list of whole numbers is expected")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[-1],\"data_offsets\":[0,1]}}", 1, "shape has '-1' at position 0; a whole number from 0 to 2147483647 is expected")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1.5],\"data_offsets\":[0,1]}}", 1, "shape has '1.5' at position 0")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1,99999999999999999999],\"data_offsets\":[0,1]}}", 1, "shape has '99999999999999999999' at position 1")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[\"1\"],\"data_offsets\":[0,1]}}", 1, "shape has 'a string' at position 0")]
    [InlineData("{\"a\":{\"dtype\":\"F64\",\"shape\":[2147483647,2147483647,4],\"data_offsets\":[0,1]}}", 1, "shape [2147483647, 2147483647, 4] of F64 takes more than 2^63 bytes")]
    // Offsets.
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0]}}", 1, "data_offsets holds 1 numbers; two are expected, begin and end")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1,2]}}", 1, "data_offsets holds 3 numbers")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,\"1\"]}}", 1, "data_offsets has 'a string' at position 1; a whole number")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,18446744073709551615]}}", 1, "data_offsets has '18446744073709551615' at position 1")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[2,1]}}", 2, "data_offsets begins at 2 and ends at 1; the begin must not lie behind the end")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "shape [2] of F32 takes 8 bytes, but data_offsets [0, 4] hold 4")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[9],\"data_offsets\":[0,9]}}", 4, "tensor 'a' lies at data bytes 0 to 9, but the file holds 4 bytes of data")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}", 3, "tensor 'b' begins at data byte 1, inside tensor 'a', which ends at 2; tensors must not overlap")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[2,3]}}", 3, "1 unused bytes between tensor 'a' and tensor 'b', which begins at data byte 2; it has to begin at 1")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}", 2, "1 unused bytes between the start of the data and tensor 'a'")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 2, "1 bytes follow tensor 'a'; the file has to end at byte 1 of its data, which holds 2")]
    public void A_wrong_header_is_one_line_that_says_where_and_what_would_be_right(string header, int dataBytes, string expected)
    {
        string path = _folder.Write("bad.safetensors", Bytes(Encoding.UTF8.GetBytes(header), dataBytes));
        AssertRefused(path, expected);
    }

    [Theory]
    [InlineData(0, "0 bytes long, but a safetensors file begins with 8 bytes")]
    [InlineData(7, "7 bytes long")]
    public void A_file_without_its_first_eight_bytes_is_refused(int length, string expected) =>
        AssertRefused(_folder.Write("short.safetensors", new byte[length]), expected);

    [Theory]
    [InlineData(1UL << 63, "claim a header of 9223372036854775808 bytes, and at most 100000000 are allowed")]
    [InlineData(ulong.MaxValue, "claim a header of 18446744073709551615 bytes")]
    [InlineData(100_000_001UL, "at most 100000000 are allowed")]
    [InlineData(5UL, "claim a header of 5 bytes, but only 2 follow; the file is truncated")]
    public void A_header_longer_than_the_file_or_the_limit_is_refused(ulong claimed, string expected)
    {
        var bytes = new byte[10];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, claimed);
        AssertRefused(_folder.Write("long.safetensors", bytes), expected);
    }

    [Fact]
    public void A_header_that_is_not_utf8_is_refused() =>
        AssertRefused(_folder.Write("utf.safetensors", Bytes([(byte)'{', (byte)'"', 0xff, (byte)'"', (byte)'}'], 0)), "the header (bytes 8 to 13) is not valid UTF-8");

    [Fact]
    public void A_missing_file_and_a_folder_are_refused()
    {
        AssertRefused(_folder.File("none.safetensors"), "does not exist; the path of a safetensors file is expected");
        AssertRefused(_folder.Path, "is a folder");
    }

    [Fact]
    public void A_name_with_a_line_break_does_not_break_the_message() =>
        AssertRefused(_folder.Write("name.safetensors", Bytes("{\"a\\nb\":1}"u8.ToArray(), 0)), "tensor 'a?b' is a number");

    [Fact]
    public void A_file_cut_at_any_byte_is_refused_and_never_anything_else()
    {
        Safetensors.Save(_folder.File("whole.safetensors"), SafetensorsTests.Sample(), new Dictionary<string, string> { ["model"] = "{}" });
        byte[] whole = File.ReadAllBytes(_folder.File("whole.safetensors"));
        for (int length = 0; length < whole.Length; length++)
        {
            string path = _folder.Write("cut.safetensors", whole[..length]);
            Assert.Throws<InputException>(() => Safetensors.Load(path));
            Assert.Throws<InputException>(() => SafetensorsFile.Open(path));
        }
    }

    [Fact]
    public void A_file_with_any_one_byte_changed_is_read_or_refused_and_never_anything_else()
    {
        Safetensors.Save(_folder.File("whole.safetensors"), SafetensorsTests.Sample(), new Dictionary<string, string> { ["model"] = "{}" });
        byte[] whole = File.ReadAllBytes(_folder.File("whole.safetensors"));
        for (int at = 0; at < whole.Length; at++)
        {
            foreach (byte value in (byte[])[0, 0x22, 0x2d, 0x39, 0x7d, 0xff])
            {
                byte[] changed = [.. whole];
                changed[at] = value;
                Exception? e = Record.Exception(() => Safetensors.Load(_folder.Write("changed.safetensors", changed)));
                Assert.True(e is null or InputException, $"byte {at} = {value}: {e}");
            }
        }
    }

    private static byte[] Bytes(byte[] header, int dataBytes)
    {
        var bytes = new byte[8 + header.Length + dataBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)header.Length);
        header.CopyTo(bytes, 8);
        return bytes;
    }

    private static void AssertRefused(string path, string expected)
    {
        foreach (Action read in (Action[])[() => Safetensors.Load(path), () => SafetensorsFile.Open(path).Dispose()])
        {
            string message = Assert.Throws<InputException>(read).Message;
            Assert.Contains(expected, message, StringComparison.Ordinal);
            Assert.StartsWith($"'{path}'", message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
        }
    }
}
