using PcKernels.Graphs;

namespace PcKernels.Data.Training;

/// <summary>Whether a part of a data set can feed a model.</summary>
public static class DataFit
{
    /// <summary>Checks that the model has one input and one output and that samples and targets have their sizes. Equal element counts fit, whatever the shape: they are read row-major.</summary>
    /// <param name="graph">The model.</param>
    /// <param name="part">The samples.</param>
    /// <returns>Elements of one target, the size of the model's output; 0 for a part with nothing to predict.</returns>
    /// <exception cref="InputException">They do not fit; the message has both sizes.</exception>
    public static int Check(Graph graph, DataPart part)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(part);
        if (graph.Inputs.Count != 1 || graph.Outputs.Count != 1)
            throw new InputException($"model '{graph.Name}' has {graph.Inputs.Count} inputs and {graph.Outputs.Count} outputs; a data set feeds exactly one input and one output");
        Node input = graph.Inputs[0], output = graph.Nodes[graph.Outputs[0].Node];
        if (input.Count != part.SampleSize)
            throw new InputException($"'{part.Name}' has samples of {Text(part.SampleShape, part.SampleSize)}, but input '{input.Name}' of model '{graph.Name}' takes {Text(input.Shape, input.Count)}; the numbers of elements have to be equal");
        CheckTokens(graph, input, part);
        if (part.IsUnlabelled) return 0;
        if (part.Positions > 1)
        {
            if (output.Shape.Count != 2 || output.Shape[0] != part.Positions || output.Shape[1] < part.Classes)
                throw new InputException($"'{part.Name}' has a label out of {part.Classes} at each of {part.Positions} positions, but output '{output.Name}' of model '{graph.Name}' is {Text(output.Shape, output.Count)}; [{part.Positions}, {part.Classes}] is expected");
            return output.Count;
        }
        if (part.Classes > 0 && (output.Shape.Count != 1 || part.Classes > output.Count))
            throw new InputException($"'{part.Name}' has {part.Classes} classes, but output '{output.Name}' of model '{graph.Name}' is {Text(output.Shape, output.Count)}; at least [{part.Classes}] is expected");
        if (part.Classes == 0 && part.TargetWidth != output.Count)
            throw new InputException($"'{part.Name}' has {part.TargetWidth} target numbers a sample, but output '{output.Name}' of model '{graph.Name}' is {Text(output.Shape, output.Count)}; the numbers have to be equal");
        return output.Count;
    }

    private static void CheckTokens(Graph graph, Node input, DataPart part)
    {
        if (graph.VocabularyOf(input) is not int vocabulary)
        {
            if (part.IsTokens) throw new InputException($"'{part.Name}' is text, but input '{input.Name}' of model '{graph.Name}' takes numbers; take a model whose input an embedding reads, such as decoder-small");
            return;
        }
        if (!part.IsTokens) throw new InputException($"input '{input.Name}' of model '{graph.Name}' takes tokens, but '{part.Name}' has numbers; give a text");
        if (part.MaskToken >= vocabulary) throw new InputException($"'{part.Name}' has {part.Classes} different characters and one that hides others, but input '{input.Name}' of model '{graph.Name}' knows {vocabulary}; take a model with a larger vocabulary");
        if (part.Classes > vocabulary) throw new InputException($"'{part.Name}' has {part.Classes} different characters, but input '{input.Name}' of model '{graph.Name}' knows {vocabulary}; take a model with a larger vocabulary");
    }

    private static string Text(IReadOnlyList<int> shape, int count) =>
        shape.Count == 1 ? Tensor.FormatShape(shape) : $"{Tensor.FormatShape(shape)} = {count}";
}
