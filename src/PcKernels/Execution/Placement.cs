using System.Runtime.InteropServices;

namespace PcKernels.Execution;

/// <summary>Notices that two workers share one core while another is idle, and moves one of them: the system leaves threads that yield to each other where they are, for seconds.</summary>
/// <remarks>
/// Where nobody is seen to share, a short sleep gets the thread placed anew when it wakes. Where cores really are busy that would only cost time, so each
/// sleep without success makes the next rarer.
/// </remarks>
internal sealed class Placement(int workers)
{
    private const int FirstPatience = 32, MostPatience = 1 << 10, GoodWaits = 1000;

    // Asking where one is takes a call into the system's library.
    private const int WaitsBetweenLooks = 16;

    private readonly Seat[] _seats = [.. Enumerable.Range(0, workers).Select(static _ => new Seat { Processor = Processors.None })];

    /// <summary>Notes that a worker comes to a barrier.</summary>
    public void Look(int worker)
    {
        ref Seat seat = ref _seats[worker];
        if (++seat.Barriers % WaitsBetweenLooks == 0) Volatile.Write(ref seat.Processor, Processors.Current());
    }

    /// <summary>Notes a wait at a barrier that has ended.</summary>
    public void Note(int worker, bool hasYielded)
    {
        ref Seat seat = ref _seats[worker];
        if (!hasYielded)
        {
            if (seat.Yields > 0) seat.Yields--;
            if (++seat.Good >= GoodWaits) seat.Patience = FirstPatience;
            return;
        }
        seat.Good = 0;
        if (seat.Patience == 0) seat.Patience = FirstPatience;
        if (++seat.Yields < seat.Patience) return;
        seat.Yields = 0;
        if (MovesAway(worker)) return;
        seat.Patience = Math.Min(2 * seat.Patience, MostPatience);
        Thread.Sleep(1);
    }

    private bool MovesAway(int worker)
    {
        int mine = Processors.Current();
        // No more workers are made than that.
        Span<int> taken = stackalloc int[Math.Min(_seats.Length, CpuDevice.MostThreads)];
        bool isShared = false;
        for (int other = 0; other < taken.Length; other++)
        {
            taken[other] = other == worker ? mine : Volatile.Read(ref _seats[other].Processor);
            isShared |= other != worker && taken[other] == mine;
        }
        if (mine == Processors.None || !isShared) return false;
        int now = Processors.MoveAwayFrom(taken);
        if (now != Processors.None) Volatile.Write(ref _seats[worker].Processor, now);
        return now != Processors.None;
    }

    [StructLayout(LayoutKind.Sequential, Size = 256)]
    private struct Seat
    {
        public int Barriers, Yields, Good, Patience, Processor;
    }
}
