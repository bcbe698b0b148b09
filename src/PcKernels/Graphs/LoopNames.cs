namespace PcKernels.Graphs;

/// <summary>The loops of a model file while it is read: what the names of their nodes stand for outside, which is the last step's nodes.</summary>
internal sealed class LoopNames
{
    private const int MostNodes = 100_000;
    private readonly Dictionary<string, string> _last = [];
    private readonly Dictionary<string, string[]> _loops = [];
    private long _unrolled;

    /// <summary>Counts a loop's nodes.</summary>
    /// <exception cref="InputException">Its name is taken, or all loops together are too large.</exception>
    public void Begin(string loop, int steps, int nodes, bool isTaken)
    {
        if (isTaken || !_loops.TryAdd(loop, [])) throw new InputException($"loop '{loop}': the name is there twice; names are unique");
        _unrolled += (long)steps * Math.Max(1, nodes);
        if (steps < 1 || _unrolled > MostNodes) throw new InputException($"loop '{loop}': {steps} steps of {nodes} nodes; steps must be ≥ 1 and the nodes of all loops together at most {MostNodes}");
    }

    /// <summary>Names the last step's nodes of a loop.</summary>
    public void End(string loop, IEnumerable<(string Node, string Last)> nodes)
    {
        (string Name, string Last)[] named = [.. nodes.Select(n => ($"{loop}.{n.Node}", n.Last))];
        foreach ((string name, string last) in named) _last[name] = last;
        _loops[loop] = [.. named.Select(static n => n.Name)];
    }

    /// <summary>What a name means outside of loops.</summary>
    /// <exception cref="InputException">It is a loop, which has no value.</exception>
    public string Resolve(string name, string place) => !_loops.TryGetValue(name, out string[]? nodes)
        ? _last.GetValueOrDefault(name, name)
        : throw new InputException($"{place} names the loop '{name}'; name one of its nodes: {string.Join(", ", nodes)}");

    /// <summary>Whether no node may have a name, since a loop has it.</summary>
    public bool Contains(string name) => _loops.ContainsKey(name) || _last.ContainsKey(name);
}
