using PcKernels.Graphs;

namespace PcKernels.Tests.Rules.Oracle;

/// <summary>Activations and the exact derivatives that the reference cases fix at kinks, one element at a time.</summary>
internal static class OracleFunctions
{
    private const double LeakySlope = 0.01;

    public static double Value(Activation f, double z) => f switch
    {
        Activation.Identity => z,
        Activation.Tanh => Math.Tanh(z),
        Activation.Relu => z > 0 ? z : 0,
        Activation.LeakyRelu => z > 0 ? z : LeakySlope * z,
        Activation.Sigmoid => Sigmoid(z),
        Activation.Gelu => z * Phi(z),
        Activation.Silu => z * Sigmoid(z),
        _ => throw new ArgumentOutOfRangeException(nameof(f)),
    };

    public static double Derivative(Activation f, double z) => f switch
    {
        Activation.Identity => 1,
        Activation.Tanh => 1 - Math.Tanh(z) * Math.Tanh(z),
        Activation.Relu => z > 0 ? 1 : 0,
        Activation.LeakyRelu => z > 0 ? 1 : LeakySlope,
        Activation.Sigmoid => Sigmoid(z) * (1 - Sigmoid(z)),
        Activation.Gelu => Phi(z) + z * Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI),
        Activation.Silu => Sigmoid(z) * (1 + z * (1 - Sigmoid(z))),
        _ => throw new ArgumentOutOfRangeException(nameof(f)),
    };

    public static double[] Softmax(double[,] logits, int row)
    {
        int columns = logits.GetLength(1);
        double largest = Enumerable.Range(0, columns).Max(c => logits[row, c]);
        double[] powers = [.. Enumerable.Range(0, columns).Select(c => Math.Exp(logits[row, c] - largest))];
        double sum = powers.Sum();
        return [.. powers.Select(p => p / sum)];
    }

    private static double Sigmoid(double z) => 1 / (1 + Math.Exp(-z));

    private static double Phi(double z) => (1 + Erf(z / Math.Sqrt(2))) / 2;

    // erf w = 2/√π e^(−w²) Σ 2ⁿ w^(2n+1) / (1·3·…·(2n+1)): terms of one sign, so nothing cancels.
    private static double Erf(double w)
    {
        double term = w, sum = w;
        for (int n = 1; Math.Abs(term) > 1e-20 * Math.Abs(sum); n++)
        {
            term *= 2 * w * w / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-w * w) * sum;
    }
}
