namespace PcKernels.Cuda.Tests.Targets;

/// <summary>What a suite can run on.</summary>
public enum TestTarget
{
    Cpu, Emulator, Cuda,
}

/// <summary>On what the tests of a class run, those that it inherits included.</summary>
/// <param name="target">On what.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class OnAttribute(TestTarget target) : Attribute
{
    public TestTarget Target { get; } = target;
}

/// <summary>Whether a target is here; what is missing is a skip with its reason, or a failure where a variable says that it has to be there.</summary>
internal static class TestTargets
{
    /// <summary>Makes a missing GPU a failure.</summary>
    private const string RequireGpu = "PCK_REQUIRE_GPU";

    private const string RequireEmulator = "PCK_REQUIRE_EMULATOR";

    /// <summary>The target of a suite's class.</summary>
    public static TestTarget Of(Type suite) =>
        ((OnAttribute?)Attribute.GetCustomAttribute(suite, typeof(OnAttribute)) ?? throw new InvalidOperationException($"{suite} does not say what it runs on: [On(…)]")).Target;

    /// <summary>Why tests on the target are skipped, on one line; null where they run.</summary>
    public static string? SkipReason(TestTarget target) => target switch
    {
        TestTarget.Emulator => Unless(RequireEmulator, EmulatorDevice.WhyMissing),
        TestTarget.Cuda => Unless(RequireGpu, GpuDevice.WhyMissing),
        _ => null,
    };

    private static string? Unless(string variable, string? reason) => Environment.GetEnvironmentVariable(variable) == "1" ? null : reason;
}
