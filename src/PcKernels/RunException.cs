namespace PcKernels;

/// <summary>A run failed for a reason that lies in the run itself: a value that is not finite, a result that cannot be written.</summary>
public sealed class RunException : Exception
{
    /// <summary>Makes the exception with its one-line message.</summary>
    public RunException(string message) : base(message) { }

    /// <summary>Makes the exception with its one-line message and the error that caused it.</summary>
    public RunException(string message, Exception inner) : base(message, inner) { }
}
