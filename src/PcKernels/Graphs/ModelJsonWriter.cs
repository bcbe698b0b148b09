using System.Text.Json;

namespace PcKernels.Graphs;

/// <summary>Writes a graph as the JSON that <see cref="ModelJson"/> reads; keys at their default are left out.</summary>
internal static class ModelJsonWriter
{
    public static void Write(Utf8JsonWriter writer, Graph graph)
    {
        writer.WriteStartObject();
        writer.WriteString("name", graph.Name);
        writer.WriteStartObject("inputs");
        foreach (Node input in graph.Inputs)
        {
            writer.WriteStartArray(input.Name);
            foreach (int extent in input.Shape) writer.WriteNumberValue(extent);
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
        writer.WriteStartArray("nodes");
        foreach (Node node in graph.Nodes.Where(static n => !n.IsInput)) WriteNode(writer, graph, node);
        writer.WriteEndArray();
        writer.WriteStartArray("output");
        foreach (Output output in graph.Outputs)
        {
            writer.WriteStartObject();
            writer.WriteString("node", graph.Nodes[output.Node].Name);
            writer.WriteString("likelihood", output.Likelihood == Likelihood.Gaussian ? "gaussian" : "categorical");
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteNode(Utf8JsonWriter writer, Graph graph, Node node)
    {
        writer.WriteStartObject();
        writer.WriteString("name", node.Name);
        writer.WriteString("op", node.Op.Name);
        if (node.Of.Count > 0)
        {
            writer.WriteStartArray("of");
            foreach (int below in node.Of) writer.WriteStringValue(graph.Nodes[below].Name);
            writer.WriteEndArray();
        }
        node.Op.WriteKeys(writer);
        if (node.Owner != node.Index) writer.WriteString("parameters", graph.Nodes[node.Owner].Name);
        bool vertexByDefault = node.Parameters.Count > 0 || node.IsRoot;
        if (node.IsVertex != vertexByDefault && graph.OutputOf(node.Index) is null) writer.WriteBoolean("vertex", node.IsVertex);
        if (!node.Precision.IsOne) WritePrecision(writer, node.Precision);
        writer.WriteEndObject();
    }

    private static void WritePrecision(Utf8JsonWriter writer, Precision precision)
    {
        writer.WriteStartObject("precision");
        writer.WriteBoolean("learn", precision.IsLearned);
        writer.WriteString("per", precision.Sharing == PrecisionSharing.PerUnit ? "unit" : "vertex");
        if (precision.Initial.Count == 1)
        {
            writer.WriteNumber("initial", precision.Initial[0]);
        }
        else
        {
            writer.WriteStartArray("initial");
            foreach (double value in precision.Initial) writer.WriteNumberValue(value);
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    }
}
