using PcKernels.Optimizers;

namespace PcKernels.Planning;

/// <summary>What a program is planned for, beside graph and rule.</summary>
public sealed record PlanOptions
{
    private readonly double? _clip;
    private readonly double _outputVariance = 1;

    /// <summary>B ≥ 1, samples in a batch.</summary>
    public required int Batch { get; init; }

    /// <summary>The optimiser of the parameters.</summary>
    public Optimizer Optimizer { get; init; } = new Sgd(0.01);

    /// <summary>Switches the exact savings off: nothing is hoisted, zeros are computed.</summary>
    public bool Plain { get; init; }

    /// <summary>Whether layers on a clamped input learn in dual form; never where <see cref="Plain"/> is set.</summary>
    public DualForm Dual { get; init; }

    /// <summary>Whether the last gradient of every parameter is kept in a buffer to be read.</summary>
    public bool KeepGradients { get; init; }

    /// <summary>Whether energies, errors and predictions are also taken after the last move (iPC), and hidden values and errors stay to be read (Z-IL); the others have them anyway.</summary>
    public bool FinalErrors { get; init; }

    /// <summary>c of gradient clipping by the norm over all parameters, or null.</summary>
    /// <exception cref="InputException">Not a finite number &gt; 0.</exception>
    public double? ClipNorm
    {
        get => _clip;
        init => _clip = value is null || (double.IsFinite(value.Value) && value > 0) ? value : throw new InputException($"--clip-norm {value}: must be a finite number > 0");
    }

    /// <summary>k: the output's variance is multiplied by k and the gradients of all parameters too (Zahid et al. 3.3, case 2).</summary>
    /// <exception cref="InputException">Not a finite number &gt; 0.</exception>
    public double OutputVariance
    {
        get => _outputVariance;
        init => _outputVariance = double.IsFinite(value) && value > 0 ? value : throw new InputException($"--output-variance {value}: must be a finite number > 0");
    }

    /// <summary>λ of learned precisions, which decay by themselves.</summary>
    public double PrecisionDecay { get; init; }

    /// <summary>Names of vertices whose starting values the host gives.</summary>
    public IReadOnlySet<string> GivenStarts { get; init; } = new HashSet<string>();
}
