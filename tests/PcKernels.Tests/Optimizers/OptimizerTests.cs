using PcKernels.Optimizers;

namespace PcKernels.Tests.Optimizers;

public sealed class OptimizerTests
{
    [Fact]
    public void Defaults_are_those_of_torch()
    {
        Assert.Equal(new Adam(1e-3, weightDecay: 0, beta1: 0.9, beta2: 0.999, epsilon: 1e-8), new Adam(1e-3));
        Assert.Equal(new AdamW(1e-3, weightDecay: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8), new AdamW(1e-3));
        Assert.Equal(new Sgd(0.1, momentum: 0, nesterov: false, weightDecay: 0), new Sgd(0.1));
    }

    public static TheoryData<Optimizer, int, bool> StateAndMotion => new()
    {
        { new Sgd(0.1), 0, false },
        { new Sgd(0), 0, false },
        { new Sgd(0.1, weightDecay: 1e-4), 0, true },
        { new Sgd(0.1, momentum: 0.9), 1, true },
        { new Sgd(0.1, momentum: 0.9, nesterov: true), 1, true },
        { new Adam(0.1), 2, true },
        { new AdamW(0.1, weightDecay: 0), 2, true },
    };

    [Theory]
    [MemberData(nameof(StateAndMotion))]
    public void State_and_motion_follow_from_the_settings(Optimizer optimizer, int buffers, bool moves)
    {
        Assert.Equal(buffers, optimizer.StateBuffers);
        Assert.Equal(moves, optimizer.MovesOnZeroGradient);
    }

    public static TheoryData<Action, string> Wrong => new()
    {
        { () => _ = new Sgd(-1), "--lr -1: the learning rate must be a finite number ≥ 0" },
        { () => _ = new Adam(double.NaN), "--lr NaN: the learning rate must be a finite number ≥ 0" },
        { () => _ = new AdamW(0.1, double.PositiveInfinity), "--weight-decay Infinity: the weight decay must be a finite number ≥ 0" },
        { () => _ = new Sgd(0.1) with { WeightDecay = -0.5 }, "--weight-decay -0.5: the weight decay must be a finite number ≥ 0" },
        { () => _ = new Sgd(0.1, momentum: 1), "--momentum 1: the momentum must be a number ≥ 0 and < 1" },
        { () => _ = new Sgd(0.1, nesterov: true), "--nesterov: needs a --momentum > 0 and < 1" },
        { () => _ = new Adam(0.1, beta1: 1.5), "beta1 1.5: the decay of the first moment must be a number ≥ 0 and < 1" },
        { () => _ = new AdamW(0.1, beta2: -1), "beta2 -1: the decay of the second moment must be a number ≥ 0 and < 1" },
        { () => _ = new Adam(0.1, epsilon: 0), "epsilon 0: the term added to the root must be a finite number > 0" },
        { () => LearningRateSchedule.Constant(-1), "--warmup -1: the number of warm-up steps must be a whole number ≥ 0" },
        { () => LearningRateSchedule.Step(0), "--schedule step 0: the number of steps between drops must be a whole number ≥ 1" },
        { () => LearningRateSchedule.Step(5, 0), "--schedule step 0: the factor of a drop must be a finite number > 0" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_wrong_number_is_one_line_with_the_option_and_its_range(Action make, string message) =>
        Assert.Equal(message, Assert.Throws<InputException>(make).Message);

    [Fact]
    public void The_rate_changes_by_a_copy()
    {
        var sgd = new Sgd(0.1, momentum: 0.9, nesterov: true);
        Assert.Equal(new Sgd(0.05, momentum: 0.9, nesterov: true), sgd with { LearningRate = 0.05 });
        Assert.Equal(0.1, sgd.LearningRate);
    }
}
