using PcKernels.Graphs;

namespace PcKernels.Execution;

/// <summary>A matrix in a device's memory, for another library to read or write in place. It owns nothing.</summary>
/// <param name="Address">The address of the first element, in the device's address space.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Columns">Elements of a row.</param>
/// <param name="Stride">Elements from one row to the next, ≥ <paramref name="Columns"/>; those in between must stay zero.</param>
/// <param name="DType">The element type.</param>
public readonly record struct DeviceMemory(nint Address, int Rows, int Columns, int Stride, DType DType);
