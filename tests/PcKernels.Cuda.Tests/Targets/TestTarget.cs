using PcKernels.Cuda.Interop.Cublas;

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

    /// <summary>Whether every product is left to cuBLAS; the emulator has a stand-in.</summary>
    public bool UsesCublas { get; init; }
}

/// <summary>Whether a target is here; what is missing is a skip with its reason, or a failure where a variable says that it has to be there.</summary>
internal static class TestTargets
{
    /// <summary>Makes a missing GPU a failure.</summary>
    private const string RequireGpu = "PCK_REQUIRE_GPU";

    private const string RequireEmulator = "PCK_REQUIRE_EMULATOR";

    /// <summary>What a suite's class runs on.</summary>
    public static OnAttribute On(Type suite) =>
        (OnAttribute?)Attribute.GetCustomAttribute(suite, typeof(OnAttribute)) ?? throw new InvalidOperationException($"{suite} does not say what it runs on: [On(…)]");

    /// <summary>The target of a suite's class.</summary>
    public static TestTarget Of(Type suite) => On(suite).Target;

    /// <summary>Why the tests of a suite are skipped, on one line; null where they run.</summary>
    public static string? SkipReason(Type suite)
    {
        OnAttribute on = On(suite);
        if (SkipReason(on.Target) is { } reason) return reason;
        return on is { UsesCublas: true, Target: TestTarget.Cuda } && !Requires(on.Target) ? CublasLibrary.WhyMissing(GpuDevice.Api) : null;
    }

    /// <summary>Why tests on the target are skipped, on one line; null where they run.</summary>
    public static string? SkipReason(TestTarget target) => target switch
    {
        _ when Requires(target) => null,
        TestTarget.Emulator => EmulatorDevice.WhyMissing,
        TestTarget.Cuda => GpuDevice.WhyMissing,
        _ => null,
    };

    /// <summary>Whether the target has to be there.</summary>
    public static bool Requires(TestTarget target) => target switch
    {
        TestTarget.Emulator => IsSet(RequireEmulator),
        TestTarget.Cuda => IsSet(RequireGpu),
        _ => true,
    };

    private static bool IsSet(string variable) => Environment.GetEnvironmentVariable(variable) == "1";
}
