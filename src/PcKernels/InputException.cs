namespace PcKernels;

/// <summary>Something handed in (a file, a model, an option, a shape) is wrong. The message is one line that says what, where and what would be right.</summary>
public sealed class InputException : Exception
{
    /// <summary>Makes the exception with its one-line message.</summary>
    public InputException(string message) : base(message) { }

    /// <summary>Makes the exception with its one-line message and the error that revealed it.</summary>
    public InputException(string message, Exception inner) : base(message, inner) { }
}
