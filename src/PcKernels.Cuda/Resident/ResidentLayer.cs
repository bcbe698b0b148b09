using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Planning;

namespace PcKernels.Cuda.Resident;

/// <summary>One layer of a chain, as the tasks of a program have it.</summary>
/// <param name="node">The vertex that it predicts.</param>
internal sealed class ResidentLayer(Node node)
{
    /// <summary>The vertex.</summary>
    public Node Node { get; } = node;

    /// <summary>y = f(W a + b).</summary>
    public LinearOp Op { get; } = (LinearOp)node.Op;

    /// <summary>W.</summary>
    public PlanBuffer Weight { get; set; } = null!;

    /// <summary>b, or null.</summary>
    public PlanBuffer? Bias { get; set; }

    /// <summary>x at the start of the loop.</summary>
    public PlanBuffer? Start { get; set; }

    /// <summary>Where x is found after the batch; null where it is clamped.</summary>
    public PlanBuffer? Value { get; set; }

    /// <summary>ε.</summary>
    public PlanBuffer? Error { get; set; }

    /// <summary>∂F/∂W, where it is kept.</summary>
    public PlanBuffer? WeightGradient { get; set; }

    /// <summary>∂F/∂b, where it is kept.</summary>
    public PlanBuffer? BiasGradient { get; set; }

    /// <summary>π.</summary>
    public double Precision { get; set; } = 1;

    /// <summary>γ.</summary>
    public double Gamma { get; set; }

    /// <summary>α.</summary>
    public double Rate { get; set; }

    /// <summary>λ.</summary>
    public double Decay { get; set; }

    /// <summary>Whether ε = x − softmax(μ).</summary>
    public bool IsCategorical { get; set; }

    /// <summary>−k/B.</summary>
    public double Scale { get; set; }

    /// <summary>Column of the trace.</summary>
    public int Slot { get; set; } = -1;
}
