using System.Collections.Concurrent;
using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace PcKernels.Tests.Standalone;

/// <summary>Runs the tests of the assembly that it is compiled into, where there is no SDK and no runner: on a machine lent for its GPU.</summary>
/// <remarks>
/// <c>PROGRAM [PART ...]</c> runs the tests whose full name contains one of the parts; all of them without. Failures are printed with their
/// stack as they happen, skips with their reason, and last one line "N passed, M failed, K skipped". Status 1: something failed, or nothing ran.
/// </remarks>
internal static class TestRun
{
    public static int Main(string[] args)
    {
        var sink = new Sink(args);
        using var framework = new XunitTestFramework(sink);
        Assembly tests = Assembly.GetExecutingAssembly();
        using ITestFrameworkDiscoverer discoverer = framework.GetDiscoverer(new ReflectionAssemblyInfo(tests));
        discoverer.Find(false, sink, new Options());
        sink.Discovered.Wait();
        using ITestFrameworkExecutor executor = framework.GetExecutor(tests.GetName());
        executor.RunTests(sink.Cases, sink, new Options());
        sink.Finished.Wait();
        Console.WriteLine($"{sink.Passed} passed, {sink.Failed} failed, {sink.Skipped} skipped");
        return sink.Failed > 0 || sink.Passed == 0 ? 1 : 0;
    }

    private sealed class Sink(string[] parts) : LongLivedMarshalByRefObject, IMessageSink
    {
        private int _passed, _failed, _skipped;

        public List<ITestCase> Cases { get; } = [];

        public ManualResetEventSlim Discovered { get; } = new();

        public ManualResetEventSlim Finished { get; } = new();

        public int Passed => _passed;

        public int Failed => _failed;

        public int Skipped => _skipped;

        public void Dispose()
        {
            Discovered.Dispose();
            Finished.Dispose();
        }

        public bool OnMessage(IMessageSinkMessage message)
        {
            switch (message)
            {
                case ITestCaseDiscoveryMessage found:
                    if (parts.Length == 0 || parts.Any(p => found.TestCase.DisplayName.Contains(p, StringComparison.Ordinal))) Cases.Add(found.TestCase);
                    break;
                case IDiscoveryCompleteMessage:
                    Discovered.Set();
                    break;
                case ITestPassed:
                    Interlocked.Increment(ref _passed);
                    break;
                case ITestFailed failed:
                    Interlocked.Increment(ref _failed);
                    Console.WriteLine($"FAILED {failed.Test.DisplayName}\n  {string.Join("\n  ", failed.Messages)}\n{failed.StackTraces.FirstOrDefault()}");
                    break;
                case IErrorMessage error:
                    Interlocked.Increment(ref _failed);
                    Console.WriteLine($"FAILED outside of a test\n  {string.Join("\n  ", error.Messages)}\n{error.StackTraces.FirstOrDefault()}");
                    break;
                case ITestSkipped skipped:
                    Interlocked.Increment(ref _skipped);
                    Console.WriteLine($"SKIPPED {skipped.Test.DisplayName}: {skipped.Reason}");
                    break;
                case ITestAssemblyFinished:
                    Finished.Set();
                    break;
            }
            return true;
        }
    }

    private sealed class Options : LongLivedMarshalByRefObject, ITestFrameworkDiscoveryOptions, ITestFrameworkExecutionOptions
    {
        private readonly ConcurrentDictionary<string, object?> _values = new();

        public T GetValue<T>(string name) => _values.TryGetValue(name, out object? value) ? (T)value! : default!;

        public void SetValue<T>(string name, T value) => _values[name] = value;
    }
}
