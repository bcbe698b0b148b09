namespace PcKernels.Cuda;

/// <summary>A compilation by NVRTC that failed.</summary>
/// <param name="name">What was compiled, and for what.</param>
/// <param name="error">The library's name for the error.</param>
/// <param name="log">What the compiler said.</param>
public sealed class NvrtcException(string name, string error, string log)
    : Exception($"NVRTC: {name}: {error}{(log.Length > 0 ? ": " + log : "")}")
{
    /// <summary>What the compiler said, line by line; empty when nothing.</summary>
    public string Log { get; } = log;
}
