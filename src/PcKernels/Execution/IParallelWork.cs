namespace PcKernels.Execution;

/// <summary>Something that all workers of a pool do together, each its own share.</summary>
internal interface IParallelWork
{
    /// <summary>The share of one worker, 0 ≤ worker &lt; <see cref="WorkerPool.Threads"/>. All workers must meet the same barriers.</summary>
    void Execute(int worker);
}
