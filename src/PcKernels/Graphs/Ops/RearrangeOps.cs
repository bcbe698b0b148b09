using System.Text.Json;

namespace PcKernels.Graphs.Ops;

/// <summary>An op whose elements are elements of its inputs in other places.</summary>
public abstract record RearrangeOp : Op
{
    /// <summary>Whether the elements keep their row-major order, so that nothing need be moved.</summary>
    internal virtual bool KeepsOrder => false;

    /// <summary>Which input, and which of its elements, an element of the value is.</summary>
    internal abstract (int Input, int Element) Source(int element, IReadOnlyList<IReadOnlyList<int>> inputs);
}

/// <summary>All dimensions of the sample as one, row-major.</summary>
public sealed record FlattenOp : RearrangeOp
{
    /// <inheritdoc/>
    public override string Name => "flatten";

    internal override bool KeepsOrder => true;

    /// <inheritdoc/>
    public override int[] Infer(IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return [Dimensions.Count(inputs[0])];
    }

    internal override (int Input, int Element) Source(int element, IReadOnlyList<IReadOnlyList<int>> inputs) => (0, element);
}

/// <summary>The same elements in row-major order under another shape.</summary>
/// <param name="Shape">Extents; one may be −1, which is what remains.</param>
public sealed record ReshapeOp(IReadOnlyList<int> Shape) : RearrangeOp
{
    /// <inheritdoc/>
    public override string Name => "reshape";

    internal override bool KeepsOrder => true;

    /// <inheritdoc/>
    public override int[] Infer(IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        long count = Tensor.CountOf(inputs[0]);
        int[] known = [.. Shape.Where(static e => e != -1)];
        if (known.Any(static e => e < 1) || Shape.Count - known.Length > 1) throw new InputException($"shape {Tensor.FormatShape(Shape)} must have extents ≥ 1 and at most one −1");
        long product = known.Aggregate(1L, static (p, e) => Math.Min(p * e, int.MaxValue + 1L));
        if (known.Length == Shape.Count ? product != count : count % product != 0)
            throw new InputException($"shape {Tensor.FormatShape(Shape)} does not take the {count} elements of {Tensor.FormatShape(inputs[0])}");
        return [.. Shape.Select(e => e == -1 ? (int)(count / product) : e)];
    }

    /// <inheritdoc/>
    public override void WriteKeys(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartArray("shape");
        foreach (int extent in Shape) writer.WriteNumberValue(extent);
        writer.WriteEndArray();
    }

    internal override (int Input, int Element) Source(int element, IReadOnlyList<IReadOnlyList<int>> inputs) => (0, element);
}

/// <summary>Two dimensions change places, as <c>torch.transpose</c>.</summary>
/// <param name="First">The key <c>dim0</c>.</param>
/// <param name="Second">The key <c>dim1</c>.</param>
public sealed record TransposeOp(int First, int Second) : RearrangeOp
{
    /// <inheritdoc/>
    public override string Name => "transpose";

    /// <inheritdoc/>
    public override int[] Infer(IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        int[] shape = [.. inputs[0]];
        (int a, int b) = Pair(shape.Length);
        (shape[a], shape[b]) = (shape[b], shape[a]);
        return shape;
    }

    /// <inheritdoc/>
    public override void WriteKeys(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteNumber("dim0", First);
        writer.WriteNumber("dim1", Second);
    }

    internal override (int Input, int Element) Source(int element, IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        int[] shape = Infer(inputs), strides = Dimensions.Strides(inputs[0]);
        (int a, int b) = Pair(shape.Length);
        (strides[a], strides[b]) = (strides[b], strides[a]);
        int source = 0;
        for (int d = shape.Length - 1; d >= 0; d--)
        {
            source += element % shape[d] * strides[d];
            element /= shape[d];
        }
        return (0, source);
    }

    internal (int First, int Second) Pair(int rank) => (Dimensions.Resolve(First, rank, "dim0"), Dimensions.Resolve(Second, rank, "dim1"));
}

/// <summary>One slice across a dimension, which disappears.</summary>
/// <param name="Dim">The dimension; negative ones count from the end.</param>
/// <param name="Index">The slice, from 0; negative ones count from the end.</param>
public sealed record SelectOp(int Dim, int Index) : RearrangeOp
{
    /// <inheritdoc/>
    public override string Name => "select";

    /// <inheritdoc/>
    public override int[] Infer(IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        int dim = Dimensions.Resolve(Dim, inputs[0].Count), extent = inputs[0][dim];
        if (Index < -extent || Index >= extent) throw new InputException($"index {Index} is none of the {extent} slices of dimension {dim}; use {-extent} to {extent - 1}");
        return [.. inputs[0].Take(dim), .. inputs[0].Skip(dim + 1)];
    }

