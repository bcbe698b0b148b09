namespace PcKernels.Optimizers;

/// <summary>How the learning rate goes after its warm-up.</summary>
public enum ScheduleShape
{
    /// <summary>It stays.</summary>
    Constant,

    /// <summary>Half a cosine from the full rate down to 0.</summary>
    Cosine,

    /// <summary>It is multiplied by a factor every n steps.</summary>
    Step,
}
