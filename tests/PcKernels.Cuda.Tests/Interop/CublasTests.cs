using PcKernels.Cuda.Interop;
using PcKernels.Cuda.Interop.Cublas;
using PcKernels.Cuda.Tests.Targets;
using PcKernels.Cuda.Waves;
using PcKernels.Graphs;

namespace PcKernels.Cuda.Tests.Interop;

/// <summary>Products by cuBLAS on a GPU, and by the stand-in on the emulator: every order of the factors, rows with pads, a scale, what c holds.</summary>
public sealed class CublasTests : EmulatorTests
{
    private const int M = 7, N = 5, K = 3;

    public static TheoryData<string, int, double, bool> Products()
    {
        var data = new TheoryData<string, int, double, bool>();
        foreach (ProductKind kind in Enum.GetValues<ProductKind>())
        {
            data.Add(kind.ToString(), 0, 1, false);
            data.Add(kind.ToString(), 4, -0.5, true);
        }
        return data;
    }

    [CublasTheory]
    [MemberData(nameof(Products))]
    public void A_product_is_that_of_plain_loops(string kind, int pad, double scale, bool adds) => Check(GpuDevice.Api, Enum.Parse<ProductKind>(kind), pad, scale, adds);

    [EmulatorTheory]
    [MemberData(nameof(Products))]
    public void The_stand_ins_product_is_that_of_plain_loops(string kind, int pad, double scale, bool adds) => Check(EmulatorDevice.Api, Enum.Parse<ProductKind>(kind), pad, scale, adds);

    [EmulatorFact]
    public void The_stand_in_runs_in_the_streams_order_and_in_graphs()
    {
        using CudaContext context = CudaContext.RetainPrimary(EmulatorDevice.Api);
        using CudaStream stream = CudaStream.Create(context);
        using CublasHandle blas = CublasHandle.Create(stream, DType.F64);
        using DeviceBuffer<double> a = DeviceBuffer<double>.Of(context, [2]), c = DeviceBuffer<double>.Of(context, [1]);
        var square = new LibraryProduct(ProductKind.Predict, 1, 1, 1, new DeviceView(c.Span.Address, 1, 1), new DeviceView(a.Span.Address, 1, 1), new DeviceView(c.Span.Address, 1, 1));
        blas.Multiply(square);
        stream.BeginCapture();
        blas.Multiply(square);
        blas.Multiply(square);
        using CudaGraph graph = stream.EndCapture();
        Assert.Equal(2, graph.KernelCount);
        using CudaGraphExec made = graph.Instantiate();
        stream.Synchronize();
        Assert.Equal([2.0], c.ToArray());
        made.Launch(stream);
        stream.Synchronize();
        Assert.Equal([8.0], c.ToArray());
    }

    [EmulatorFact]
    public void What_a_capture_cannot_hold_is_refused()
    {
        using CudaContext context = CudaContext.RetainPrimary(EmulatorDevice.Api);
        using CudaStream stream = CudaStream.Create(context);
        using CublasHandle blas = CublasHandle.Create(stream, DType.F32);
        using DeviceBuffer<float> a = DeviceBuffer<float>.Of(context, [2]), c = DeviceBuffer<float>.Of(context, [1]);
        stream.BeginCapture();
        CudaException error = Assert.Throws<CudaException>(() => blas.Multiply(ProductKind.Predict, 1, 1, 1, a.Span, a.Span, c.Span));
        stream.EndCapture().Dispose();
        Assert.Contains("CUBLAS_STATUS_ALLOC_FAILED", error.Message, StringComparison.Ordinal);
    }

