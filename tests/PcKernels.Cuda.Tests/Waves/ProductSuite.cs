using System.Numerics;
using PcKernels.Cuda.Interop;
using PcKernels.Cuda.Tests.Interop;
using PcKernels.Cuda.Tests.Targets;
using PcKernels.Cuda.Waves;

namespace PcKernels.Cuda.Tests.Waves;

/// <summary>Every tile of every shape against the naive kernels beside them; on the emulator with all its checks.</summary>
public abstract class ProductSuite : DriverSuite
{
    private const int Threads = 128;

    /// <summary>As the naive kernels take them.</summary>
    private struct NaiveParameters
    {
        public ulong A, B, C;
        public int M, N, K, Lda, Ldb, Ldc;
    }

    public static TheoryData<bool, string, string, int, int, int> Products()
    {
        var data = new TheoryData<bool, string, string, int, int, int>();
        foreach (bool isSingle in new[] { true, false })
            foreach (TaskKind kind in new[] { TaskKind.Predict, TaskKind.Settle, TaskKind.Learn })
                foreach (ShapeName shape in Enum.GetValues<ShapeName>().Where(s => isSingle || s != ShapeName.Wide))
                    foreach ((int m, int n, int k) in new[] { (1, 1, 1), (33, 70, 20), (65, 129, 130) }) data.Add(isSingle, kind.ToString(), shape.ToString(), m, n, k);
        return data;
    }

    [DeviceTheory]
    [MemberData(nameof(Products))]
    public void A_tiled_product_is_the_naive_one(bool isSingle, string task, string tile, int m, int n, int k)
    {
        (TaskKind kind, ShapeName shape) = (Enum.Parse<TaskKind>(task), Enum.Parse<ShapeName>(tile));
        if (isSingle) Check<float>("f32", kind, shape, m, n, k, 1e-6);
        else Check<double>("f64", kind, shape, m, n, k, 1e-14);
    }

    private static int Stride(int columns) => (columns + 15) / 16 * 16;

    private static T[] Matrix<T>(int rows, int columns, int seed) where T : unmanaged, INumberBase<T>
    {
        var random = new Random(seed);
        var elements = new T[rows * Stride(columns)];
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++) elements[r * Stride(columns) + c] = T.CreateTruncating(2 * random.NextDouble() - 1);
        return elements;
    }

    private void Check<T>(string type, TaskKind kind, ShapeName shape, int m, int n, int k, double tolerance) where T : unmanaged, INumberBase<T>
    {
        (int aRows, int aColumns) = kind == TaskKind.Learn ? (k, m) : (m, k);
        (int bRows, int bColumns) = kind == TaskKind.Predict ? (n, k) : (k, n);
        using DeviceBuffer<T> a = DeviceBuffer<T>.Of(Context, Matrix<T>(aRows, aColumns, 1)), b = DeviceBuffer<T>.Of(Context, Matrix<T>(bRows, bColumns, 2));
        using DeviceBuffer<T> tiled = DeviceBuffer<T>.Of(Context, new T[m * Stride(n)]), naive = DeviceBuffer<T>.Of(Context, new T[m * Stride(n)]);
        CheckAll(seed: m);
        using CudaModule waves = CudaModule.Load(Context, $"wave_{type}.ptx", KernelImage.Read($"wave_{type}.ptx"));
        var result = new DeviceView(tiled.Span.Address, Stride(n), n);
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
            [new DeviceOperand { A = new(a.Span.Address, Stride(aColumns), aColumns), B = new(b.Span.Address, Stride(bColumns), bColumns), Depth = k, Rows = aRows }]);
        using DeviceBuffer<DeviceTile> table = DeviceBuffer<DeviceTile>.Of(Context, tiles);
        using DeviceBuffer<ulong> run = DeviceBuffer<ulong>.Of(Context, new ulong[4]);
        Stream.LaunchWith(waves.Function($"pck_wave_{type}"), new LaunchShape(tiles.Length, Threads),
            new WaveParameters { Tiles = table.Span.Address, Tasks = tasks.Span.Address, Operands = operands.Span.Address, Run = run.Span.Address });
        using CudaModule oracle = CudaModule.Load(Context, "products_naive.ptx", File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "ptx", "products_naive.ptx")));
        Stream.LaunchWith(oracle.Function($"pck_{kind.ToString().ToLowerInvariant()}_naive_{type}"), new LaunchShape(new((uint)(n + 15) / 16, (uint)(m + 15) / 16), new(16, 16)),
            new NaiveParameters { A = a.Span.Address, B = b.Span.Address, C = naive.Span.Address, M = m, N = n, K = k, Lda = Stride(aColumns), Ldb = Stride(bColumns), Ldc = Stride(n) });
        Stream.Synchronize();
        NothingFound();
        T[] expected = naive.ToArray(), actual = tiled.ToArray();
        // Slices have chains of their own; the other shapes add in the naive order, to the bit.
        if (shape != ShapeName.Slim) Assert.Equal(expected, actual);
        else Assert.All(expected.Zip(actual), p => Assert.Equal(double.CreateTruncating(p.First), double.CreateTruncating(p.Second), tolerance * k));
    }
}

[On(TestTarget.Emulator)]
public sealed class EmulatorProductTests : ProductSuite;

[On(TestTarget.Cuda)]
public sealed class CudaProductTests : ProductSuite;
