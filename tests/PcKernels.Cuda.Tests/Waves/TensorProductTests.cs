using PcKernels.Cuda.Interop;
using PcKernels.Cuda.Tests.Interop;
using PcKernels.Cuda.Waves;
using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Optimizers;
using PcKernels.Rules;
using PcKernels.Tests.Rules;
using PcKernels.Training;

namespace PcKernels.Cuda.Tests.Waves;

/// <summary>Products on the tensor cores, every shape and layout, against sums in double, with all checks of the emulator on.</summary>
public sealed class TensorProductTests : EmulatorTests
{
    private const int Threads = 128;

    public static TheoryData<string, string, string, int, int, int> Products()
    {
        var data = new TheoryData<string, string, string, int, int, int>();
        foreach (string math in new[] { "tf32", "bf16" })
            foreach (TaskKind kind in new[] { TaskKind.Predict, TaskKind.Settle, TaskKind.Learn })
                foreach (ShapeName shape in Enum.GetValues<ShapeName>())
                    foreach ((int m, int n, int k) in new[] { (1, 1, 1), (33, 70, 20), (65, 129, 130) }) data.Add(math, kind.ToString(), shape.ToString(), m, n, k);
        return data;
    }

    [EmulatorTheory]
    [MemberData(nameof(Products))]
    public void Results_are_within_what_rounding_allows(string math, string task, string tile, int m, int n, int k)
    {
        (TaskKind kind, ShapeName shape) = (Enum.Parse<TaskKind>(task), Enum.Parse<ShapeName>(tile));
        float[,] a = Random(m, k, 1), b = Random(n, k, 2);
        float[] actual = Run(math, kind, shape, a, b);
        double unit = Unit(math), largest = 0;
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++)
            {
                double sum = 0, size = 0;
                for (int d = 0; d < k; d++) (sum, size) = (sum + (double)a[i, d] * b[j, d], size + Math.Abs((double)a[i, d] * b[j, d]));
                double off = Math.Abs(actual[i * n + j] - sum);
                Assert.True(off <= (2 * unit + unit * unit + k * Math.Pow(2, -23)) * size, $"element {i}, {j} is off by {off:e2} of {size:e2}");
                largest = Math.Max(largest, off / size);
            }
        Assert.True(largest > unit / 64, $"nothing was rounded: {largest:e2}");
    }

    [EmulatorTheory]
    [InlineData(CudaMath.Tf32)]
    [InlineData(CudaMath.Bf16)]
    public void Training_is_the_cpus_to_rounding(CudaMath math)
    {
        // An error is a difference of two values ten times its size, and three steps add up: 30 u.
        double tolerance = 30 * 2 * Unit(math.ToString().ToLowerInvariant());
        Graph graph = Devices.ResidentTests.Net("40-70-33-10");
        var options = new TrainingOptions { Rule = new IncrementalPredictiveCoding { Steps = 3, Gamma = 0.1 }, Optimizer = new Sgd(0.05), Seed = 3 };
        Model model = RandomNet.Parameterise(graph, 5);
        Emulator.SetChecks("fatal");
        using var cpu = new Trainer(model, options with { DType = DType.F64 }, new CpuDevice(1));
        using var gpu = new Trainer(model, options, CudaDevice.Emulated(CudaExecution.Waves, math));
        using var loop = new Trainer(model, options, CudaDevice.Emulated(CudaExecution.Cooperative, math));
        foreach (int seed in new[] { 1, 2 })
        {
            Dictionary<string, Tensor> batch = RandomNet.Batch(graph, 20, seed);
            cpu.Step(batch);
            gpu.Step(batch);
            Emulator.Clear();
            loop.Step(batch);
            Assert.Contains($"pck_loop_{math.ToString().ToLowerInvariant()}", Emulator.Sums, StringComparison.Ordinal);
            Compare.Same(Compare.Results(loop), Compare.Results(gpu), $"one launch against waves, {math}");
        }
        Compare.Near(Compare.Results(gpu), Compare.Results(cpu), tolerance, $"{math}");
    }

    [EmulatorFact]
    public void Doubles_are_not_rounded()
    {
        CudaDevice device = CudaDevice.Emulated(math: CudaMath.Tf32);
        Assert.Contains("--math tf32", Assert.Throws<InputException>(() => new Trainer(new Model(Devices.ResidentTests.Net("4-3")), new TrainingOptions { DType = DType.F64 }, device)).Message, StringComparison.Ordinal);
    }

    // Half a unit of the mantissa: 11 and 8 bits.
    private static double Unit(string math) => Math.Pow(2, math == "tf32" ? -11 : -8);

    private static float[,] Random(int rows, int depth, int seed)
    {
        var random = new Random(seed);
        var matrix = new float[rows, depth];
        for (int i = 0; i < rows; i++)
            for (int d = 0; d < depth; d++) matrix[i, d] = 2 * random.NextSingle() - 1;
        return matrix;
    }

    private static int Stride(int columns) => (columns + 15) / 16 * 16;

    // Rows by depth as it lies in memory: along depth, or across.
    private static float[] Laid(float[,] matrix, bool isAcross)
    {
        (int rows, int depth) = (matrix.GetLength(0), matrix.GetLength(1));
        var laid = new float[isAcross ? depth * Stride(rows) : rows * Stride(depth)];
        for (int i = 0; i < rows; i++)
            for (int d = 0; d < depth; d++) laid[isAcross ? d * Stride(rows) + i : i * Stride(depth) + d] = matrix[i, d];
        return laid;
    }

    private float[] Run(string math, TaskKind kind, ShapeName shape, float[,] a, float[,] b)
    {
        (int m, int n, int k) = (a.GetLength(0), b.GetLength(0), a.GetLength(1));
        (bool aAcross, bool bAcross) = (kind == TaskKind.Learn, kind != TaskKind.Predict);
        Emulator.Clear();
        Emulator.SetChecks("on");
        Emulator.SetSeed(m);
        using DeviceBuffer<float> left = DeviceBuffer<float>.Of(Context, Laid(a, aAcross)), right = DeviceBuffer<float>.Of(Context, Laid(b, bAcross)), to = DeviceBuffer<float>.Of(Context, new float[m * Stride(n)]);
        using CudaModule waves = CudaModule.Load(Context, $"wave_{math}.ptx", KernelImage.Read($"wave_{math}.ptx"));
        var result = new DeviceView(to.Span.Address, Stride(n), n);
        var task = new DeviceTask { Kind = kind, Rows = m, Columns = n, Operands = 1, Partner = -1 };
        if (kind == TaskKind.Predict) task.Predict.Output = result;
        else if (kind == TaskKind.Settle) task.Settle.Delta = result;
        else task.Learn = new LearnWork { Gradient = result, Scale = 1 };
        TileShape extent = new[] { TileShape.Slim, TileShape.Middle, TileShape.Wide }.Single(s => s.Name == shape);
        DeviceTile[] tiles = [.. from r in Enumerable.Range(0, TileShape.Across(m, extent.Rows))
                                 from c in Enumerable.Range(0, TileShape.Across(n, extent.Columns))
                                 select new DeviceTile(0, r * extent.Rows, c * extent.Columns, shape)];
        using DeviceBuffer<DeviceTask> tasks = DeviceBuffer<DeviceTask>.Of(Context, [task]);
        using DeviceBuffer<DeviceOperand> operands = DeviceBuffer<DeviceOperand>.Of(Context,
            [new DeviceOperand { A = new(left.Span.Address, Stride(aAcross ? m : k), aAcross ? m : k), B = new(right.Span.Address, Stride(bAcross ? n : k), bAcross ? n : k), Depth = k, Rows = aAcross ? k : m }]);
        using DeviceBuffer<DeviceTile> table = DeviceBuffer<DeviceTile>.Of(Context, tiles);
        using DeviceBuffer<ulong> run = DeviceBuffer<ulong>.Of(Context, new ulong[4]);
        Stream.LaunchWith(waves.Function($"pck_wave_{math}"), new LaunchShape(tiles.Length, Threads),
            new WaveParameters { Tiles = table.Span.Address, Tasks = tasks.Span.Address, Operands = operands.Span.Address, Run = run.Span.Address });
        Stream.Synchronize();
        Assert.Equal("[]", Emulator.Findings);
        float[] padded = to.ToArray();
        return [.. from i in Enumerable.Range(0, m) from j in Enumerable.Range(0, n) select padded[i * Stride(n) + j]];
    }
}
