using PcKernels.Cuda.Interop;
using PcKernels.Cuda.Interop.Cublas;
using PcKernels.Cuda.Waves;

namespace PcKernels.Cuda.Executions;

/// <summary>Every wave a launch, and before it the products that cuBLAS takes.</summary>
/// <param name="kernel">The kernel of a wave.</param>
/// <param name="tables">What it reads.</param>
/// <param name="library">cuBLAS, where the table has products for it.</param>
internal sealed class WaveExecution(CudaFunction kernel, WaveBuffers tables, CublasHandle? library = null) : BatchExecution
{
    /// <inheritdoc/>
    public override void Prepare(CudaStream stream)
    {
        LibraryProduct[] products = [.. tables.Table.Products.DistinctBy(static p => (p.Kind, p.M, p.N, p.K, p.A.Stride, p.B.Stride, p.C.Stride))];
        if (products.Length == 0) return;
        // The library loads its kernels when they are first asked for, which a capture cannot hold. The results go nowhere.
        using DeviceBuffer<double> nowhere = DeviceBuffer<double>.Allocate(stream.Context, products.Max(static p => (long)p.M * p.C.Stride));
        foreach (LibraryProduct product in products) library!.Multiply(product with { C = product.C with { Data = nowhere.Span.Address }, Adds = false });
        stream.Synchronize();
    }

    /// <inheritdoc/>
    public override void Record(CudaStream stream, bool isFirstBatch) => Record(stream, tables.Table.Steps(isFirstBatch));

    /// <summary>Queues some of a batch's launches.</summary>
    public void Record(CudaStream stream, IEnumerable<WaveStep> steps)
    {
        foreach ((DeviceStage stage, IReadOnlyList<LibraryProduct> before) in steps)
        {
            foreach (LibraryProduct product in before) library!.Multiply(product);
            if (stage.Tiles > 0) stream.LaunchWith(kernel, new LaunchShape(stage.Tiles, WaveBuffers.Threads), tables.Parameters(stage));
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}
