using System.Buffers.Binary;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using PcKernels.Checkpoints;
using PcKernels.Graphs;

namespace PcKernels.Tests.Checkpoints;

public sealed class SafetensorsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder.File("t.safetensors");

    public void Dispose() => _folder.Dispose();

    internal static Dictionary<string, Tensor> Sample() => new()
    {
        ["h1.weight"] = Tensor.From<float>([1, 2, 3, 4, 5, 6], 2, 3),
        ["pixels"] = Tensor.From<byte>([7, 8, 9], 3),
        ["h1.bias"] = Tensor.From<double>([double.NaN, -0.0], 2),
        ["tokens"] = Tensor.From<long>([long.MinValue, 5], 2, 1),
        ["step"] = Tensor.From<int>([42]),
        ["nothing"] = new Tensor(DType.F32, [0, 4]),
    };

    [Fact]
    public void Tensors_and_metadata_come_back_as_they_were_saved()
    {
        var metadata = new Dictionary<string, string> { ["model"] = "{\"name\":\"mlp\"}", ["ü"] = "\n\"\\" };
        Safetensors.Save(Path, Sample(), metadata);
        SafetensorsContent read = Safetensors.Load(Path);
        AssertEqual(Sample(), read.Tensors);
        Assert.Equal(metadata, read.Metadata.ToDictionary());
        using SafetensorsFile mapped = SafetensorsFile.Open(Path);
        AssertEqual(Sample(), mapped.Tensors);
        Assert.Equal(metadata, mapped.Metadata.ToDictionary());
    }

    [Fact]
    public void The_data_starts_at_a_multiple_of_eight_with_the_widest_elements_first()
    {
        Safetensors.Save(Path, Sample());
        byte[] bytes = File.ReadAllBytes(Path);
        int header = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        Assert.Equal(0, header % 8);
        Assert.Equal(["h1.bias", "tokens", "h1.weight", "nothing", "step", "pixels"], Safetensors.Load(Path).Tensors.Keys);
        Assert.Equal(double.NaN, BitConverter.ToDouble(bytes, 8 + header));
    }

    [Fact]
    public void Bytes_written_by_the_format_s_description_are_read()
    {
        byte[] header = Encoding.UTF8.GetBytes("{\"w\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}}   ");
        Assert.NotEqual(0, header.Length % 8);
        var bytes = new byte[8 + header.Length + 8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)header.Length);
        header.CopyTo(bytes, 8);
        BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(8 + header.Length), 1.5f);
        BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(12 + header.Length), -2f);
        _folder.Write("t.safetensors", bytes);
        using SafetensorsFile file = SafetensorsFile.Open(Path);
        Assert.Equal([1.5f, -2f], file.Tensors["w"].AsSpan<float>().ToArray());
    }

    [Fact]
    public void A_mapped_tensor_can_be_written_without_touching_the_file_and_not_used_after_the_file_is_closed()
    {
        Safetensors.Save(Path, Sample());
        byte[] before = File.ReadAllBytes(Path);
        Tensor tensor;
        using (SafetensorsFile file = SafetensorsFile.Open(Path))
        {
            tensor = file.Tensors["h1.weight"];
            tensor.AsSpan<float>()[0] = 100;
            Assert.Equal(100, tensor.AsSpan<float>()[0]);
            file.Dispose();
        }
        Assert.Equal(before, File.ReadAllBytes(Path));
        Assert.Throws<ObjectDisposedException>(() => tensor.AsSpan<float>().Length);
    }

    [Fact]
    public void A_file_can_be_replaced_while_it_is_mapped()
    {
        Safetensors.Save(Path, Sample());
        using SafetensorsFile old = SafetensorsFile.Open(Path);
        Safetensors.Save(Path, [new("other", Tensor.From<byte>([1], 1))]);
        AssertEqual(Sample(), old.Tensors);
        Assert.Equal(["other"], Safetensors.Load(Path).Tensors.Keys);
    }

    [Fact]
    public void Equal_contents_give_equal_bytes_in_any_order()
    {
        Safetensors.Save(Path, Sample(), new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" });
        byte[] first = File.ReadAllBytes(Path);
        Safetensors.Save(Path, Sample().Reverse(), new Dictionary<string, string> { ["b"] = "2", ["a"] = "1" });
        Assert.Equal(first, File.ReadAllBytes(Path));
    }

    [Fact]
    public void A_file_without_tensors_is_legal()
    {
        Safetensors.Save(Path, []);
        Assert.Empty(Safetensors.Load(Path).Tensors);
        using SafetensorsFile file = SafetensorsFile.Open(Path);
        Assert.Empty(file.Tensors);
    }

    [Fact]
    public void Double_and_reserved_names_cannot_be_saved()
    {
        Tensor one = Tensor.From<byte>([1], 1);
        Assert.Throws<ArgumentException>(() => Safetensors.Save(Path, [new("a", one), new("a", one)]));
        Assert.Throws<ArgumentException>(() => Safetensors.Save(Path, [new("__metadata__", one)]));
        Assert.False(File.Exists(Path));
    }

    [Fact]
    public void Random_tensors_round_trip()
    {
        Gen<Tensor> tensor =
            from dtype in Gen.Elements(Enum.GetValues<DType>())
            from rank in Gen.Choose(0, 4)
            from shape in Gen.Choose(0, 5).ArrayOf(rank)
            from bytes in Gen.Choose(0, 255).Select(v => (byte)v).ArrayOf((int)Tensor.CountOf(shape) * dtype.Size())
            select new Tensor(dtype, shape, bytes);
        Gen<string> name = Gen.Elements("abz.019 _/\"\\\t日é".ToCharArray()).ArrayOf().Select(chars => new string(chars));
        Gen<Dictionary<string, Tensor>> file = Gen.Zip(name, tensor).ListOf().Select(list => list.DistinctBy(t => t.Item1).ToDictionary(t => t.Item1, t => t.Item2));
        Prop.ForAll(Arb.From(file), tensors =>
        {
            Safetensors.Save(Path, tensors);
            AssertEqual(tensors, Safetensors.Load(Path).Tensors);
            using SafetensorsFile mapped = SafetensorsFile.Open(Path);
            AssertEqual(tensors, mapped.Tensors);
        }).QuickCheckThrowOnFailure();
    }

    private static void AssertEqual(IReadOnlyDictionary<string, Tensor> expected, IReadOnlyDictionary<string, Tensor> actual)
    {
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        foreach ((string name, Tensor tensor) in expected)
        {
            Assert.Equal(tensor.DType, actual[name].DType);
            Assert.Equal(tensor.Shape, actual[name].Shape);
            Assert.Equal(tensor.Bytes.ToArray(), actual[name].Bytes.ToArray());
        }
    }
}
