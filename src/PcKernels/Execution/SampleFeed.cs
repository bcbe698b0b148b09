using PcKernels.Planning;
using PcKernels.Training;

namespace PcKernels.Execution;

/// <summary>A batch and the buffers of a program that its samples go to.</summary>
/// <param name="Batch">The samples, as many as the program was planned for.</param>
/// <param name="Inputs">Where inputs go; null for nowhere.</param>
/// <param name="Targets">Where targets go; null for nowhere.</param>
public readonly record struct SampleFeed(ISampleBatch Batch, PlanBuffer? Inputs, PlanBuffer? Targets);
