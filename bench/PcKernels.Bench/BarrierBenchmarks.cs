using BenchmarkDotNet.Attributes;
using PcKernels.Execution;

namespace PcKernels.Bench;

/// <summary>A barrier between two waves, and a run that is handed over. BenchmarkDotNet derives from this class: it cannot be sealed.</summary>
public class BarrierBenchmarks : IDisposable
{
    private const int Meetings = 1000;

    private WorkerPool? _pool;
    private BarrierWork? _meet, _nothing;

    /// <summary>Workers.</summary>
    [Params(1, 2)]
    public int Threads { get; set; }

    /// <summary>Starts the workers.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _pool = new WorkerPool(Threads);
        _meet = new BarrierWork(_pool, Meetings);
        _nothing = new BarrierWork(_pool, 0);
    }

    /// <inheritdoc/>
    [GlobalCleanup]
    public void Dispose()
    {
        _pool?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>One of a thousand barriers in a row.</summary>
    [Benchmark(OperationsPerInvoke = Meetings)]
    public void Barrier() => _pool!.Run(_meet!);

    /// <summary>A run of nothing.</summary>
    [Benchmark]
    public void Run() => _pool!.Run(_nothing!);
}
