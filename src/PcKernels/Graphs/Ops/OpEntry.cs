namespace PcKernels.Graphs.Ops;

/// <summary>An op with inputs that it fits: what gradient checks, device suites and benchmarks run.</summary>
/// <param name="Op">The op with its settings.</param>
/// <param name="Inputs">Shapes of one sample.</param>
public sealed record OpExample(Op Op, IReadOnlyList<IReadOnlyList<int>> Inputs);

/// <summary>One op of the catalogue.</summary>
public sealed class OpEntry
{
    internal OpEntry(string name, string formula, Func<JsonObjectReader, Op> read, IReadOnlyList<OpExample> examples)
    {
        Name = name;
        Formula = formula;
        Read = read;
        Examples = examples;
    }

    /// <summary>The name in the model file.</summary>
    public string Name { get; }

    /// <summary>Its value in words.</summary>
    public string Formula { get; }

    /// <summary>Settings and sizes that between them reach every branch of it.</summary>
    public IReadOnlyList<OpExample> Examples { get; }

    /// <summary>Reads the op's keys.</summary>
    internal Func<JsonObjectReader, Op> Read { get; }
}
