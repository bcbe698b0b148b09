namespace PcKernels.Graphs;

/// <summary>How many precisions a vertex has.</summary>
public enum PrecisionSharing
{
    /// <summary>One for all elements of the value.</summary>
    PerVertex,

    /// <summary>One per element of the value's last dimension (per channel for images).</summary>
    PerUnit,
}

/// <summary>The precision π = 1/σ² of a Gaussian vertex: fixed numbers, or learned as the parameter <c>NODE.log_variance</c> = −ln π.</summary>
/// <remarks>iPC paper, "relaxed condition 3" of the experimental comparison; DESIGN §3.</remarks>
public sealed class Precision
{
    /// <summary>π = 1, the default.</summary>
    public static Precision One { get; } = new(false, PrecisionSharing.PerVertex, [1.0]);

    /// <summary>Makes a precision.</summary>
    /// <param name="isLearned">Whether −ln π is a parameter that moves.</param>
    /// <param name="sharing">One per vertex or one per unit.</param>
    /// <param name="initial">π at the start: one number, or one per unit. Each finite and positive.</param>
    /// <exception cref="InputException">A number is not finite and positive, or several are given per vertex.</exception>
    public Precision(bool isLearned, PrecisionSharing sharing, params double[] initial)
    {
        ArgumentNullException.ThrowIfNull(initial);
        if (initial.Length == 0) throw new InputException("a precision needs at least one number");
        foreach (double value in initial)
        {
            if (!double.IsFinite(value) || value <= 0) throw new InputException($"precision {value} must be a finite number > 0");
        }
        if (sharing == PrecisionSharing.PerVertex && initial.Length > 1)
            throw new InputException($"{initial.Length} precisions for one vertex; give one number, or \"per\": \"unit\"");
        IsLearned = isLearned;
        Sharing = sharing;
        Initial = [.. initial];
    }

    /// <summary>Whether −ln π is a parameter that moves.</summary>
    public bool IsLearned { get; }

    /// <summary>One per vertex or one per unit.</summary>
    public PrecisionSharing Sharing { get; }

    /// <summary>π at the start: one number for all, or one per unit.</summary>
    public IReadOnlyList<double> Initial { get; }

    /// <summary>Whether π is 1 everywhere and stays so.</summary>
    public bool IsOne => !IsLearned && Initial.All(static p => p == 1.0);

    /// <summary>A fixed precision for a whole vertex.</summary>
    public static Precision Fixed(double value) => new(false, PrecisionSharing.PerVertex, value);

    /// <summary>A learned precision.</summary>
    public static Precision Learned(PrecisionSharing sharing = PrecisionSharing.PerVertex, double initial = 1.0) => new(true, sharing, initial);
}
