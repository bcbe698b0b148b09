using System.Runtime.InteropServices;

namespace PcKernels.Execution;

/// <summary>Notices that two workers share one core while another is idle, and gets one of them moved: only a thread that wakes from a sleep is placed anew by the system, one that yields is not.</summary>
/// <remarks>Where cores really are busy a sleep would only cost time, so each one without success makes the next rarer.</remarks>
[StructLayout(LayoutKind.Sequential, Size = 128)]
internal struct Placement
{
    private const int FirstPatience = 32, MostPatience = 1 << 10, GoodWaits = 1000;

    private int _yields, _good, _patience;

    /// <summary>Notes a wait at a barrier that has ended.</summary>
    public void Note(bool hasYielded)
    {
        if (!hasYielded)
        {
            if (_yields > 0) _yields--;
            if (++_good >= GoodWaits) _patience = FirstPatience;
            return;
        }
        _good = 0;
        if (_patience == 0) _patience = FirstPatience;
        if (++_yields < _patience) return;
        _yields = 0;
        _patience = Math.Min(2 * _patience, MostPatience);
        Thread.Sleep(1);
    }
}
