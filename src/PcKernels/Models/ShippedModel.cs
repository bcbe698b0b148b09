using System.Reflection;
using PcKernels.Graphs;

namespace PcKernels.Models;

/// <summary>A model that the library carries as a model file.</summary>
/// <param name="Name">The name that <see cref="ShippedModels.Find"/> and <c>--model</c> take.</param>
/// <param name="Description">What it is, in one line.</param>
/// <param name="Data">A data set that fits it.</param>
/// <param name="Source">Where its sizes come from.</param>
public sealed record ShippedModel(string Name, string Description, string Data, string Source)
{
    /// <summary>The model file as it stands in the repository: JSON, one node a line.</summary>
    public string ReadJson()
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"models/{Name}.json")
            ?? throw new InvalidOperationException($"the assembly lacks its resource models/{Name}.json");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>The graph. Parameters are not made.</summary>
    public Graph ReadGraph() => ModelJson.Parse(ReadJson(), Name);
}
