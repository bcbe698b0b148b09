using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
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

    /// <summary>Whether it has a kernel for an op.</summary>
    public virtual bool Knows(Op op) => true;

    /// <summary>Refuses a graph with an op that the device lacks, before anything is planned for it.</summary>
    /// <exception cref="InputException">There is such an op; the message names it, its node and what to do.</exception>
    public void Check(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        Node? lacking = graph.Nodes.FirstOrDefault(n => !Knows(n.Op));
        if (lacking is not null) throw new InputException($"--device {Name}: it has no kernel for op '{lacking.Op.Name}' of node '{lacking.Name}'; use --device cpu");
    }

    /// <summary>Opens a session that owns parameters and optimiser state.</summary>
    /// <param name="layout">Where parameters and state lie.</param>
    /// <param name="dtype">F32 or F64.</param>
    /// <exception cref="InputException">The device has no such element type.</exception>
    public abstract DeviceSession Open(ParameterLayout layout, DType dtype);
}
