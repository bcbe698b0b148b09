using PcKernels.Graphs.Ops;

namespace PcKernels.Graphs;

/// <summary>One tensor-valued function in a graph. Inputs of the model are nodes too (their op is <see cref="InputOp"/>).</summary>
public sealed class Node
{
    internal Node(int index, string name, Op op, int[] of, int[] shape, bool isVertex, Precision precision, int owner, ParameterInfo[] parameters)
    {
        Index = index;
        Name = name;
        Op = op;
        Of = of;
        Shape = shape;
        IsVertex = isVertex;
        Precision = precision;
        Owner = owner;
        Parameters = parameters;
    }

    /// <summary>Position in <see cref="Graph.Nodes"/>; a node comes after all it reads.</summary>
    public int Index { get; }

    /// <summary>Name, unique in the graph; may be a module path such as <c>layer1.0</c>.</summary>
    public string Name { get; }

    /// <summary>The function.</summary>
    public Op Op { get; }

    /// <summary>Indices of the nodes it reads.</summary>
    public IReadOnlyList<int> Of { get; }

    /// <summary>Shape of one sample's value.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>Whether it owns a value node; otherwise it is a link (or an input).</summary>
    public bool IsVertex { get; }

    /// <summary>Precision of its error, if it is a Gaussian vertex.</summary>
    public Precision Precision { get; }

    /// <summary>The node whose parameters it uses: itself unless they are shared.</summary>
    public int Owner { get; }

    /// <summary>The parameters it uses (its owner's), without a learned precision.</summary>
    public IReadOnlyList<ParameterInfo> Parameters { get; }

    /// <summary>Whether it is an input of the model.</summary>
    public bool IsInput => Op is InputOp;

    /// <summary>Whether it is a free value at the top of a generative model.</summary>
    public bool IsRoot => Op is RootOp;

    /// <summary>Elements of one sample's value.</summary>
    public int Count => checked((int)Tensor.CountOf(Shape));

    /// <summary>Columns of the matrix that holds a batch of its values: the extent of the last dimension (1 for a scalar), or for images all elements of a sample.</summary>
    public int Columns => HoldsSamples ? Count : LastExtent;

    /// <summary>Rows of that matrix for one sample.</summary>
    public int RowsPerSample => Columns == 0 ? 0 : Count / Columns;

    /// <summary>What a precision per unit counts: the channels of an image, else the extent of the last dimension.</summary>
    public int Units => IsImage ? Shape[0] : LastExtent;

    /// <summary>Whether a sample is one row of the matrix.</summary>
    internal bool HoldsSamples { get; set; }

    /// <summary>Whether it is an image: what a convolution or pooling reads or makes, or what is made of such element by element.</summary>
    internal bool IsImage { get; set; }

    private int LastExtent => Shape.Count == 0 ? 1 : Shape[^1];

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {Op.Name} {Tensor.FormatShape(Shape)}";
}
