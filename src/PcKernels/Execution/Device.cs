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

    /// <summary>Whether its workers read the samples of a batch themselves (<see cref="Training.ISampleBatch"/>); else they are better gathered before, on a processor that has nothing to do meanwhile.</summary>
    public virtual bool ReadsSamples => false;

    /// <summary>Whether it has kernels for an op: its prediction, what it sends down, and the gradients of its parameters.</summary>
    /// <param name="op">The op.</param>
    public virtual bool Knows(Op op) => true;

    /// <summary>Refuses a graph with an op that the device lacks, before anything is planned for it.</summary>
    /// <param name="graph">The graph.</param>
    /// <exception cref="InputException">There is such an op; the message names it, its node and what to do.</exception>
    public void Check(Graph graph) => Check(graph, Name, Knows);

    /// <summary>As <see cref="Check(Graph)"/>, for a device that need not be there.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="device">The device's name on the command line.</param>
    /// <param name="knows">Whether it has kernels for an op.</param>
    /// <exception cref="InputException">There is an op that it lacks.</exception>
    public static void Check(Graph graph, string device, Func<Op, bool> knows)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(knows);
        Node? lacking = graph.Nodes.FirstOrDefault(n => !knows(n.Op));
        if (lacking is not null) throw new InputException($"--device {device}: it has no kernel for op '{lacking.Op.Name}' of node '{lacking.Name}'; use --device cpu");
    }

    /// <summary>Opens a session that owns parameters and optimiser state.</summary>
    /// <param name="layout">Where parameters and state lie.</param>
    /// <param name="dtype">F32 or F64.</param>
    /// <exception cref="InputException">The device has no such element type.</exception>
    public abstract DeviceSession Open(ParameterLayout layout, DType dtype);
}
