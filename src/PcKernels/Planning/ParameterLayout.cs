using PcKernels.Graphs;
using PcKernels.Optimizers;

namespace PcKernels.Planning;

/// <summary>Where parameters and optimiser state lie in a session: the same for every program of one graph and optimiser, so that programs of several batch sizes share them.</summary>
public sealed class ParameterLayout
{
    private readonly Dictionary<string, (PlanBuffer Parameter, PlanBuffer[] State)> _byName = [];
    private readonly List<PlanBuffer> _buffers = [];
    private long _length;

    /// <summary>Lays out all parameters of a graph with the state of an optimiser.</summary>
    public ParameterLayout(Graph graph, Optimizer optimizer)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(optimizer);
        foreach (ParameterInfo parameter in graph.Parameters)
        {
            PlanBuffer buffer = Add(parameter.Name, BufferRole.Parameter, parameter);
            PlanBuffer[] state = [.. Enumerable.Range(0, optimizer.StateBuffers).Select(i => Add($"state{i}/{parameter.Name}", BufferRole.State, parameter))];
            _byName.Add(parameter.Name, (buffer, state));
        }
    }

    /// <summary>All buffers, their ids from 0.</summary>
    public IReadOnlyList<PlanBuffer> Buffers => _buffers;

    /// <summary>Elements of the session's arena.</summary>
    public long Length => _length;

    /// <summary>The buffer of a parameter.</summary>
    public PlanBuffer Parameter(string name) => _byName[name].Parameter;

    /// <summary>The optimiser's buffers of a parameter.</summary>
    public IReadOnlyList<PlanBuffer> State(string name) => _byName[name].State;

    private PlanBuffer Add(string name, BufferRole role, ParameterInfo parameter)
    {
        // A row per output: whatever a convolution's kernel spans lies side by side.
        int rows = parameter.Shape.Count < 2 ? 1 : parameter.Shape[0];
        var buffer = new PlanBuffer(_buffers.Count, name, role, rows, (int)(parameter.Count / rows), _length);
        _buffers.Add(buffer);
        _length += buffer.Length;
        return buffer;
    }
}
