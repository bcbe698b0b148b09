namespace PcKernels.Planning;

/// <summary>What a buffer holds.</summary>
public enum BufferRole
{
    /// <summary>A parameter θ; lives as long as the session.</summary>
    Parameter,

    /// <summary>Optimiser state of a parameter; lives as long as the session.</summary>
    State,

    /// <summary>An input of the model or the target of an output, written by the host for each batch.</summary>
    Clamped,

    /// <summary>Values x of a vertex.</summary>
    Value,

    /// <summary>A prediction μ, or the value of a link.</summary>
    Prediction,

    /// <summary>ε = x − μ, or x − softmax(μ).</summary>
    Error,

    /// <summary>f′ of a prediction or of an input's activation.</summary>
    Derivative,

    /// <summary>An error on its way down: f′ ⊙ π ε at a vertex, f′ ⊙ adjoint at a link.</summary>
    Delta,

    /// <summary>An activated input f(x) of a node in the form W f(x) + b.</summary>
    Activated,

    /// <summary>The mean gradient of a parameter.</summary>
    Gradient,

    /// <summary>Velocity of a value's momentum.</summary>
    Velocity,

    /// <summary>Precisions π, one per unit.</summary>
    Precision,

    /// <summary>A number that the program itself computes (clipping factor, discounted γ).</summary>
    Scalar,

    /// <summary>z before its activation at the batch's first parameters (dual form).</summary>
    PreActivation,

    /// <summary>The Gram matrix of a clamped operand (dual form).</summary>
    Gram,

    /// <summary>Σ δ over the moves of a batch (dual form).</summary>
    DeltaSum,
}

/// <summary>A matrix in a program's arena, or (parameters, optimiser state) in the session's.</summary>
/// <param name="Id">Index in <see cref="Program.Buffers"/>.</param>
/// <param name="Name">Unique name, such as <c>error/h1</c>.</param>
/// <param name="Role">What it holds.</param>
/// <param name="Rows">Rows: batch times positions for what belongs to samples.</param>
/// <param name="Columns">Extent of the last dimension.</param>
/// <param name="Offset">First element in its arena, a multiple of 16.</param>
/// <param name="Constant">Numbers that it holds for good, one per column; null where tasks or the host write it.</param>
public sealed record PlanBuffer(int Id, string Name, BufferRole Role, int Rows, int Columns, long Offset, IReadOnlyList<double>? Constant = null)
{
    private const int LineElements = 16;
    private const int AliasingElements = 512;

    /// <summary>First element in its arena, a multiple of 16; buffers that are never needed at the same time may share memory.</summary>
    public long Offset { get; internal set; } = Offset;

    /// <summary>Elements from one row to the next: the columns rounded up to 16, and off the powers of two that would make rows share cache sets. What lies between is zero.</summary>
    public int Stride { get; } = StrideOf(Columns);

    /// <summary>Elements it takes in the arena.</summary>
    public long Length => (long)Rows * Stride;

    /// <summary>Elements that mean something.</summary>
    public long Count => (long)Rows * Columns;

    /// <summary>Whether it belongs to the session and outlives the program.</summary>
    public bool IsPersistent => Role is BufferRole.Parameter or BufferRole.State;

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static int StrideOf(int columns)
    {
        int stride = checked(columns + LineElements - 1) / LineElements * LineElements;
        return stride % AliasingElements == 0 ? stride + LineElements : stride;
    }
}