    /// <inheritdoc/>
    public override void WriteKeys(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteNumber("dim", Dim);
        writer.WriteNumber("index", Index);
    }

    internal override (int Input, int Element) Source(int element, IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        int dim = Dimensions.Resolve(Dim, inputs[0].Count), extent = inputs[0][dim], inner = Dimensions.Strides(inputs[0])[dim];
        int index = Index < 0 ? Index + extent : Index;
        return (0, (element / inner * extent + index) * inner + element % inner);
    }
}

/// <summary>Every step-th slice of a dimension, from start up to but without end, as Python's <c>x[start:end:step]</c>.</summary>
/// <param name="Dim">The dimension; negative ones count from the end.</param>
/// <param name="Start">The first slice; negative ones count from the end.</param>
/// <param name="End">The slice after the last; negative ones count from the end; null for all.</param>
/// <param name="Step">≥ 1.</param>
public sealed record SliceOp(int Dim, int Start = 0, int? End = null, int Step = 1) : RearrangeOp
{
    /// <inheritdoc/>
    public override string Name => "slice";

    /// <inheritdoc/>
    public override int[] Infer(IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        (int dim, int start, int count) = Range(inputs[0]);
        if (count < 1) throw new InputException($"slice from {Start} to {End?.ToString() ?? "the end"} of the {inputs[0][dim]} in dimension {dim} is empty");
        _ = start;
        return Dimensions.With(inputs[0], dim, count);
    }

    /// <inheritdoc/>
    public override void WriteKeys(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteNumber("dim", Dim);
        if (Start != 0) writer.WriteNumber("start", Start);
        if (End is not null) writer.WriteNumber("end", End.Value);
        if (Step != 1) writer.WriteNumber("step", Step);
    }

    internal override (int Input, int Element) Source(int element, IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        (int dim, int start, int count) = Range(inputs[0]);
        int inner = Dimensions.Strides(inputs[0])[dim], row = element / inner;
        return (0, (row / count * inputs[0][dim] + start + row % count * Step) * inner + element % inner);
    }

    internal (int Dim, int Start, int Count) Range(IReadOnlyList<int> shape)
    {
        if (Step < 1) throw new InputException($"step {Step} must be ≥ 1");
        int dim = Dimensions.Resolve(Dim, shape.Count), extent = shape[dim];
        int start = Math.Clamp(Start < 0 ? Start + extent : Start, 0, extent);
        int end = Math.Clamp(End is not int given ? extent : given < 0 ? given + extent : given, 0, extent);
        return (dim, start, end <= start ? 0 : (end - start + Step - 1) / Step);
    }
}

/// <summary>Inputs one after another along a dimension.</summary>
/// <param name="Dim">The dimension, the last by default; all others have one extent.</param>
public sealed record ConcatOp(int Dim = -1) : RearrangeOp
{
    /// <inheritdoc/>
    public override string Name => "concat";

    /// <inheritdoc/>
    public override (int Least, int Most) Arity => (1, int.MaxValue);

    /// <inheritdoc/>
    public override int[] Infer(IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        int dim = Dimensions.Resolve(Dim, inputs[0].Count);
        foreach (IReadOnlyList<int> shape in inputs)
        {
            if (shape.Count != inputs[0].Count || !Dimensions.With(shape, dim, 1).SequenceEqual(Dimensions.With(inputs[0], dim, 1)))
                throw new InputException($"concat along dimension {dim} needs inputs that differ in it alone, not {Tensor.FormatShape(inputs[0])} and {Tensor.FormatShape(shape)}");
        }
        long extent = inputs.Sum(s => (long)s[dim]);
        return extent <= int.MaxValue ? Dimensions.With(inputs[0], dim, (int)extent) : throw new InputException($"concat along dimension {dim} has {extent} slices; a value has at most 2^30 elements");
    }

    /// <inheritdoc/>
    public override void WriteKeys(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (Dim != -1) writer.WriteNumber("dim", Dim);
    }

    internal override (int Input, int Element) Source(int element, IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        int dim = Dimensions.Resolve(Dim, inputs[0].Count), inner = Dimensions.Strides(inputs[0])[dim], all = inputs.Sum(s => s[dim]);
        int row = element / inner, index = row % all, input = 0;
        while (index >= inputs[input][dim]) index -= inputs[input++][dim];
        return (input, (row / all * inputs[input][dim] + index) * inner + element % inner);
    }
}
