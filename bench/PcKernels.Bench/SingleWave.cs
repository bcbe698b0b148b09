using PcKernels.Cli.Benchmarks;
using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Planning;

namespace PcKernels.Bench;

/// <summary>One wave of a program, many times over with a barrier after each. Its numbers mean nothing after the first; its time does.</summary>
internal sealed class SingleWave : IDisposable
{
    /// <summary>Times that a run repeats the wave.</summary>
    public const int Repeats = 64;

    private readonly DeviceSession _session;
    private readonly PreparedProgram _prepared;

    /// <summary>Prepares a wave of the program's body, the phase that is repeated most.</summary>
    public SingleWave(BenchSetting setting, int wave)
    {
        var layout = new ParameterLayout(setting.Net.Model.Graph, setting.Options.Optimizer);
        Planning.Program whole = Plan(setting);
        Phase body = Body(whole);
        Wave = body.Waves[wave];
        Phase alone = body with { Waves = [Wave], Repeats = Repeats, FirstStep = 0, StepsPerRound = 0, UpdatesPerRound = 0 };
        var program = new Planning.Program(whole.Graph, whole.Rule, whole.Options, whole.Buffers, [alone], whole.Results, whole.EnergyRows, whole.EnergySlots, whole.NotLearned);
        _session = new CpuDevice(setting.Threads).Open(layout, DType.F32);
        // Zeros stay zeros: however often the wave runs, no number overflows or becomes subnormal.
        _prepared = _session.Prepare(program);
    }

    /// <summary>The wave.</summary>
    public Wave Wave { get; }

    /// <summary>The program of a setting.</summary>
    public static Planning.Program Plan(BenchSetting setting) =>
        Planner.Plan(setting.Net.Model.Graph, setting.Options.Rule, new PlanOptions { Batch = setting.Batch, Optimizer = setting.Options.Optimizer, Plain = setting.Options.Plain });

    /// <summary>The phase that most steps run.</summary>
    public static Phase Body(Planning.Program program) => program.Phases.MaxBy(static p => p.Repeats * p.StepsPerRound)!;

    /// <summary>Runs the wave <see cref="Repeats"/> times.</summary>
    public void Run() => _prepared.Run(new RunSettings(1, 0, 0, 0, true));

    /// <inheritdoc/>
    public void Dispose()
    {
        _prepared.Dispose();
        _session.Dispose();
    }
}
