using PcKernels.Cuda.Interop;

namespace PcKernels.Cuda.Executions;

/// <summary>One way to run all of a batch.</summary>
internal abstract class BatchExecution : IDisposable
{
    /// <summary>Does once what a capture cannot hold; before the first <see cref="Record"/>.</summary>
    /// <param name="stream">Where the work will run.</param>
    public virtual void Prepare(CudaStream stream)
    {
    }

    /// <summary>Queues the batch's work, to be captured.</summary>
    /// <param name="stream">Where.</param>
    /// <param name="isFirstBatch">Whether phases of the first batch belong to it.</param>
    public abstract void Record(CudaStream stream, bool isFirstBatch);

    /// <summary>Looks whether a wait inside a kernel was in vain; after the batch's work is done.</summary>
    /// <exception cref="RunException">It was.</exception>
    public virtual void Check()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what it has on the device.</summary>
    protected abstract void Dispose(bool disposing);
}
