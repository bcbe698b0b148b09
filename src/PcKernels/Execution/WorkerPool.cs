using System.Runtime.ExceptionServices;

namespace PcKernels.Execution;

/// <summary>Threads that run one piece of work together and meet at barriers inside it. The caller is worker 0; with one thread nothing is started.</summary>
/// <remarks>
/// A run and a barrier allocate nothing. Between runs the workers spin for some tens of microseconds, then sleep. One thread at a time may call
/// <see cref="Run"/>, and not from inside a run.
/// </remarks>
internal sealed class WorkerPool : IDisposable
{
    private readonly Thread[] _threads;
    private readonly object _gate = new();
    private readonly bool _oversubscribed;
    private readonly Placement _placement;
    private PaddedInt _generation, _sleepers, _finished, _arrived, _phase, _aborted;
    private int _running;
    private bool _disposed;
    private IParallelWork? _work;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Starts threads − 1 workers.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Fewer than one thread.</exception>
    public WorkerPool(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Threads = threads;
        _oversubscribed = threads > Environment.ProcessorCount;
        _placement = new Placement(threads);
        _threads = new Thread[threads - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            int worker = i + 1;
            _threads[i] = new Thread(() => Serve(worker)) { IsBackground = true, Name = $"PcKernels worker {worker}" };
            _threads[i].Start();
        }
    }

    /// <summary>The number of workers, the caller included.</summary>
    public int Threads { get; }

    /// <summary>Runs the work on all workers and returns when every one is done.</summary>
    /// <exception cref="ObjectDisposedException">The pool is disposed.</exception>
    /// <exception cref="InvalidOperationException">A run is under way, or a worker ended while others waited for it at a barrier.</exception>
    /// <remarks>The first exception of any worker releases the others from their barriers and is thrown here as it was.</remarks>
    public void Run(IParallelWork work)
    {
        ArgumentNullException.ThrowIfNull(work);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (Threads == 1)
        {
            work.Execute(0);
            return;
        }
        if (Interlocked.Exchange(ref _running, 1) != 0) throw new InvalidOperationException("this pool is already running something");
        try
        {
            // No worker is inside a run now, so plain writes will do; the generation publishes them.
            _work = work;
            _failure = null;
            _finished.Value = _arrived.Value = _aborted.Value = 0;
            Wake();
            Share(work, 0);
            // Waits for the other workers' last instruction; their writes are visible once they are counted.
            var pause = new SpinPause(_oversubscribed);
            while (Volatile.Read(ref _finished.Value) < Threads) pause.Once();
            _work = null;
            _failure?.Throw();
        }
        finally
        {
            Volatile.Write(ref _running, 0);
        }
    }

    /// <summary>Returns when all workers have called it: what each wrote before is then visible to all. Only inside <see cref="IParallelWork.Execute"/>.</summary>
    /// <param name="worker">Who calls.</param>
    public void Barrier(int worker)
    {
        if (Threads == 1) return;
        if (!_oversubscribed) _placement.Look(worker);
        int phase = Volatile.Read(ref _phase.Value);
        if (Interlocked.Increment(ref _arrived.Value) == Threads)
        {
            // The last one in: nobody else touches the count until the phase lets them go.
            _arrived.Value = 0;
            Volatile.Write(ref _phase.Value, phase + 1);
            return;
        }
        var pause = new SpinPause(_oversubscribed);
        while (Volatile.Read(ref _phase.Value) == phase)
        {
            if (Volatile.Read(ref _aborted.Value) != 0) throw new BarrierAbortedException();
            // A worker that has ended has passed all its barriers; if this one is still closed now, it will stay closed.
            if (Volatile.Read(ref _finished.Value) > 0 && Volatile.Read(ref _phase.Value) == phase && Volatile.Read(ref _aborted.Value) == 0)
                throw new InvalidOperationException($"worker {worker} of {Threads} waits at a barrier that another worker never reached");
            pause.Once();
        }
        if (!_oversubscribed) _placement.Note(worker, pause.HasYielded);
    }

    /// <summary>Ends and joins the workers.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        Wake();
        foreach (Thread thread in _threads) thread.Join();
    }

    private void Wake()
    {
        Interlocked.Increment(ref _generation.Value);
        // Either this read sees a sleeper's count, or the sleeper, who counts itself before it looks, sees the generation.
        if (Volatile.Read(ref _sleepers.Value) == 0) return;
        lock (_gate) Monitor.PulseAll(_gate);
    }

    private void Serve(int worker)
    {
        for (int seen = 0; ;)
        {
            seen = NextGeneration(seen);
            if (Volatile.Read(ref _disposed)) return;
            Share(_work!, worker);
        }
    }

    private int NextGeneration(int seen)
    {
        var pause = new SpinPause(_oversubscribed);
        while (!pause.SpinIsOver)
        {
            int now = Volatile.Read(ref _generation.Value);
            if (now != seen) return now;
            pause.Once();
        }
        lock (_gate)
        {
            Interlocked.Increment(ref _sleepers.Value);
            int now;
            while ((now = Volatile.Read(ref _generation.Value)) == seen) Monitor.Wait(_gate);
            Interlocked.Decrement(ref _sleepers.Value);
            return now;
        }
    }

    private void Share(IParallelWork work, int worker)
    {
        try
        {
            work.Execute(worker);
        }
        catch (BarrierAbortedException)
        {
            // Another worker failed and its exception is the one to show.
        }
#pragma warning disable CA1031 // Whatever it is, it is thrown again by Run, on the thread that asked for the work.
        catch (Exception exception)
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(exception), null);
            Volatile.Write(ref _aborted.Value, 1);
        }
#pragma warning restore CA1031
        Interlocked.Increment(ref _finished.Value);
    }
}
