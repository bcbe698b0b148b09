namespace PcKernels.Graphs;

/// <summary>Names of the activations in model files.</summary>
public static class Activations
{
    private static readonly string[] s_names = ["identity", "tanh", "relu", "leaky_relu", "sigmoid", "gelu", "silu"];

    /// <summary>All names, in the order of <see cref="Activation"/>.</summary>
    public static IReadOnlyList<string> Names => s_names;

    /// <summary>The name of an activation.</summary>
    public static string Name(Activation activation) => s_names[(int)activation];

    /// <summary>The activation of a name, if there is one.</summary>
    public static bool TryParse(string name, out Activation activation)
    {
        int index = Array.IndexOf(s_names, name);
        activation = index < 0 ? Activation.Identity : (Activation)index;
        return index >= 0;
    }
}
