namespace PcKernels.Tests.Execution.Kernels;

/// <summary>Φ(z) for multiples of 1/64, and for any z beyond 4, independent of the kernels: a series of positive terms in decimal near zero, Mills' continued fraction in the tail.</summary>
internal static class NormalDistribution
{
    private const decimal SquareRootOfTwoPi = 2.5066282746310005024157652848m;

    public static double Cumulative(double z)
    {
        double below = Math.Abs(z) <= 4 ? (double)(0.5m - Centre(Math.Abs((decimal)z))) : Tail(Math.Abs(z));
        return z < 0 ? below : 1 - below;
    }

    /// <summary>φ(z), with the part of z whose square is exact taken out of the exponential.</summary>
    public static double Density(double z)
    {
        double h = Math.Round(z * 64) / 64;
        return Math.Exp(-h * h / 2) * Math.Exp(-(z - h) * (z + h) / 2) / Math.Sqrt(2 * Math.PI);
    }

    // φ(z) Σ z^(2n+1) / (1·3·…·(2n+1))
    private static decimal Centre(decimal z)
    {
        decimal term = z, sum = z;
        for (int n = 1; n < 200 && term > 0; n++) sum += term = term * z * z / (2 * n + 1);
        return sum / (SquareRootOfTwoPi * Exponential(z * z / 2));
    }

    private static decimal Exponential(decimal q)
    {
        decimal term = 1, sum = 1;
        for (int n = 1; n < 200 && term > 0; n++) sum += term = term * q / n;
        return sum;
    }

    // φ(z) / (z + 1/(z + 2/(z + …)))
    private static double Tail(double z)
    {
        double fraction = z;
        for (int n = 200; n > 0; n--) fraction = z + n / fraction;
        return Density(z) / fraction;
    }
}
