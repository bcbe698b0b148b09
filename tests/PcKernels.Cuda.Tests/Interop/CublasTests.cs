using PcKernels.Cuda.Interop;
using PcKernels.Cuda.Interop.Cublas;
using PcKernels.Cuda.Tests.Targets;

namespace PcKernels.Cuda.Tests.Interop;

public sealed class CublasTests
{
    [CublasTheory]
    [InlineData(nameof(ProductKind.Predict))]
    [InlineData(nameof(ProductKind.Settle))]
    [InlineData(nameof(ProductKind.Learn))]
    public void A_product_is_that_of_plain_loops(string name)
    {
        ProductKind kind = Enum.Parse<ProductKind>(name);
        const int m = 7, n = 5, k = 3;
        var random = new Random(1);
        double[] a = [.. Enumerable.Range(0, m * k).Select(_ => random.NextDouble())], b = [.. Enumerable.Range(0, n * k).Select(_ => random.NextDouble())], expected = new double[m * n];
        for (int row = 0; row < m; row++)
            for (int column = 0; column < n; column++)
                for (int i = 0; i < k; i++)
                    expected[row * n + column] += a[kind == ProductKind.Learn ? i * m + row : row * k + i] * b[kind == ProductKind.Predict ? column * k + i : i * n + column];
        using CudaContext context = CudaContext.RetainPrimary(GpuDevice.Api);
        using CudaStream stream = CudaStream.Create(context);
        using CublasHandle blas = CublasHandle.Create(stream);
        using DeviceBuffer<double> da = DeviceBuffer<double>.Of(context, a), db = DeviceBuffer<double>.Of(context, b), dc = DeviceBuffer<double>.Allocate(context, m * n);
        blas.Multiply(kind, m, n, k, da.Span, db.Span, dc.Span);
        stream.Synchronize();
        Assert.All(expected.Zip(dc.ToArray()), static p => Assert.Equal(p.First, p.Second, 1e-14));
        using DeviceBuffer<float> sa = DeviceBuffer<float>.Of(context, [.. a.Select(static v => (float)v)]), sb = DeviceBuffer<float>.Of(context, [.. b.Select(static v => (float)v)]), sc = DeviceBuffer<float>.Allocate(context, m * n);
        blas.Multiply(kind, m, n, k, sa.Span, sb.Span, sc.Span);
        stream.Synchronize();
        Assert.All(expected.Zip(sc.ToArray()), static p => Assert.Equal(p.First, p.Second, 1e-5));
    }

    [Fact]
    public void Without_the_library_every_path_tried_and_the_remedy_are_told()
    {
        string told = CublasLibrary.Explain([new CudaTriedPath("libcublas.so.13", "no such file")]);
        foreach (string part in new[] { "libcublas.so.13: no such file", "CUDA_PATH", "PCK_CUBLAS" }) Assert.Contains(part, told, StringComparison.Ordinal);
    }
}
