using PcKernels.Planning;

namespace PcKernels.Cli.Reports;

/// <summary>How one rule's update compares with BP's.</summary>
/// <param name="Name">The rule, with its ablation.</param>
/// <param name="Distance">‖Δθ − Δθ_BP‖ / ‖Δθ_BP‖ over all parameters.</param>
/// <param name="Cosine">The cosine between them.</param>
/// <param name="WorstParameter">The parameter with the largest distance of its own.</param>
/// <param name="WorstDistance">That distance.</param>
/// <param name="Energies">The energies of the batch, step by step.</param>
/// <param name="Counts">Products.</param>
/// <param name="Updates">Moves of θ.</param>
/// <param name="Milliseconds">Median time of a whole batch.</param>
internal sealed record RuleComparison(string Name, double Distance, double Cosine, string WorstParameter, double WorstDistance, IReadOnlyList<double> Energies,
    ProgramCounts Counts, int Updates, double Milliseconds);
