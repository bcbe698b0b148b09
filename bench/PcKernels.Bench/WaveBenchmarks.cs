using BenchmarkDotNet.Attributes;
using PcKernels.Cli.Benchmarks;

namespace PcKernels.Bench;

/// <summary>One wave of PC's step with every error alive. BenchmarkDotNet derives from this class: it cannot be sealed.</summary>
public class WaveBenchmarks : IDisposable
{
    private SingleWave? _predict, _settle;

    /// <summary>A net as <c>pck bench</c> names it.</summary>
    [Params("a", "b", "c32")]
    public string Net { get; set; } = "";

    /// <summary>Workers.</summary>
    [Params(1, 2)]
    public int Threads { get; set; }

    /// <summary>Plans and allocates.</summary>
    [GlobalSetup]
    public void Setup()
    {
        BenchSetting setting = BenchNets.Setting(Net, "pc random", Threads);
        _predict = new SingleWave(setting, 0);
        _settle = new SingleWave(setting, SingleWave.Body(SingleWave.Plan(setting)).Waves.Count - 1);
    }

    /// <inheritdoc/>
    [GlobalCleanup]
    public void Dispose()
    {
        _predict?.Dispose();
        _settle?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The first wave of a step.</summary>
    [Benchmark(OperationsPerInvoke = SingleWave.Repeats)]
    public void First() => _predict!.Run();

    /// <summary>The last wave of a step.</summary>
    [Benchmark(OperationsPerInvoke = SingleWave.Repeats)]
    public void Last() => _settle!.Run();
}
