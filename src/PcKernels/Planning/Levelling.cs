using PcKernels.Graphs;
using PcKernels.Graphs.Ops;

namespace PcKernels.Planning;

/// <summary>Makes a graph levelled: identity vertices stand on the edges of the graph of vertices until every way from a vertex to the output has one length (Z-IL paper Alg. 2, corrected: level(below) − level(above) − 1 on each edge).</summary>
public static class Levelling
{
    /// <summary>The levelled graph; the same one if it already is. Every segment gets its own copy of its links, since its inputs are delayed in its own way; names of the original's parameters stay.</summary>
    public static Graph Apply(Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        return graph.IdentitiesToLevel().Count == 0 ? graph : new Builder(graph).Build();
    }

    private sealed class Builder(Graph graph)
    {
        private readonly GraphBuilder _builder = new(graph.Name);
        private readonly HashSet<string> _placed = [];
        private readonly Dictionary<int, string> _owners = [];

        public Graph Build()
        {
            foreach (Node input in graph.Inputs) _builder.Input(input.Name, [.. input.Shape]);
            foreach (Node vertex in graph.Vertices) AddSegment(vertex);
            foreach (Output output in graph.Outputs) _builder.Output(graph.Nodes[output.Node].Name, output.Likelihood);
            return _builder.Build();
        }

        private void AddSegment(Node vertex)
        {
            var names = new Dictionary<int, string>();
            foreach (int below in graph.SegmentOf(vertex.Index).Below) names[below] = Delayed(graph.Nodes[below], vertex);
            foreach (int link in graph.SegmentOf(vertex.Index).Links)
            {
                Node node = graph.Nodes[link];
                names[link] = _placed.Add(node.Name) ? node.Name : $"{node.Name}@{vertex.Name}";
                Add(node, names[link], names, isVertex: false);
            }
            _placed.Add(vertex.Name);
            Add(vertex, vertex.Name, names, isVertex: true);
        }

        private void Add(Node node, string name, Dictionary<int, string> names, bool isVertex)
        {
            bool hasPrecision = isVertex && node.Op is not RootOp { Prior: RootPrior.None };
            Precision? precision = hasPrecision ? node.Precision : null;
            string[] of = [.. node.Of.Select(i => names[i])];
            Node owner = graph.Nodes[node.Owner];
            Op op = node.Op is DropoutOp { Stream: null } dropout ? dropout with { Stream = node.Name } : node.Op;
            if (node.Parameters.Count == 0) _builder.Add(name, op, of, isVertex, precision);
            // The first copy owns the parameters, whichever segment it stands in: the segment of their owner may come later.
            else if (_owners.TryAdd(owner.Index, name)) _builder.AddOwner(name, op, of, isVertex, precision, owner.Name);
            else _builder.Add(name, op, of, isVertex, precision, _owners[owner.Index]);
        }

        /// <summary>The end of the chain of identity vertices that delays a value for one reader; chains are shared.</summary>
        private string Delayed(Node below, Node reader)
        {
            string name = below.Name;
            if (below.IsInput) return name;
            int delay = graph.LevelOf(below.Index) - graph.LevelOf(reader.Index) - 1;
            for (int i = 1; i <= delay; i++)
            {
                string next = $"{below.Name}~{i}";
                if (_placed.Add(next)) _builder.Add(next, new ElementwiseOp(Activation.Identity), [name], vertex: true);
                name = next;
            }
            return name;
        }
    }
}
