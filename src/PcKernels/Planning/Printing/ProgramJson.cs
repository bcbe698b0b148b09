using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using PcKernels.Graphs;

namespace PcKernels.Planning.Printing;

/// <summary>A program as JSON for other programs. Keys are stable; new ones may be added.</summary>
public static class ProgramJson
{
    private const int SingleBytes = 4;

    /// <summary>Writes a program as one JSON object.</summary>
    /// <param name="program">The program.</param>
    /// <param name="elementSize">Bytes of one element, for the arena.</param>
    public static string Write(Program program, int elementSize = SingleBytes)
    {
        ArgumentNullException.ThrowIfNull(program);
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            WriteGraph(json, program);
            WritePhases(json, program);
            WriteCount(json, "smm_per_update", program.Counts.Sequential);
            WriteCount(json, "mm_per_update", program.Counts.All);
            json.WriteNumber("layers", program.Counts.Layers);
            json.WriteNumber("updates", program.Updates);
            json.WriteNumber("flop", program.Counts.Flop);
            json.WriteNumber("bytes", program.Counts.Bytes);
            json.WriteNumber("estimated_seconds", CostModel.Processor.Seconds(program));
            WriteTexts(json, "dual", program.DualNodes);
            json.WriteNumber("arena_bytes", program.ArenaLength * elementSize);
            json.WriteNumber("buffer_bytes", program.BufferLength * elementSize);
            WriteTexts(json, "not_learned", program.NotLearned);
            WriteTexts(json, "explanation", CountExplanation.Of(program));
            WriteBuffers(json, program);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void WriteGraph(Utf8JsonWriter json, Program program)
    {
        Graph graph = program.Graph;
        json.WriteString("model", graph.Name);
        json.WriteString("rule", program.Rule?.Name ?? "prediction");
        json.WriteNumber("batch", program.Options.Batch);
        json.WriteBoolean("plain", program.Options.Plain);
        json.WriteNumber("vertices", graph.Vertices.Count);
        json.WriteStartObject("levels");
        foreach (Node vertex in graph.Vertices) json.WriteNumber(vertex.Name, graph.LevelOf(vertex.Index));
        json.WriteEndObject();
        json.WriteStartArray("identities");
        foreach ((int from, int to, int count) in graph.IdentitiesToLevel())
        {
            json.WriteStartObject();
            json.WriteString("from", graph.Nodes[from].Name);
            json.WriteString("to", graph.Nodes[to].Name);
            json.WriteNumber("count", count);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteNumber("parameters", graph.Parameters.Sum(static p => p.Count));
        json.WriteNumber("waves", program.Phases.Sum(static p => p.Repeats * p.Waves.Count));
    }

    private static void WritePhases(Utf8JsonWriter json, Program program)
    {
        json.WriteStartArray("phases");
        foreach ((Phase phase, PhaseCount count) in program.Phases.Zip(program.Counts.Phases))
        {
            json.WriteStartObject();
            json.WriteString("name", phase.Name);
            json.WriteString("kind", phase.Kind.ToString().ToLowerInvariant());
            json.WriteNumber("repeats", phase.Repeats);
            json.WriteStartArray("waves");
            foreach (Wave wave in phase.Waves)
            {
                json.WriteStartArray();
                foreach (Tasks.PlanTask task in wave.Tasks) json.WriteStringValue(task.Label);
                json.WriteEndArray();
            }
            json.WriteEndArray();
            json.WriteNumber("mm", count.MatrixProducts);
            json.WriteNumber("mm_gradients", count.GradientProducts);
            json.WriteNumber("smm", count.SequentialProducts);
            json.WriteNumber("flop", count.Flop);
            json.WriteNumber("bytes", count.Bytes);
            json.WriteNumber("estimated_seconds", CostModel.Processor.Seconds(phase));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteCount(Utf8JsonWriter json, string name, ProductCount count)
    {
        json.WriteStartObject(name);
        json.WriteNumber("counted", count.Counted);
        json.WriteNumber("published", count.Published);
        json.WriteNumber("with_gradients", count.WithGradients);
        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private static void WriteBuffers(Utf8JsonWriter json, Program program)
    {
        json.WriteStartArray("buffers");
        foreach (PlanBuffer buffer in program.Buffers)
        {
            json.WriteStartObject();
            json.WriteString("name", buffer.Name);
            json.WriteString("role", buffer.Role.ToString().ToLowerInvariant());
            json.WriteNumber("rows", buffer.Rows);
            json.WriteNumber("columns", buffer.Columns);
            json.WriteNumber("stride", buffer.Stride);
            json.WriteNumber("offset", buffer.Offset);
            json.WriteBoolean("session", buffer.IsPersistent);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
