using PcKernels.Execution.Cpu;
using PcKernels.Execution.Kernels.Ops;
using PcKernels.Graphs.Ops;

namespace PcKernels.Tests.Execution.Kernels;

/// <summary>Sizes that the catalogue's examples are too small for: several blocks of depth, images side by side, images in place.</summary>
public sealed unsafe class ConvolutionKernelTests
{
    private const double Tolerance = 1e-12;

    public static TheoryData<int, int[], int> Cases => new()
    {
        // channels, kernel, stride, padding, groups; image; batch
        { 0, [31, 4, 4], 5 },
        { 1, [31, 4, 4], 5 },
        { 2, [3, 16, 16], 2 },
        { 3, [40, 9, 7], 3 },
        { 4, [64, 8, 8], 6 },
        { 5, [12, 20, 20], 3 },
    };

    private static readonly Conv2dOp[] s_ops =
    [
        new(20, 3, 1, 1), new(20, 3), new(33, 5, 1, 2), new(24, 3, 2, 1, 4), new(16, 3, 1, 1, 2, false), new(7, 7, 3, 2),
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Value_and_derivatives_are_those_of_plain_loops(int op, int[] image, int batch)
    {
        var numbers = new Numbers(s_ops[op], image, batch);
        foreach (int count in new[] { batch, 1 })
        {
            Near(numbers.PlainForward(), numbers.Forward(count));
            Near(numbers.PlainBackward(), numbers.Backward(count));
        }
        Near(numbers.PlainLearn(), numbers.Learn(numbers.Kernel.Depth));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Bits_depend_neither_on_images_beside_nor_on_tiles(int op, int[] image, int batch)
    {
        var numbers = new Numbers(s_ops[op], image, batch);
        Assert.Equal(numbers.Forward(batch), numbers.Forward(1));
        Assert.Equal(numbers.Backward(batch), numbers.Backward(1));
        Assert.Equal(numbers.Learn(numbers.Kernel.Depth), numbers.Learn(16));
    }

    private static void Near(double[] expected, double[] actual)
    {
        double far = expected.Zip(actual, static (a, b) => (a - b) * (a - b)).Sum(), size = expected.Sum(static a => a * a);
        Assert.True(Math.Sqrt(far) <= Tolerance * Math.Sqrt(size), $"{Math.Sqrt(far / size):g3}");
    }

    /// <summary>A convolution with made-up numbers, by the kernel and by plain loops.</summary>
    private sealed class Numbers
    {
        private readonly Conv2dOp _op;
        private readonly int[] _in, _out;
        private readonly int _batch, _stride;
        private readonly double[] _x, _weight, _bias, _delta;

        public Numbers(Conv2dOp op, int[] image, int batch)
        {
            (_op, _in, _batch) = (op, image, batch);
            _out = op.Infer([image]);
            Kernel = new ConvolutionKernel<double>(op, image, _out, batch);
            _stride = (Kernel.Depth + 15) / 16 * 16;
            var random = new Random(7);
            double[] Made(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() - 0.5)];
            (_x, _delta, _bias) = (Made(batch * Count(_in)), Made(batch * Count(_out)), op.Bias ? Made(op.Channels) : []);
            _weight = new double[op.Channels * _stride];
            for (int i = 0; i < _weight.Length; i++) _weight[i] = i % _stride < Kernel.Depth ? random.NextDouble() - 0.5 : 0;
        }

        public ConvolutionKernel<double> Kernel { get; }

        public double[] Forward(int most) => Run(most, _x, _in, _out, (images, count, results, scratch) =>
        {
            fixed (double* weight = _weight, bias = _bias)
                Kernel.Forward(images, count, Weight(weight), bias == null ? default : new Matrix<double>((nint)bias, 1, _op.Channels, _op.Channels), results, scratch);
        });

        public double[] Backward(int most) => Run(most, _delta, _out, _in, (deltas, count, adjoints, scratch) =>
        {
            fixed (double* weight = _weight) Kernel.Backward(deltas, count, Weight(weight), adjoints, scratch);
        });

        public double[] Learn(int columns)
        {
            int block = Math.Min(256, _stride), channels = _op.Channels / _op.Groups;
            var gradient = new double[_op.Channels * Kernel.Depth];
            var scratch = new double[Kernel.ScratchLength + Kernel.LearnScratchLength];
            var sums = new double[channels * block];
            double** images = stackalloc double*[Kernel.Images], deltas = stackalloc double*[Kernel.Images];
            fixed (double* x = _x, delta = _delta, room = scratch, sum = sums)
                for (int g = 0; g < _op.Groups; g++)
                    for (int from = 0; from < Kernel.Depth; from += Math.Min(columns, block))
                    {
                        int to = Math.Min(Kernel.Depth, from + Math.Min(columns, block));
                        for (int first = 0; first < _batch; first += Kernel.Images)
                        {
                            int count = Math.Min(Kernel.Images, _batch - first);
                            for (int s = 0; s < count; s++) images[s] = x + (first + s) * Count(_in);
                            for (int s = 0; s < count; s++) deltas[s] = delta + (first + s) * Count(_out);
                            Kernel.Learn(images, deltas, count, g, from, to, sum, first > 0, room);
                        }
                        for (int c = 0; c < channels; c++)
                            for (int d = from; d < to; d++) gradient[(g * channels + c) * Kernel.Depth + d] = sums[c * block + d - from];
                    }
            return gradient;
        }

        public double[] PlainForward()
        {
            var y = new double[_batch * Count(_out)];
            for (int i = 0; i < y.Length; i++) y[i] = _op.Bias ? _bias[i / (_out[1] * _out[2]) % _op.Channels] : 0;
            Each((to, from, w) => y[to] += _weight[w] * _x[from]);
            return y;
        }

        public double[] PlainBackward()
        {
            var adjoint = new double[_x.Length];
            Each((to, from, w) => adjoint[from] += _weight[w] * _delta[to]);
            return adjoint;
        }

        public double[] PlainLearn()
        {
            var gradient = new double[_op.Channels * Kernel.Depth];
            Each((to, from, w) => gradient[w / _stride * Kernel.Depth + w % _stride] += _x[from] * _delta[to]);
            return gradient;
        }

        private static int Count(int[] shape) => shape[0] * shape[1] * shape[2];

        private Matrix<double> Weight(double* weight) => new((nint)weight, _op.Channels, Kernel.Depth, _stride);

        private delegate void Call(double** from, int count, double** to, double* scratch);

        private double[] Run(int most, double[] from, int[] fromShape, int[] toShape, Call call)
        {
            var results = new double[_batch * Count(toShape)];
            var scratch = new double[Kernel.ScratchLength];
            int step = Math.Min(most, Kernel.Images);
            double** sources = stackalloc double*[step], targets = stackalloc double*[step];
            fixed (double* source = from, target = results, room = scratch)
                for (int first = 0; first < _batch; first += step)
                {
                    int count = Math.Min(step, _batch - first);
                    for (int s = 0; s < count; s++) sources[s] = source + (first + s) * Count(fromShape);
                    for (int s = 0; s < count; s++) targets[s] = target + (first + s) * Count(toShape);
                    call(sources, count, targets, room);
                }
            return results;
        }

        /// <summary>Every product that the convolution is made of: the element of Y, of x and of W.</summary>
        private void Each(Action<int, int, int> use)
        {
            int groupIn = _in[0] / _op.Groups, groupOut = _op.Channels / _op.Groups;
            for (int b = 0; b < _batch; b++)
                for (int o = 0; o < _op.Channels; o++)
                    for (int i = 0; i < _out[1] * _out[2]; i++)
                        for (int d = 0; d < Kernel.Depth; d++)
                        {
                            int y = i / _out[2] * _op.Stride - _op.Padding + d / _op.Kernel % _op.Kernel, x = i % _out[2] * _op.Stride - _op.Padding + d % _op.Kernel;
                            if (y < 0 || y >= _in[1] || x < 0 || x >= _in[2]) continue;
                            int channel = o / groupOut * groupIn + d / (_op.Kernel * _op.Kernel);
                            use((b * _out[0] + o) * _out[1] * _out[2] + i, ((b * _in[0] + channel) * _in[1] + y) * _in[2] + x, o * _stride + d);
                        }
        }
    }
}
