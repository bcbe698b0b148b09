namespace PcKernels.Planning.Emission;

/// <summary>Creates the buffers of a program by name and places them one after another in the arena.</summary>
internal sealed class BufferTable
{
    private readonly Dictionary<string, PlanBuffer> _byName = [];
    private readonly List<PlanBuffer> _all;
    private long _length;

    public BufferTable(ParameterLayout layout) => _all = [.. layout.Buffers];

    public IReadOnlyList<PlanBuffer> All => _all;

    /// <summary>The buffer of that name, made when it is first asked for.</summary>
    public PlanBuffer Get(string name, BufferRole role, int rows, int columns, IReadOnlyList<double>? constant = null)
    {
        if (_byName.TryGetValue(name, out PlanBuffer? known)) return known;
        var buffer = new PlanBuffer(_all.Count, name, role, rows, columns, _length, constant);
        _all.Add(buffer);
        _byName.Add(name, buffer);
        _length += buffer.Length;
        return buffer;
    }
}
