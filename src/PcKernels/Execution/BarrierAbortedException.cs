namespace PcKernels.Execution;

/// <summary>Carries a worker out of its work when another has failed; it never leaves <see cref="WorkerPool"/>.</summary>
internal sealed class BarrierAbortedException() : Exception("another worker failed");
