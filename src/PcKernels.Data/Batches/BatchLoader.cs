namespace PcKernels.Data.Batches;

/// <summary>Goes through a part in batches, epoch by epoch. The next batches are gathered in the background while the caller works on the current one; with one buffer only, the samples are read where they are needed.</summary>
/// <remarks>
/// Buffers are made once; a batch allocates nothing. One epoch at a time and one thread at a time; <see cref="Dispose"/> may come from any thread.
/// </remarks>
public sealed class BatchLoader : IDisposable
{
    private readonly DataPart _part;
    private readonly BatchLoaderOptions _options;
    private readonly Batch[] _batches;
    private readonly int[] _order;
    private readonly Lock _gate = new();
    private BatchRing? _ring;
    private bool _isEnumerating;
    private Task _gathering = Task.CompletedTask;
    private bool _disposed;

    /// <summary>Makes the buffers.</summary>
    /// <param name="part">The samples.</param>
    /// <param name="batchSize">Samples of a batch, at least 1; more than the part has is the whole part.</param>
    /// <param name="outputs">Width of the targets: the size of the model's output, or 0 for batches without targets.</param>
    /// <param name="options">Order, seed, normalisation, buffers; null for the defaults.</param>
    /// <exception cref="InputException">A size is not positive, a label or the target width does not fit <paramref name="outputs"/>, or an epoch would have no batch.</exception>
    public BatchLoader(DataPart part, int batchSize, int outputs, BatchLoaderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(part);
        _options = options ?? new BatchLoaderOptions();
        if (batchSize < 1) throw new InputException($"a batch size of {batchSize} is not possible; 1 or more is expected");
        if (_options.Buffers < 1) throw new InputException($"{_options.Buffers} batch buffers are not possible; 1 or more is expected");
        if (_options.DropLast && batchSize > part.Count)
            throw new InputException($"'{part.Name}' has {part.Count} samples, fewer than a batch of {batchSize}, and incomplete batches are dropped; choose a smaller batch");
        CheckOutputs(part, outputs);
        _options.Normalisation?.CheckSize(part.SampleSize);

        _part = part;
        BatchSize = Math.Min(batchSize, part.Count);
        BatchesPerEpoch = _options.DropLast ? part.Count / BatchSize : (part.Count + BatchSize - 1) / BatchSize;
        _order = new int[part.Count];
        _batches = new Batch[Math.Min(_options.Buffers, BatchesPerEpoch)];
        for (int i = 0; i < _batches.Length; i++) _batches[i] = new Batch(part, BatchSize, outputs, _options.Normalisation);
    }

    /// <summary>Samples of a full batch.</summary>
    public int BatchSize { get; }

    /// <summary>Number of batches of one epoch, at least 1.</summary>
    public int BatchesPerEpoch { get; }

    /// <summary>Whether nothing is written to the buffers in the background.</summary>
    internal bool IsIdle => _gathering.IsCompleted;

    /// <summary>The batches of one epoch, in order. A batch is valid until the next one is asked for.</summary>
    /// <param name="epoch">The epoch, 0 or more; with shuffling each has its own order.</param>
    /// <param name="cancellation">Ends the enumeration with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="InvalidOperationException">While enumerating: another epoch of this loader has not ended.</exception>
    /// <exception cref="ObjectDisposedException">The loader is disposed, before or while it enumerates.</exception>
    public IEnumerable<Batch> Epoch(int epoch, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _batches.Length == 1 ? Here(epoch, cancellation) : Ahead(epoch, cancellation);
    }

    /// <summary>Stops the background work and waits until it has ended.</summary>
    public void Dispose()
    {
        Task gathering;
        lock (_gate)
        {
            _disposed = true;
            _ring?.Stop();
            gathering = _gathering;
        }
        gathering.Wait();
    }

    // Each batch is gathered by whoever asks for its arrays, or read sample by sample.
    private IEnumerable<Batch> Here(int epoch, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Begin();
        try
        {
            Order(epoch);
            for (int index = 0; index < BatchesPerEpoch; index++)
            {
                cancellation.ThrowIfCancellationRequested();
                ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed), this);
                Take(_batches[0], index);
                yield return _batches[0];
            }
        }
        finally
        {
            End();
        }
    }

    private IEnumerable<Batch> Ahead(int epoch, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        Begin();
        var ring = new BatchRing(_batches);
        try
        {
            Start(ring, epoch);
            using CancellationTokenRegistration registration = cancellation.Register(static state => ((BatchRing)state!).Stop(), ring);
            while (ring.Take(cancellation) is { } batch)
            {
                yield return batch;
                ring.Return();
            }
        }
        finally
        {
            ring.Stop();
            // The buffers belong to the next epoch from here on.
            _gathering.Wait(CancellationToken.None);
            End();
        }
    }

    private void Begin()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_isEnumerating) throw new InvalidOperationException("an epoch of this loader is still being enumerated; end it first, or make another loader");
            _isEnumerating = true;
        }
    }

    private void End()
    {
        lock (_gate) (_ring, _isEnumerating) = (null, false);
    }

    private void Start(BatchRing ring, int epoch)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _ring = ring;
            // A thread of its own: a pool whose threads all wait for batches could not gather them.
            _gathering = Task.Factory.StartNew(() => Gather(ring, epoch), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }

    private void Gather(BatchRing ring, int epoch)
    {
        try
        {
            Order(epoch);
            for (int index = 0; index < BatchesPerEpoch; index++)
            {
                if (ring.WaitForFree() is not { } batch) return;
                Take(batch, index);
                batch.Gather();
                ring.Publish();
            }
            ring.Complete(null);
        }
        // Whatever it is, it belongs to the thread that asks for the batch.
        catch (Exception e)
        {
            ring.Complete(e);
        }
    }

    private void Order(int epoch)
    {
        if (_options.Shuffle) EpochOrder.Fill(_order, _options.Seed, epoch);
        else for (int i = 0; i < _order.Length; i++) _order[i] = i;
    }

    private void Take(Batch batch, int index)
    {
        int first = index * BatchSize;
        batch.Take(index, _order.AsSpan(first, Math.Min(BatchSize, _part.Count - first)));
    }

    private static void CheckOutputs(DataPart part, int outputs)
    {
        if (outputs < 0) throw new InputException($"{outputs} outputs are not possible; the size of the model's output is expected, or 0 for no targets");
        if (outputs == 0) return;
        if (part.IsUnlabelled) throw new InputException($"'{part.Name}' has inputs only, neither labels nor target numbers; targets of width {outputs} cannot be made");
        if (part.TargetWidth > 0 && part.TargetWidth != outputs)
            throw new InputException($"'{part.Name}' has {part.TargetWidth} target numbers per sample, but the model's output has {outputs}; they have to be equal");
        ReadOnlySpan<int> labels = part.Labels.Span;
        if (outputs % part.Positions != 0) throw new InputException($"'{part.Name}' has {part.Positions} labels a sample, which {outputs} outputs cannot share; a multiple is expected");
        outputs /= part.Positions;
        for (int i = 0; i < labels.Length; i++)
        {
            if (labels[i] >= outputs)
                throw new InputException($"'{part.Name}': the label of sample {i / part.Positions} is {labels[i]}, but the model's output has only {outputs} units; {part.Classes} are needed");
        }
    }
}
