using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Tests.Rules.Oracle;

namespace PcKernels.Tests.Ops;

/// <summary>Every op as plain loops over indices, from its definition; one sample, row-major.</summary>
internal static class OpReference
{
    /// <summary>The value of an op.</summary>
    public static Tracked[] Forward(Op op, IReadOnlyList<IReadOnlyList<int>> shapes, Tracked[][] x, Tracked[][] p)
    {
        Tracked[] first = op.Inner == Activation.Identity ? x[0] : [.. x[0].Select(v => Apply(op.Inner, v))];
        Tracked[] value = op switch
        {
            LinearOp linear => Linear(linear, shapes[0][^1], first, p),
            Conv2dOp conv => Convolve(conv, shapes[0], conv.Infer(shapes), first, p),
            Pool2dOp pool => Pool(pool, shapes[0], pool.Infer(shapes), first),
            AdaptivePool2dOp pool => AdaptivePool(pool, shapes[0], first),
            ElementwiseOp => first,
            AddOp => Fold(x, static (a, b) => a + b),
            MultiplyOp => Fold(x, static (a, b) => a * b),
            ScaleOp scale => [.. first.Select(v => v * scale.Factor)],
            FlattenOp or ReshapeOp => first,
            TransposeOp transpose => Transpose(transpose, shapes[0], first),
            SelectOp select => Pick(shapes[0], select.Dim, [select.Index], first),
            SliceOp slice => Pick(shapes[0], slice.Dim, Range(slice, shapes[0]), first),
            ConcatOp concat => Concat(concat, shapes, x),
            SoftmaxOp softmax => Lines(shapes[0], softmax.Dim, first, static line => Softmax(line)),
            LayerNormOp norm => Lines(shapes[0], -1, first, line => Normalise(line, norm.Epsilon, p)),
            EmbeddingOp embedding => [.. first.SelectMany(v => p[0].AsSpan((int)v.Value * embedding.Units, embedding.Units).ToArray())],
            PositionalOp => Fold([first, p[0]], static (a, b) => a + b),
            AttentionOp attention => Attend(attention, shapes, x),
            _ => throw new ArgumentException($"no reference for {op.Name}"),
        };
        return op.Outer == Activation.Identity ? value : [.. value.Select(v => Apply(op.Outer, v))];
    }

    private static Tracked Apply(Activation f, Tracked x) =>
        (f is Activation.Relu or Activation.LeakyRelu ? x.WithKink(x.Value) : x).Map(v => OracleFunctions.Value(f, v), v => OracleFunctions.Derivative(f, v));

    private static Tracked[] Fold(Tracked[][] x, Func<Tracked, Tracked, Tracked> f) => x.Skip(1).Aggregate(x[0], (sum, next) => [.. sum.Zip(next, f)]);

    private static Tracked Sum(IEnumerable<Tracked> terms) => terms.Aggregate(static (a, b) => a + b);

    private static Tracked[] Linear(LinearOp op, int width, Tracked[] x, Tracked[][] p) =>
        [.. from row in Enumerable.Range(0, x.Length / width)
            from unit in Enumerable.Range(0, op.Units)
            let product = Sum(Enumerable.Range(0, width).Select(i => p[0][unit * width + i] * x[row * width + i]))
            select op.Bias ? product + p[1][unit] : product];

    private static Tracked[] Convolve(Conv2dOp op, IReadOnlyList<int> image, int[] result, Tracked[] x, Tracked[][] p)
    {
        int perGroup = image[0] / op.Groups, area = op.Kernel * op.Kernel;
        var values = new List<Tracked>();
        for (int c = 0; c < result[0]; c++)
            for (int i = 0; i < result[1]; i++)
                for (int j = 0; j < result[2]; j++)
                {
                    // A weight times zero, so that a window all outside still is a number.
                    Tracked sum = op.Bias ? p[1][c] : p[0][c * perGroup * area] * 0.0;
                    for (int k = 0; k < perGroup * area; k++)
                    {
                        int channel = c / (op.Channels / op.Groups) * perGroup + k / area;
                        int y = i * op.Stride - op.Padding + k % area / op.Kernel, z = j * op.Stride - op.Padding + k % op.Kernel;
                        if (y < 0 || y >= image[1] || z < 0 || z >= image[2]) continue;
                        sum += p[0][c * perGroup * area + k] * x[(channel * image[1] + y) * image[2] + z];
                    }
                    values.Add(sum);
                }
        return [.. values];
    }

    private static Tracked[] Pool(Pool2dOp op, IReadOnlyList<int> image, int[] result, Tracked[] x)
    {
        int stride = op.Stride == 0 ? op.Kernel : op.Stride;
        return
        [
            .. from c in Enumerable.Range(0, result[0])
               from i in Enumerable.Range(0, result[1])
               from j in Enumerable.Range(0, result[2])
               let window = Window(image, c, i * stride, i * stride + op.Kernel, j * stride, j * stride + op.Kernel, x)
               select op.Pooling == Pooling.Max ? Largest(window) : Sum(window) * (1.0 / window.Length),
        ];
    }

    // Of equal ones the first.
    private static Tracked Largest(Tracked[] window)
    {
        Tracked largest = window.Aggregate(static (a, b) => b.Value > a.Value ? b : a);
        foreach (Tracked other in window) largest.WithKink(largest.Value - other.Value);
        return largest;
    }

