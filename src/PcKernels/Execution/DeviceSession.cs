using PcKernels.Graphs;
using PcKernels.Planning;

namespace PcKernels.Execution;

/// <summary>Parameters and optimiser state on a device, shared by all programs prepared in it.</summary>
/// <remarks>One thread at a time. Dispose after the programs; what is prepared and not disposed keeps the session's memory alive.</remarks>
public abstract class DeviceSession : IDisposable
{
    /// <summary>F32 or F64.</summary>
    public abstract DType DType { get; }

    /// <summary>Where parameters and state lie.</summary>
    public abstract ParameterLayout Layout { get; }

    /// <summary>Allocates a program's arena and turns its tasks into work for this device. After this a run allocates nothing.</summary>
    /// <exception cref="ArgumentException">The program was planned for another layout.</exception>
    public abstract PreparedProgram Prepare(Program program);

    /// <summary>Writes a parameter or state buffer.</summary>
    /// <param name="buffer">A persistent buffer of the layout.</param>
    /// <param name="values">Row-major elements without padding, converted to the session's type.</param>
    public abstract void Write(PlanBuffer buffer, ReadOnlySpan<double> values);

    /// <summary>Reads a parameter or state buffer into row-major elements without padding.</summary>
    public abstract void Read(PlanBuffer buffer, Span<double> values);

    /// <summary>Where a parameter or state buffer lies, for other libraries.</summary>
    /// <exception cref="InputException">The device's memory cannot be reached from outside.</exception>
    public virtual DeviceMemory Memory(PlanBuffer buffer) => throw new InputException($"{GetType().Name} hands out no memory; run on a device of CUDA");

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the session's memory.</summary>
    protected abstract void Dispose(bool disposing);
}
