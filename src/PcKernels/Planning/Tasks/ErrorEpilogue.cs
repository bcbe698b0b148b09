namespace PcKernels.Planning.Tasks;

/// <summary>Turns a prediction μ into ε = x − μ (or x − softmax(μ)) and δ = f′ ⊙ scale π ε.</summary>
/// <param name="Value">x.</param>
/// <param name="Error">ε, written.</param>
/// <param name="Delta">δ, written; null where δ would equal ε or nobody reads it.</param>
/// <param name="Precision">π.</param>
/// <param name="IsCategorical">Whether ε is x − softmax(μ), over whole rows.</param>
/// <param name="Scale">A factor on δ beside π: 1/k for a categorical output whose variance is scaled by k.</param>
public sealed record ErrorEpilogue(PlanBuffer Value, PlanBuffer Error, PlanBuffer? Delta, PrecisionSource Precision, bool IsCategorical, double Scale)
{
    internal string Signature => $"e{Value.Id},{Error.Id},{Delta?.Id},{Precision},{IsCategorical},{Scale:R}";
}
