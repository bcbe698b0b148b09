using System.Numerics;

namespace PcKernels.Execution.Cpu;

/// <summary>A wave's tiles. Each worker does its own in order; in all but small waves one that is done takes tiles of those that are not, so that a core that was held up does not hold up the others.</summary>
/// <remarks>No bit of a result depends on who does a tile. Claims are compared and exchanged; nothing is locked or allocated.</remarks>
internal sealed unsafe class CpuWave<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly (CpuTask<T> Task, Tile Tile)[][] _tiles;
    private readonly PaddedInt[] _claimed;
    private readonly bool _isShared;

    /// <summary>Cuts the work of a wave.</summary>
    public CpuWave(IReadOnlyList<CpuTask<T>> tasks, int workers)
    {
        _tiles = TilePlan.Share(tasks, workers);
        _isShared = workers > 1 && TilePlan.IsWorthTaking(tasks, workers);
        if (_isShared && TilePlan.IsWorthCutting(tasks, workers)) _tiles = [.. _tiles.Select(static t => TilePlan.CutTail(t))];
        _claimed = new PaddedInt[_isShared ? workers : 0];
    }

    /// <summary>Before a run: nothing is claimed.</summary>
    public void Restart()
    {
        foreach (ref PaddedInt claimed in _claimed.AsSpan()) claimed.Value = 0;
    }

    /// <summary>One worker's part. All workers meet at a barrier before the next round.</summary>
    /// <param name="worker">Who does it.</param>
    /// <param name="round">How often the wave was run before since <see cref="Restart"/>.</param>
    /// <param name="context">Where in the run it stands.</param>
    /// <param name="scratch">The worker's own.</param>
    public void Run(int worker, int round, in StepContext context, T* scratch)
    {
        if (!_isShared)
        {
            foreach ((CpuTask<T> task, Tile tile) in _tiles[worker]) task.Run(tile, context, scratch);
            return;
        }
        for (int i = 0; i < _tiles.Length; i++)
        {
            int owner = (worker + i) % _tiles.Length;
            for (int index; (index = Claim(owner, round)) >= 0;)
            {
                (CpuTask<T> task, Tile tile) = _tiles[owner][index];
                task.Run(tile, context, scratch);
            }
        }
    }

    // The next of an owner's tiles in this round, or −1. Every round claims all of them, so that the count goes up by their number.
    private int Claim(int owner, int round)
    {
        int length = _tiles[owner].Length;
        ref int claimed = ref _claimed[owner].Value;
        while (true)
        {
            int count = Volatile.Read(ref claimed);
            int index = count - round * length;
            if (index >= length) return -1;
            if (Interlocked.CompareExchange(ref claimed, count + 1, count) == count) return index;
        }
    }
}
