using PcKernels.Checkpoints;
using PcKernels.Graphs;

namespace PcKernels.Data.Formats;

/// <summary>A data set in one safetensors file: <c>train.inputs</c> with <c>train.labels</c> (integers) or <c>train.targets</c> (floats), and <c>test.…</c> likewise.</summary>
internal static class SafetensorsData
{
    public const string Looked = "one *.safetensors file with train.inputs and train.labels or train.targets";

    /// <exception cref="InputException">The file is not a valid safetensors file, or its tensors are not as described.</exception>
    public static DataSet Load(string path, string name)
    {
        SourceFile file = SourceFile.Read(path);
        IReadOnlyDictionary<string, Tensor> tensors = Safetensors.Load(path).Tensors;
        if (!tensors.ContainsKey("train.inputs"))
            throw new InputException($"'{path}': has no tensor 'train.inputs'; train.inputs and train.labels or train.targets are expected, and test.… for a test part");
        int[]? train = Labels(path, tensors, "train"), test = Labels(path, tensors, "test");
        int classes = 1 + Math.Max(train?.Max() ?? 0, test?.Max() ?? 0);
        return new DataSet(name, Part(path, name, tensors, "train", train, classes),
            tensors.ContainsKey("test.inputs") ? Part(path, name, tensors, "test", test, classes) : null)
        {
            Checksums = [file.Checksum],
        };
    }

    private static DataPart Part(string path, string name, IReadOnlyDictionary<string, Tensor> tensors, string part, int[]? labels, int classes)
    {
        Tensor inputs = tensors[$"{part}.inputs"];
        if (inputs.Shape.Count < 2 || inputs.Count == 0)
            throw new InputException($"'{path}': '{part}.inputs' has shape {Tensor.FormatShape(inputs.Shape)}; [samples, …] with at least one sample and one element is expected");
        int count = inputs.Shape[0], size = (int)(inputs.Count / count);
        int[] shape = [.. inputs.Shape.Skip(1)];
        Samples samples = inputs.DType == DType.U8
            ? new Samples(inputs.Bytes.ToArray(), size, 0, size, byte.MaxValue)
            : new Samples(Numbers(path, $"{part}.inputs", inputs, size), size);
        tensors.TryGetValue($"{part}.targets", out Tensor? targets);
        if (labels is not null && targets is not null)
            throw new InputException($"'{path}': has both '{part}.labels' and '{part}.targets'; one of them is expected");
        int? there = labels?.Length ?? (targets is null ? null : targets.Shape.Count > 0 ? targets.Shape[0] : 0);
        if (there is not null && there != count)
            throw new InputException($"'{path}': '{part}.inputs' has {count} samples, but '{part}.{(labels is null ? "targets" : "labels")}' has {there}; as many are expected");
        string title = $"{name} {part}";
        if (targets is null) return new DataPart(title, samples, shape, count, labels, labels is null ? 0 : classes, null, 0);
        if (targets.Count == 0 || targets.DType is not (DType.F32 or DType.F64))
            throw new InputException($"'{path}': '{part}.targets' is {targets.DType} of shape {Tensor.FormatShape(targets.Shape)}; F32 or F64 of [samples, width] is expected");
        int width = (int)(targets.Count / count);
        return new DataPart(title, samples, shape, count, null, 0, Numbers(path, $"{part}.targets", targets, width), width);
    }

    private static int[]? Labels(string path, IReadOnlyDictionary<string, Tensor> tensors, string part)
    {
        if (!tensors.TryGetValue($"{part}.labels", out Tensor? labels)) return null;
        if (labels.Shape.Count != 1 || labels.Count == 0 || labels.DType is DType.F32 or DType.F64)
            throw new InputException($"'{path}': '{part}.labels' is {labels.DType} of shape {Tensor.FormatShape(labels.Shape)}; I64, I32 or U8 of [samples] is expected");
        double[] values = labels.ToDoubles();
        int at = Array.FindIndex(values, static v => v is < 0 or > 1_000_000);
        if (at >= 0) throw new InputException($"'{path}': '{part}.labels' has {values[at]} at {at}; a class from 0 to 1000000 is expected");
        return Array.ConvertAll(values, static v => (int)v);
    }

    private static float[] Numbers(string path, string tensor, Tensor values, int width)
    {
        float[] numbers = values.To(DType.F32).AsSpan<float>().ToArray();
        int at = Array.FindIndex(numbers, static v => !float.IsFinite(v));
        if (at >= 0) throw new InputException($"'{path}': '{tensor}' has {numbers[at]} in sample {at / width}, element {at % width}; a finite number is expected");
        return numbers;
    }
}
