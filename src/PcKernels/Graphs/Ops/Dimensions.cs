namespace PcKernels.Graphs.Ops;

/// <summary>Dimensions of a sample as model files count them: 0 is the first, negative ones count from the end.</summary>
internal static class Dimensions
{
    /// <summary>A dimension counted from 0.</summary>
    /// <exception cref="InputException">The value has no such dimension.</exception>
    public static int Resolve(int dim, int rank, string key = "dim")
    {
        int resolved = dim < 0 ? dim + rank : dim;
        if (rank == 0) throw new InputException($"{key} {dim} of a single number, which has no dimensions");
        if (resolved < 0 || resolved >= rank) throw new InputException($"{key} {dim} is none of the input's {rank} dimensions; use {-rank} to {rank - 1}");
        return resolved;
    }

    /// <summary>Elements from one index of each dimension to the next, row-major.</summary>
    public static int[] Strides(IReadOnlyList<int> shape)
    {
        var strides = new int[shape.Count];
        for (int i = shape.Count - 1, stride = 1; i >= 0; stride *= shape[i--]) strides[i] = stride;
        return strides;
    }

    /// <summary>The product of some extents.</summary>
    public static int Count(IEnumerable<int> extents) => checked((int)Tensor.CountOf(extents));

    /// <summary>A shape with another extent at one dimension.</summary>
    public static int[] With(IReadOnlyList<int> shape, int dimension, int extent)
    {
        int[] changed = [.. shape];
        changed[dimension] = extent;
        return changed;
    }

    /// <summary>All inputs have the shape of the first.</summary>
    /// <exception cref="InputException">One has another.</exception>
    public static int[] SameShape(string op, IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        foreach (IReadOnlyList<int> shape in inputs)
        {
            if (!shape.SequenceEqual(inputs[0]))
                throw new InputException($"{op} needs inputs of one shape, not {Tensor.FormatShape(inputs[0])} and {Tensor.FormatShape(shape)}");
        }
        return [.. inputs[0]];
    }

    /// <summary>The input is an image.</summary>
    /// <exception cref="InputException">It has not three dimensions.</exception>
    public static IReadOnlyList<int> Image(string op, IReadOnlyList<int> shape) => shape.Count == 3
        ? shape
        : throw new InputException($"{op} needs an image [channels, height, width], not {Tensor.FormatShape(shape)}; put a reshape before it");
}
