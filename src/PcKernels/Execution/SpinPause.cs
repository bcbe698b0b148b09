namespace PcKernels.Execution;

/// <summary>How a thread waits for another: some tens of microseconds in a spin, then yielding its time, then in short sleeps.</summary>
internal struct SpinPause
{
    private const int Yields = 200;

    private readonly int _spins;
    private int _turn;

    /// <summary>A fresh wait. Where threads outnumber cores a spin only keeps the awaited thread from running, so there is none.</summary>
    public SpinPause(bool oversubscribed)
    {
        _spins = oversubscribed ? 0 : 1000;
        _turn = 0;
    }

    /// <summary>Whether the spinning is over, and a wait that may be long should go to the operating system.</summary>
    public readonly bool SpinIsOver => _turn >= _spins;

    /// <summary>Whether the wait was so long that it gave its time away at least once.</summary>
    public readonly bool HasYielded => _turn > _spins;

    /// <summary>Waits a moment, longer each time.</summary>
    public void Once()
    {
        // One SpinWait is some 40 ns: the runtime calibrates it at start.
        if (_turn < _spins) Thread.SpinWait(1);
        else if (_turn < _spins + Yields) Thread.Yield();
        else Thread.Sleep(_turn < _spins + 2 * Yields ? 0 : 1);
        if (_turn < int.MaxValue) _turn++;
    }
}
