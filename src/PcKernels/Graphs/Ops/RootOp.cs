using System.Text.Json;

namespace PcKernels.Graphs.Ops;

/// <summary>The prior of a free root.</summary>
public enum RootPrior
{
    /// <summary>No energy: the value goes where the vertices that read it pull.</summary>
    None,

    /// <summary>A Gaussian vertex with prediction 0.</summary>
    Gaussian,
}

/// <summary>A free value node without inputs at the top of a generative model (iPC paper 2.1, Fig. 2).</summary>
/// <param name="Shape">Shape of one sample's value.</param>
/// <param name="Prior">Its energy.</param>
public sealed record RootOp(IReadOnlyList<int> Shape, RootPrior Prior = RootPrior.None) : Op
{
    /// <inheritdoc/>
    public override string Name => "root";

    /// <inheritdoc/>
    public override (int Least, int Most) Arity => (0, 0);

    /// <inheritdoc/>
    public override int[] Infer(IReadOnlyList<IReadOnlyList<int>> inputs) => [.. Shape];

    /// <inheritdoc/>
    public override void WriteKeys(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartArray("shape");
        foreach (int extent in Shape) writer.WriteNumberValue(extent);
        writer.WriteEndArray();
        writer.WriteString("prior", Prior == RootPrior.None ? "none" : "gaussian");
    }
}
