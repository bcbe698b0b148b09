using PcKernels.Graphs;

namespace PcKernels.Models;

/// <summary>The models that the library carries: each with the sizes of a paper, and a small variant that trains on two cores. There is no batch norm: it couples the samples.</summary>
public static class ShippedModels
{
    private const string Zil = "Z-IL paper (Salvatori et al.), section 6";
    private const string Ipc = "iPC paper (Salvatori et al.), section 5";
    private const string Small = "small variant of";

    /// <summary>All of them, each before its small variant.</summary>
    public static IReadOnlyList<ShippedModel> All { get; } =
    [
        new("mlp", "784-128-128-10, tanh", "Fashion-MNIST, MNIST", Zil),
        new("mlp-small", "64-32-32-10, tanh", "digits", $"{Small} mlp"),
        new("residual", "five fully connected layers of 256, a skip over each between the first and the last", "Fashion-MNIST, MNIST", "Z-IL paper, appendix (ResNets)"),
        new("residual-small", "the same with 64 inputs and layers of 32", "digits", $"{Small} residual"),
        new("alexnet", "five convolutions 64-192-384-256-256 and three linear layers on 3×32×32, relu", "CIFAR-10", "Krizhevsky et al. 2012 for small images, as in the iPC paper, section 4"),
        new("alexnet-fashion", "alexnet on 1×28×28", "Fashion-MNIST, MNIST", "as alexnet; Z-IL paper, appendix (CNNs)"),
        new("alexnet-small", "five convolutions 16-32-48-32-32 and three linear layers on 1×28×28, tanh; vertices are the last convolution, the last hidden layer and the output", "Fashion-MNIST, MNIST", $"{Small} alexnet"),
        new("vgg5", "four convolutions 128-256-512-512, each with relu and pooling, and a linear layer", "CIFAR-10", "Pinchetti et al. 2024 (PCX), VGG5"),
        new("vgg5-small", "four convolutions 16-32-64-64, otherwise the same", "CIFAR-10", $"{Small} vgg5"),
        new("resnet18", "eight residual blocks of two convolutions, 64 to 512 channels, a 3×3 stem for small images, without batch norm", "CIFAR-10", "He et al. 2016 for small images; Z-IL paper, section 6"),
        new("resnet18-small", "the same with 8 to 64 channels", "CIFAR-10", $"{Small} resnet18"),
        new("rnn", "many to one: 28 rows of 28, 128 hidden units, 128 outputs; products are vertices", "Fashion-MNIST, MNIST (row by row)", "Z-IL paper, section 6 (hidden and output 128)"),
        new("rnn-small", "many to one: 8 rows of 8, 64 hidden units, 10 outputs", "digits (row by row)", $"{Small} rnn"),
        new("transformer", "encoder for masked tokens: two blocks with one head, 128 features, 32 positions, 8001 tokens", "text as 8001 tokens", Ipc),
        new("transformer-small", "encoder: one block with two heads, 64 features, 32 positions, 66 tokens", "text of 65 characters and a mask", $"{Small} transformer"),
        new("decoder", "causal: two blocks with one head, 128 features, 32 positions, 8001 tokens", "text as 8001 tokens", Ipc),
        new("decoder-small", "causal: one block with two heads, 64 features, 32 positions, 65 tokens", "text of 65 characters (tinyshakespeare)", $"{Small} decoder"),
    ];

    /// <summary>Whether a model of that name ships.</summary>
    public static bool Contains(string name) => All.Any(m => m.Name == name);

    /// <summary>The model of that name.</summary>
    /// <exception cref="InputException">There is none; the message lists the names, the nearest first.</exception>
    public static ShippedModel Find(string name) => All.FirstOrDefault(m => m.Name == name)
        ?? throw new InputException($"no model is called '{name}'; {Suggestion.Of(name, All.Select(static m => m.Name))}");
}
