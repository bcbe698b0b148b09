using System.Runtime.ExceptionServices;

namespace PcKernels.Data.Batches;

/// <summary>Hands a fixed set of batches round between one producer and one consumer, in order. Nothing is allocated while it turns.</summary>
/// <remarks>The lock makes what the producer wrote into a batch visible to the consumer that takes it, and the other way round when it comes back.</remarks>
internal sealed class BatchRing(Batch[] batches)
{
    private readonly object _gate = new();
    private long _published;
    private long _taken;
    private long _returned;
    private bool _complete;
    private bool _stopped;
    private ExceptionDispatchInfo? _error;

    /// <summary>Producer: a batch to fill, or null when nobody wants more.</summary>
    public Batch? WaitForFree()
    {
        lock (_gate)
        {
            while (!_stopped && _published - _returned == batches.Length) Monitor.Wait(_gate);
            return _stopped ? null : batches[_published % batches.Length];
        }
    }

    /// <summary>Producer: the batch from <see cref="WaitForFree"/> is filled.</summary>
    public void Publish()
    {
        lock (_gate)
        {
            _published++;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Producer: there are no more, because the epoch is over or because of an error.</summary>
    public void Complete(Exception? error)
    {
        lock (_gate)
        {
            _complete = true;
            _error = error is null ? null : ExceptionDispatchInfo.Capture(error);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Consumer: the next batch, or null at the end. Batches filled before an error come first.</summary>
    /// <exception cref="ObjectDisposedException">The ring was stopped.</exception>
    public Batch? Take(CancellationToken cancellation)
    {
        lock (_gate)
        {
            while (!_stopped && !_complete && _published == _taken) Monitor.Wait(_gate);
            cancellation.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(_stopped, typeof(BatchLoader));
            if (_published > _taken) return batches[_taken++ % batches.Length];
            _error?.Throw();
            return null;
        }
    }

    /// <summary>Consumer: the batch taken last may be filled anew.</summary>
    public void Return()
    {
        lock (_gate)
        {
            _returned++;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Either side: whoever waits goes on and ends.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }
    }
}
