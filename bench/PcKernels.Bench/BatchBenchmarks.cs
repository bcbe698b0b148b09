using BenchmarkDotNet.Attributes;
using PcKernels.Cli.Benchmarks;
using PcKernels.Execution;
using PcKernels.Training;

namespace PcKernels.Bench;

/// <summary>A whole batch by rule; Z-IL beside BP. BenchmarkDotNet derives from this class: it cannot be sealed.</summary>
public class BatchBenchmarks : IDisposable
{
    private Trainer? _trainer;
    private float[] _inputs = [], _targets = [];
    private int _batch;

    /// <summary>A net as <c>pck bench</c> names it.</summary>
    [Params("a", "b", "c32")]
    public string Net { get; set; } = "";

    /// <summary>The rule, and whether every error is alive.</summary>
    [Params("bp", "zil", "pc", "ipc", "pc random", "ipc random")]
    public string Rule { get; set; } = "";

    /// <summary>Plans and allocates.</summary>
    [GlobalSetup]
    public void Setup()
    {
        BenchSetting setting = BenchNets.Setting(Net, Rule, Environment.ProcessorCount);
        (_inputs, _targets) = setting.Data();
        _batch = setting.Batch;
        _trainer = new Trainer(setting.Net.Model, setting.Options, new CpuDevice(setting.Threads));
    }

    /// <inheritdoc/>
    [GlobalCleanup]
    public void Dispose()
    {
        _trainer?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Values started, T steps, parameters moved.</summary>
    [Benchmark]
    public double Batch() => _trainer!.Step(_inputs, _targets, _batch);
}
