using PcKernels.Graphs;
using PcKernels.Planning;

namespace PcKernels.Execution;

/// <summary>Something that runs programs. It knows no rule.</summary>
public abstract class Device
{
    /// <summary>The name on the command line, such as <c>cpu</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What it is, in words: hardware and how it is used.</summary>
    public abstract string Description { get; }

    /// <summary>Whether it runs the tasks of the dual form.</summary>
    public virtual bool KnowsDualForm => false;

    /// <summary>Opens a session that owns parameters and optimiser state.</summary>
    /// <param name="layout">Where parameters and state lie.</param>
    /// <param name="dtype">F32 or F64.</param>
    /// <exception cref="InputException">The device has no such element type.</exception>
    public abstract DeviceSession Open(ParameterLayout layout, DType dtype);
}
