using PcKernels.Graphs;
using PcKernels.Training;

namespace PcKernels.Data.Training;

/// <summary>The output's energy of one sample: <c>½ Σ π (x − μ)² − ½ Σ ln π</c>, or <c>−Σ x ln softmax(μ)</c> over the last dimension.</summary>
internal sealed class OutputEnergy
{
    private readonly double[] _precision;
    private readonly double _constant;
    private readonly int _columns;

    /// <summary>Reads the output's precision, which may be learned.</summary>
    public OutputEnergy(Trainer trainer)
    {
        Output output = trainer.Graph.Outputs[0];
        Node node = trainer.Graph.Nodes[output.Node];
        IsCategorical = output.Likelihood == Likelihood.Categorical;
        _columns = node.Columns;
        _precision = [.. node.Precision.Initial];
        if (node.Precision.IsLearned)
            _precision = [.. trainer.Parameter($"{node.Name}.log_variance").ToDoubles().Select(static s => Math.Exp(-s))];
        for (int i = 0; i < node.Count; i++) _constant -= 0.5 * Math.Log(PrecisionAt(i));
    }

    /// <summary>Whether predictions are logits.</summary>
    public bool IsCategorical { get; }

    /// <summary>The energy of one sample.</summary>
    public double Of(ReadOnlySpan<float> prediction, ReadOnlySpan<float> target)
    {
        double energy = IsCategorical ? 0 : _constant;
        for (int start = 0; start < prediction.Length; start += _columns)
        {
            if (IsCategorical)
            {
                energy += CrossEntropy(prediction.Slice(start, _columns), target.Slice(start, _columns));
                continue;
            }
            for (int i = start; i < start + _columns; i++)
            {
                double error = (double)target[i] - prediction[i];
                energy += 0.5 * PrecisionAt(i) * error * error;
            }
        }
        return energy;
    }

    private static double CrossEntropy(ReadOnlySpan<float> logits, ReadOnlySpan<float> target)
    {
        double largest = double.NegativeInfinity, sum = 0, energy = 0;
        foreach (float logit in logits) largest = Math.Max(largest, logit);
        foreach (float logit in logits) sum += Math.Exp(logit - largest);
        double logarithm = largest + Math.Log(sum);
        for (int i = 0; i < logits.Length; i++) energy += target[i] * (logarithm - logits[i]);
        return energy;
    }

    private double PrecisionAt(int element) => _precision[_precision.Length == 1 ? 0 : element % _columns];
}
