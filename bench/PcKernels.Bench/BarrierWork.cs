using PcKernels.Execution;

namespace PcKernels.Bench;

/// <summary>Workers that do nothing but meet: what a wave costs before its first tile.</summary>
internal sealed class BarrierWork(WorkerPool pool, int meetings) : IParallelWork
{
    /// <inheritdoc/>
    public void Execute(int worker)
    {
        for (int i = 0; i < meetings; i++) pool.Barrier(worker);
    }
}
