using PcKernels.Execution;

namespace PcKernels.Tests.Execution;

public sealed class CalmProbeTests
{
    [Fact]
    public void A_share_is_known_after_the_first_sample_and_forgotten_by_clearing()
    {
        using var probe = new CalmProbe();
        Assert.Equal(0, probe.Share);
        probe.Sample();
        Assert.InRange(probe.Share, 1e-6, 1);
        probe.Clear();
        Assert.Equal(0, probe.Share);
    }

    [Fact]
    public void A_sample_allocates_nothing()
    {
        using var probe = new CalmProbe();
        probe.Sample();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++) probe.Sample();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
