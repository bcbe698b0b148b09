using System.Numerics;
using PcKernels.Cuda.Interop;
using PcKernels.Cuda.Interop.Cublas;
using PcKernels.Graphs;
using PcKernels.Planning;
using PcKernels.Planning.Tasks;

namespace PcKernels.Cuda.Kernels;

/// <summary>The matrix products of a program by cuBLAS, one call after another in a CUDA graph: what a batch would take of a framework that does nothing but its products.</summary>
internal static class LibraryProducts
{
    private const int Repetitions = 11;

    private sealed record Product(ProductKind Kind, int M, int N, int K);

    /// <summary>Milliseconds of one batch's products, the median of several.</summary>
    /// <param name="context">Where.</param>
    /// <param name="program">The program.</param>
    /// <exception cref="InputException">There is no cuBLAS here.</exception>
    /// <exception cref="CudaException">It fails, or the device has not so much memory.</exception>
    public static double Milliseconds<T>(CudaContext context, Program program) where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Product[] products = [.. Of(program)];
        if (products.Length == 0) return 0;
        long largest = products.Max(static p => Math.Max((long)p.M * p.N, Math.Max((long)p.M * p.K, (long)p.N * p.K)));
        using CudaStream stream = CudaStream.Create(context);
        using CublasHandle blas = CublasHandle.Create(stream, DTypes.Of<T>(), isPedantic: false);
        using DeviceBuffer<T> a = DeviceBuffer<T>.Allocate(context, largest), b = DeviceBuffer<T>.Allocate(context, largest), c = DeviceBuffer<T>.Allocate(context, largest);
        // Zeros would run faster than numbers do: bytes of 0x3e make small ones of either type.
        foreach (DeviceBuffer<T> factor in new[] { a, b }) stream.Fill(factor.Span, 0x3e);
        // The library loads its kernels when they are first asked for, which a capture cannot hold.
        foreach (Product p in products.Distinct()) blas.Multiply(p.Kind, p.M, p.N, p.K, a.Span, b.Span, c.Span);
        stream.Synchronize();
        stream.BeginCapture();
        foreach (Product p in products) blas.Multiply(p.Kind, p.M, p.N, p.K, a.Span, b.Span, c.Span);
        using CudaGraph graph = stream.EndCapture();
        using CudaGraphExec batch = graph.Instantiate();
        using CudaEvent begin = CudaEvent.Create(context, timed: true), end = CudaEvent.Create(context, timed: true);
        var times = new List<double>();
        for (int i = 0; i < Repetitions; i++)
        {
            stream.Record(begin);
            batch.Launch(stream);
            stream.Record(end);
            stream.Synchronize();
            times.Add(end.MillisecondsSince(begin));
        }
        return times.Order().ElementAt(Repetitions / 2);
    }

    private static IEnumerable<Product> Of(Program program) =>
        from phase in program.Phases
        from round in Enumerable.Range(0, phase.Repeats)
        from wave in phase.Waves
        from task in wave.Tasks
        from product in Of(task)
        select product;

    private static IEnumerable<Product> Of(PlanTask task) => task switch
    {
        ForwardTask f => [new Product(ProductKind.Predict, f.Input.Rows, f.Weight.Rows, f.Weight.Columns)],
        GatherTask g => g.Terms.Where(static t => t.Weight is not null).Select(static t => new Product(ProductKind.Settle, t.Delta.Rows, t.Weight!.Columns, t.Weight.Rows)),
        LearnTask l => l.Uses.Select(static u => new Product(ProductKind.Learn, u.Delta.Columns, u.Input.Columns, u.Delta.Rows)),
        LearnForwardTask both => Of(both.Learn).Concat(Of(both.Forward)),
        _ => [],
    };
}
