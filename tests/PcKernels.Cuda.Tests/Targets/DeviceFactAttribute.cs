using Xunit.Abstractions;
using Xunit.Sdk;

namespace PcKernels.Cuda.Tests.Targets;

/// <summary>A test of a suite, on the target of the class that inherits it.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("PcKernels.Cuda.Tests.Targets.DeviceFactDiscoverer", "PcKernels.Cuda.Tests")]
public sealed class DeviceFactAttribute : FactAttribute;

/// <summary>As <see cref="DeviceFactAttribute"/>, for theories.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("PcKernels.Cuda.Tests.Targets.DeviceTheoryDiscoverer", "PcKernels.Cuda.Tests")]
public sealed class DeviceTheoryAttribute : TheoryAttribute;

/// <summary>Makes the test of a fact.</summary>
public sealed class DeviceFactDiscoverer(IMessageSink sink) : IXunitTestCaseDiscoverer
{
    public IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        [new DeviceTestCase(sink, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod)];
}

/// <summary>Makes the tests of a theory.</summary>
public sealed class DeviceTheoryDiscoverer(IMessageSink sink) : TheoryDiscoverer(sink)
{
    protected override IEnumerable<IXunitTestCase> CreateTestCasesForDataRow(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo theoryAttribute, object[] dataRow) =>
        [new DeviceTestCase(DiagnosticMessageSink, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod, dataRow)];
}

/// <summary>A test that is skipped where its class's target is missing.</summary>
public sealed class DeviceTestCase : XunitTestCase
{
    [Obsolete("For the runner, which fills it.")]
    public DeviceTestCase()
    {
    }

    public DeviceTestCase(IMessageSink sink, TestMethodDisplay display, TestMethodDisplayOptions options, ITestMethod method, object[]? arguments = null)
        : base(sink, display, options, method, arguments)
    {
    }

    protected override string? GetSkipReason(IAttributeInfo factAttribute) =>
        base.GetSkipReason(factAttribute) ?? TestTargets.SkipReason(TestMethod.TestClass.Class.ToRuntimeType());
}
