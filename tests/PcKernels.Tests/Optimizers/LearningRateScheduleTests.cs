using PcKernels.Optimizers;

namespace PcKernels.Tests.Optimizers;

public sealed class LearningRateScheduleTests
{
    [Fact]
    public void Constant_stays() => Assert.All([0L, 1, 99, 1000], s => Assert.Equal(1, LearningRateSchedule.Constant().Factor(s, 100)));

    [Fact]
    public void Cosine_falls_from_one_to_zero_and_stays_there()
    {
        var cosine = LearningRateSchedule.Cosine();
        Assert.Equal(1, cosine.Factor(0, 100));
        Assert.Equal(0.5 * (1 + Math.Sqrt(0.5)), cosine.Factor(25, 100), 1e-15);
        Assert.Equal(0.5, cosine.Factor(50, 100), 1e-15);
        Assert.Equal(0, cosine.Factor(100, 100));
        Assert.Equal(0, cosine.Factor(250, 100));
        for (long s = 0; s < 100; s++) Assert.True(cosine.Factor(s + 1, 100) < cosine.Factor(s, 100));
    }

    [Fact]
    public void Step_drops_every_n_steps()
    {
        var step = LearningRateSchedule.Step(every: 10, factor: 0.5);
        Assert.Equal([1, 1, 0.5, 0.5, 0.25], new long[] { 0, 9, 10, 19, 20 }.Select(s => step.Factor(s, 100)));
        Assert.Equal(0.1, LearningRateSchedule.Step(every: 1).Factor(1, 100), 1e-16);
    }

    [Fact]
    public void Every_shape_warms_up_in_a_straight_line_and_then_begins()
    {
        foreach (var schedule in new[] { LearningRateSchedule.Constant(4), LearningRateSchedule.Cosine(4), LearningRateSchedule.Step(2, 0.5, 4) })
            Assert.Equal([0.25, 0.5, 0.75, 1, 1], new long[] { 0, 1, 2, 3, 4 }.Select(s => schedule.Factor(s, 104)));
        Assert.Equal(0.5, LearningRateSchedule.Cosine(4).Factor(54, 104), 1e-15);
        Assert.Equal(0.5, LearningRateSchedule.Step(2, 0.5, 4).Factor(6, 104));
    }

    [Fact]
    public void A_run_shorter_than_its_warm_up_never_leaves_it()
    {
        var cosine = LearningRateSchedule.Cosine(warmup: 10);
        Assert.Equal(0.5, cosine.Factor(4, 5));
        Assert.Equal(0, cosine.Factor(10, 5));
    }

    [Fact]
    public void Negative_steps_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRateSchedule.Constant().Factor(-1, 10));
        Assert.Throws<ArgumentOutOfRangeException>(() => LearningRateSchedule.Constant().Factor(1, -10));
    }
}