    private static Tracked[] AdaptivePool(AdaptivePool2dOp op, IReadOnlyList<int> image, Tracked[] x) =>
        [.. from c in Enumerable.Range(0, image[0])
            from i in Enumerable.Range(0, op.Height)
            from j in Enumerable.Range(0, op.Width)
            let window = Window(image, c, (int)Math.Floor((double)i * image[1] / op.Height), (int)Math.Ceiling((double)(i + 1) * image[1] / op.Height),
                (int)Math.Floor((double)j * image[2] / op.Width), (int)Math.Ceiling((double)(j + 1) * image[2] / op.Width), x)
            select Sum(window) * (1.0 / window.Length)];

    private static Tracked[] Window(IReadOnlyList<int> image, int channel, int top, int bottom, int left, int right, Tracked[] x) =>
        [.. from y in Enumerable.Range(top, bottom - top)
            from z in Enumerable.Range(left, right - left)
            select x[(channel * image[1] + y) * image[2] + z]];

    private static int Positive(int dim, int rank) => dim < 0 ? dim + rank : dim;

    private static int Inner(IReadOnlyList<int> shape, int dim) => shape.Skip(dim + 1).Aggregate(1, static (a, b) => a * b);

    private static Tracked[] Transpose(TransposeOp op, IReadOnlyList<int> shape, Tracked[] x)
    {
        int a = Positive(op.First, shape.Count), b = Positive(op.Second, shape.Count);
        int[] result = [.. shape];
        (result[a], result[b]) = (result[b], result[a]);
        return [.. x.Index().OrderBy(e =>
        {
            int[] at = [.. Enumerable.Range(0, shape.Count).Select(d => e.Index / Inner(shape, d) % shape[d])];
            (at[a], at[b]) = (at[b], at[a]);
            return at.Index().Sum(i => i.Item * Inner(result, i.Index));
        }).Select(static e => e.Item)];
    }

    private static int[] Range(SliceOp op, IReadOnlyList<int> shape)
    {
        int extent = shape[Positive(op.Dim, shape.Count)];
        int start = op.Start < 0 ? op.Start + extent : op.Start, end = op.End is not int given ? extent : given < 0 ? given + extent : Math.Min(given, extent);
        return [.. Enumerable.Range(0, extent).Where(i => i >= start && i < end && (i - start) % op.Step == 0)];
    }

    private static Tracked[] Pick(IReadOnlyList<int> shape, int dim, int[] indices, Tracked[] x)
    {
        int at = Positive(dim, shape.Count), inner = Inner(shape, at), extent = shape[at];
        return [.. from outer in Enumerable.Range(0, x.Length / (extent * inner))
                   from index in indices
                   from i in Enumerable.Range(0, inner)
                   select x[(outer * extent + Positive(index, extent)) * inner + i]];
    }

    private static Tracked[] Concat(ConcatOp op, IReadOnlyList<IReadOnlyList<int>> shapes, Tracked[][] x)
    {
        int dim = Positive(op.Dim, shapes[0].Count), outer = shapes[0].Take(dim).Aggregate(1, static (a, b) => a * b);
        return [.. Enumerable.Range(0, outer).SelectMany(o => x.SelectMany(part => part.Skip(o * part.Length / outer).Take(part.Length / outer)))];
    }

    private static Tracked[] Lines(IReadOnlyList<int> shape, int dim, Tracked[] x, Func<Tracked[], Tracked[]> f)
    {
        int at = Positive(dim, shape.Count), inner = Inner(shape, at), extent = shape[at];
        var values = new Tracked[x.Length];
        for (int o = 0; o < x.Length / (extent * inner); o++)
            for (int i = 0; i < inner; i++)
            {
                int[] line = [.. Enumerable.Range(0, extent).Select(e => (o * extent + e) * inner + i)];
                foreach ((int e, Tracked value) in f([.. line.Select(k => x[k])]).Index()) values[line[e]] = value;
            }
        return values;
    }

    private static Tracked[] Softmax(Tracked[] line)
    {
        // Taken off as a mere number: it changes neither value nor derivative.
        double largest = line.Max(static v => v.Value);
        Tracked[] powers = [.. line.Select(v => (v + -largest).Exp())];
        Tracked sum = Sum(powers);
        return [.. powers.Select(v => v / sum)];
    }

    private static Tracked[] Normalise(Tracked[] line, double epsilon, Tracked[][] p)
    {
        Tracked mean = Sum(line) * (1.0 / line.Length);
        Tracked[] centred = [.. line.Select(v => v - mean)];
        Tracked deviation = (Sum(centred.Select(static v => v * v)) * (1.0 / line.Length) + epsilon).Sqrt();
        return [.. centred.Select((v, c) => v / deviation * p[0][c] + p[1][c])];
    }

    private static Tracked[] Attend(AttentionOp op, IReadOnlyList<IReadOnlyList<int>> shapes, Tracked[][] x)
    {
        int queries = shapes[0][0], keys = shapes[1][0], features = shapes[0][1], width = features / op.Heads;
        var values = new Tracked[queries * features];
        for (int head = 0; head < op.Heads; head++)
            for (int s = 0; s < queries; s++)
            {
                int seen = op.Causal ? s + 1 : keys;
                Tracked[] weights = Softmax([.. Enumerable.Range(0, seen).Select(t =>
                    Sum(Enumerable.Range(head * width, width).Select(f => x[0][s * features + f] * x[1][t * features + f])) * (1 / Math.Sqrt(width)))]);
                for (int f = head * width; f < (head + 1) * width; f++) values[s * features + f] = Sum(weights.Select((w, t) => w * x[2][t * features + f]));
            }
        return values;
    }
}
