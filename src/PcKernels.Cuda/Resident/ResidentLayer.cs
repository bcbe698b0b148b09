using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Planning;
using PcKernels.Planning.Tasks;

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

    /// <summary>Whether x starts as μ in every batch: the kernel then takes it itself, by the instructions that it takes μ by later.</summary>
    public bool StartsAsMean { get; set; }

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

    /// <summary>W's step of an optimiser with moments; null for plain SGD, which <see cref="Rate"/> and <see cref="Decay"/> say all of.</summary>
    public UpdateTask? WeightUpdate { get; set; }

    /// <summary>b's.</summary>
    public UpdateTask? BiasUpdate { get; set; }

    /// <summary>Whether ε = x − softmax(μ).</summary>
    public bool IsCategorical { get; set; }

    /// <summary>−k/B.</summary>
    public double Scale { get; set; }

    /// <summary>Column of the trace.</summary>
    public int Slot { get; set; } = -1;
}
