using PcKernels.Graphs;
using PcKernels.Optimizers;

namespace PcKernels.Tests.Rules.Oracle;

/// <summary>torch.optim's formulas one element at a time, with clipping by the norm over all gradients.</summary>
internal sealed class OracleOptimizer(Optimizer optimizer, double? clipNorm, double precisionDecay, Dictionary<string, double[]> parameters, Rounding rounding)
{
    private readonly Dictionary<string, double[]> _first = parameters.ToDictionary(static p => p.Key, static p => new double[p.Value.Length]);
    private readonly Dictionary<string, double[]> _second = parameters.ToDictionary(static p => p.Key, static p => new double[p.Value.Length]);
    private int _steps;

    public void Step(IEnumerable<ParameterInfo> moving, Dictionary<string, double[]> gradients, double rateFactor)
    {
        _steps++;
        double norm = Math.Sqrt(gradients.Values.Sum(static g => g.Sum(static v => v * v)));
        double factor = clipNorm is null ? 1 : Math.Min(1, clipNorm.Value / (norm + 1e-6));
        foreach (ParameterInfo parameter in moving)
        {
            double decay = parameter.Role == ParameterRole.LogVariance ? precisionDecay : optimizer.WeightDecay;
            double[] theta = parameters[parameter.Name], first = _first[parameter.Name], second = _second[parameter.Name];
            for (int i = 0; i < theta.Length; i++)
                theta[i] = rounding.Of(Move(theta[i], gradients[parameter.Name][i] * factor, ref first[i], ref second[i], optimizer.LearningRate * rateFactor, decay));
        }
    }

    private double Move(double theta, double g, ref double first, ref double second, double rate, double decay)
    {
        switch (optimizer)
        {
            case Sgd sgd:
                g += decay * theta;
                if (sgd.Momentum == 0) return theta - rate * g;
                first = _steps == 1 ? g : sgd.Momentum * first + g;
                return theta - rate * (sgd.Nesterov ? g + sgd.Momentum * first : first);
            case Adam adam:
                return theta - rate * Direction(g + decay * theta, ref first, ref second, adam.Beta1, adam.Beta2, adam.Epsilon);
            case AdamW adam:
                return theta * (1 - rate * decay) - rate * Direction(g, ref first, ref second, adam.Beta1, adam.Beta2, adam.Epsilon);
            default:
                throw new ArgumentException($"no oracle for {optimizer}");
        }
    }

    private double Direction(double g, ref double m, ref double v, double beta1, double beta2, double epsilon)
    {
        m = beta1 * m + (1 - beta1) * g;
        v = beta2 * v + (1 - beta2) * g * g;
        return m / (1 - Math.Pow(beta1, _steps)) / (Math.Sqrt(v / (1 - Math.Pow(beta2, _steps))) + epsilon);
    }
}
