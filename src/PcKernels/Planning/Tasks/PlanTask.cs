namespace PcKernels.Planning.Tasks;

/// <summary>One kernel-sized piece of work on named buffers. Immutable; a device turns it into tiles.</summary>
public abstract record PlanTask
{
    /// <summary>What the task does to what, such as <c>predict h1</c>; unique within a wave.</summary>
    public abstract string Label { get; }

    /// <summary>Buffers whose former contents it needs.</summary>
    public abstract IEnumerable<PlanBuffer> Reads { get; }

    /// <summary>Buffers it changes. It alone owns them in its wave.</summary>
    public abstract IEnumerable<PlanBuffer> Writes { get; }

    /// <summary>Matrix products on values and errors.</summary>
    public virtual int Products => 0;

    /// <summary>Matrix products that only form parameter gradients.</summary>
    public virtual int GradientProducts => 0;

    /// <summary>Floating-point operations of its products (two per multiply-add).</summary>
    public virtual long Flop => 0;

    /// <summary>Which inference step within one round of its phase (0 but where a loop's body holds several steps).</summary>
    public int StepOffset { get; init; }

    /// <summary>Bytes that have to move at least: each buffer read once and written once.</summary>
    public long Bytes(int elementSize) => elementSize * (Reads.Distinct().Sum(static b => b.Count) + Writes.Distinct().Sum(static b => b.Count));

    /// <summary>All that distinguishes it from another task but the step, as text.</summary>
    public virtual string Signature => $"{Label} < {string.Join(' ', Reads.Select(static b => b.Id))} > {string.Join(' ', Writes.Select(static b => b.Id))}";

    /// <inheritdoc/>
    public sealed override string ToString() => Label;

    private protected static IEnumerable<PlanBuffer> Present(params PlanBuffer?[] buffers) => buffers.Where(static b => b is not null)!;
}