    [EmulatorTheory]
    [InlineData(2, 5, 5)] // a has rows of 3
    [InlineData(3, 4, 5)] // b has rows of 5
    [InlineData(3, 5, 4)] // c has rows of 5
    public void Rows_that_overlap_are_refused(int strideA, int strideB, int strideC)
    {
        using CudaContext context = CudaContext.RetainPrimary(EmulatorDevice.Api);
        using CudaStream stream = CudaStream.Create(context);
        using CublasHandle blas = CublasHandle.Create(stream, DType.F32);
        using DeviceBuffer<float> memory = DeviceBuffer<float>.Allocate(context, 100);
        ulong at = memory.Span.Address;
        CudaException error = Assert.Throws<CudaException>(() => blas.Multiply(new LibraryProduct(ProductKind.Settle, M, N, K, new DeviceView(at, strideA, K), new DeviceView(at, strideB, N), new DeviceView(at, strideC, N))));
        Assert.Contains("CUBLAS_STATUS_INVALID_VALUE", error.Message, StringComparison.Ordinal);
        Assert.Contains("Settle 7x5x3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_library_every_path_tried_and_the_remedy_are_told()
    {
        string told = CublasLibrary.Explain([new CudaTriedPath("libcublas.so.13", "no such file")]);
        foreach (string part in new[] { "libcublas.so.13: no such file", "CUDA_PATH", "PCK_CUBLAS" }) Assert.Contains(part, told, StringComparison.Ordinal);
    }

    private static void Check(DriverApi api, ProductKind kind, int pad, double scale, bool adds)
    {
        var random = new Random(1);
        Rows a = kind == ProductKind.Learn ? new(K, M, pad, random) : new(M, K, pad, random), b = kind == ProductKind.Predict ? new(N, K, pad, random) : new(K, N, pad, random), c = new(M, N, pad, random);
        double[] expected = [.. c.Numbers];
        for (int row = 0; row < M; row++)
            for (int column = 0; column < N; column++)
            {
                double sum = 0;
                for (int i = 0; i < K; i++) sum += (kind == ProductKind.Learn ? a[i, row] : a[row, i]) * (kind == ProductKind.Predict ? b[column, i] : b[i, column]);
                expected[row * c.Stride + column] = scale * sum + (adds ? c[row, column] : 0);
            }
        using CudaContext context = CudaContext.RetainPrimary(api);
        Compare(Run(context, DType.F64, kind, a, b, c, scale, adds, static v => v, static v => v), expected, 1e-14);
        Compare(Run(context, DType.F32, kind, a, b, c, scale, adds, static v => (float)v, static v => v), expected, 1e-6);
    }

    private static void Compare(double[] found, double[] expected, double tolerance)
    {
        Assert.Equal(expected.Length, found.Length);
        Assert.All(expected.Zip(found), p => Assert.Equal(p.First, p.Second, tolerance));
    }

    private static double[] Run<T>(CudaContext context, DType dtype, ProductKind kind, Rows a, Rows b, Rows c, double scale, bool adds, Func<double, T> to, Func<T, double> from) where T : unmanaged
    {
        using CudaStream stream = CudaStream.Create(context);
        using CublasHandle blas = CublasHandle.Create(stream, dtype);
        using DeviceBuffer<T> da = DeviceBuffer<T>.Of(context, [.. a.Numbers.Select(to)]), db = DeviceBuffer<T>.Of(context, [.. b.Numbers.Select(to)]), dc = DeviceBuffer<T>.Of(context, [.. c.Numbers.Select(to)]);
        blas.Multiply(new LibraryProduct(kind, M, N, K, a.View(da.Span.Address), b.View(db.Span.Address), c.View(dc.Span.Address), scale, adds));
        stream.Synchronize();
        return [.. dc.ToArray().Select(from)];
    }

    /// <summary>A matrix whose rows have pads: they hold numbers that nobody is to read or write.</summary>
    private sealed class Rows(int rows, int columns, int pad, Random random)
    {
        public int Stride { get; } = columns + pad;

        public double[] Numbers { get; } = [.. Enumerable.Range(0, rows * (columns + pad)).Select(_ => random.NextDouble() - 0.5)];

        public double this[int row, int column] => Numbers[row * Stride + column];

        public DeviceView View(ulong address) => new(address, Stride, columns);
    }
}
