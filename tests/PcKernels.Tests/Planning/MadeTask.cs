using PcKernels.Planning;
using PcKernels.Planning.Tasks;

namespace PcKernels.Tests.Planning;

/// <summary>A task that does nothing but touch buffers.</summary>
internal sealed record MadeTask(string Name, PlanBuffer[] From, PlanBuffer[] To) : PlanTask
{
    public override string Label => Name;

    public override IEnumerable<PlanBuffer> Reads => From;

    public override IEnumerable<PlanBuffer> Writes => To;
}
