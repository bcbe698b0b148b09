namespace PcKernels.Cuda.Interop;

/// <summary>A query that the driver refused, in words that need no table of codes.</summary>
internal sealed class DriverQueryException(string message, string remedy) : Exception(message)
{
    internal string Remedy { get; } = remedy;
}
