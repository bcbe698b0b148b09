using PcKernels.Cuda.Interop;
using PcKernels.Cuda.Resident;
using PcKernels.Cuda.Waves;
using PcKernels.Planning;

namespace PcKernels.Cuda.Executions;

/// <summary>The loop as one cooperative launch with the weights on the chip; before it, by waves, the start of values that are no predictions.</summary>
internal sealed class ResidentExecution : BatchExecution
{
    private readonly ResidentKernel _kernel;
    private readonly WaveExecution? _start;
    private readonly WaveBuffers _tables;
    private readonly Program _program;
    private readonly int _blocks;
    private readonly GridBarrier _fault;
    private readonly DeviceBuffer<DeviceLayer> _layers;
    private readonly DeviceBuffer<DeviceBlock> _places;
    private readonly DeviceBuffer<int> _work, _rows, _flags;
    private readonly DeviceBuffer<float> _sums;
    private readonly ResidentParameters _parameters;

    /// <summary>Lays the tables out.</summary>
    /// <param name="session">Where, with the start's kernel.</param>
    /// <param name="kernel">The resident kernel for the batch.</param>
    /// <param name="program">The program.</param>
    /// <param name="schedule">What was read off it.</param>
    /// <param name="tables">Of the waves.</param>
    /// <param name="locate">Where buffers lie.</param>
    /// <param name="run">Where the kernels find RunNumbers.</param>
    public ResidentExecution(CudaSession<float> session, ResidentKernel kernel, Program program, ResidentSchedule schedule, WaveBuffers tables, Func<PlanBuffer?, DeviceView> locate, ulong run)
    {
        (_kernel, _program, _tables) = (kernel, program, tables);
        if (program.Phases.Any(ResidentSchedule.Needs)) _start = new WaveExecution(session.Kernel, tables);
        CudaContext context = session.Context;
        _blocks = schedule.Blocks;
        _fault = new GridBarrier(context);
        _layers = DeviceBuffer<DeviceLayer>.Of(context, Layers(program, schedule, tables.Table.Energies, locate));
        _places = DeviceBuffer<DeviceBlock>.Of(context, [.. schedule.Layers.Index().SelectMany(static l => Enumerable.Range(0, ResidentShape.Blocks(l.Item.Op.Units)).Select(p => new DeviceBlock(l.Index, p)))]);
        _work = DeviceBuffer<int>.Of(context, [.. schedule.Steps.SelectMany(static s => s.Work.Zip(s.Updates, ResidentTables.Word))]);
        _rows = DeviceBuffer<int>.Of(context, [.. schedule.Steps.Select(static s => s.EnergyRow)]);
        _flags = DeviceBuffer<int>.Allocate(context, 2 * _blocks * ResidentShape.FlagStride);
        _sums = DeviceBuffer<float>.Allocate(context, _blocks * kernel.Samples * kernel.Width);
        _parameters = new ResidentParameters
        {
            Layers = _layers.Span.Address,
            Blocks = _places.Span.Address,
            Work = _work.Span.Address,
            EnergyRows = _rows.Span.Address,
            Run = run,
            Energies = tables.PartialsAddress,
            Sums = _sums.Span.Address,
            Values = _flags.Span.Address,
            Sent = _flags.Span.Slice(_blocks * ResidentShape.FlagStride, _blocks * ResidentShape.FlagStride).Address,
            Fault = _fault.FaultAddress,
            LayerCount = schedule.Layers.Count,
            StepCount = schedule.Steps.Count,
            Batch = program.Options.Batch,
            EnergyStride = tables.Table.Energies.Stride,
            SpinLimit = CooperativeExecution.SpinLimit,
        };
    }

    /// <inheritdoc/>
    public override void Record(CudaStream stream, bool isFirstBatch)
    {
        for (int p = 0; p < _program.Phases.Count; p++)
            if (ResidentSchedule.Needs(_program.Phases[p]) && (isFirstBatch || !_program.Phases[p].OnlyFirstBatch)) _start!.Record(stream, _tables.Table.Steps(p));
        stream.Fill(_flags.Span, 0);
        _fault.Clear(stream);
        stream.LaunchWith(_kernel.Function, new LaunchShape(_blocks, ResidentShape.Threads, _kernel.SharedBytes, IsCooperative: true), _parameters);
        _fault.Fetch(stream);
    }

    /// <inheritdoc/>
    public override void Check()
    {
        DeviceFault fault = _fault.Fault;
        if (fault.Kind == WaitKind.None) return;
        DeviceBlock place = _places.ToArray()[fault.Block];
        string what = fault.Kind == WaitKind.ValueBelow ? "the value of the layer below" : "the sums of the layer above";
        throw new RunException($"the resident kernel hangs: layer {place.Layer}, part {place.Part} waited in step {fault.Step} for {what}, flag {fault.Want}, and saw {fault.Have}; run with --execution cooperative, and report it with the model and the options");
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        _start?.Dispose();
        _fault.Dispose();
        _layers.Dispose();
        _places.Dispose();
        _work.Dispose();
        _rows.Dispose();
        _flags.Dispose();
        _sums.Dispose();
    }

    private static DeviceLayer[] Layers(Program program, ResidentSchedule schedule, EnergyLayout energies, Func<PlanBuffer?, DeviceView> locate)
    {
        var layers = new DeviceLayer[schedule.Layers.Count];
        int first = 0;
        foreach ((int i, ResidentLayer layer) in schedule.Layers.Index())
        {
            PlanBuffer input = i == 0 ? program.Results[$"input/{program.Graph.Inputs[0].Name}"] : schedule.Layers[i - 1].Value!;
            layers[i] = new DeviceLayer
            {
                Weight = locate(layer.Weight),
                Bias = locate(layer.Bias),
                Input = locate(input),
                Start = locate(layer.Start),
                Value = locate(layer.Value),
                Error = locate(layer.Error),
                Prediction = locate(program.Results.GetValueOrDefault($"prediction/{layer.Node.Name}")),
                WeightGradient = locate(layer.WeightGradient),
                BiasGradient = locate(layer.BiasGradient),
                Precision = layer.Precision,
                LogPrecision = Math.Log(layer.Precision),
                Gamma = layer.Gamma,
                Rate = layer.Rate,
                Scale = layer.Scale,
                Decay = layer.Decay,
                IsCategorical = layer.IsCategorical ? 1 : 0,
                StartsAsMean = layer.StartsAsMean ? 1 : 0,
                Units = layer.Op.Units,
                Inputs = input.Columns,
                FirstBlock = first,
                Blocks = ResidentShape.Blocks(layer.Op.Units),
                Activation = (int)layer.Op.Activation,
                FirstPartial = layer.Slot < 0 ? 0 : energies.First(layer.Slot),
                WeightUpdate = Update(layer.WeightUpdate),
                BiasUpdate = Update(layer.BiasUpdate),
            };
            first += layers[i].Blocks;
        }
        return layers;

        // The schedule has the number of each update.
        UpdateWork Update(Planning.Tasks.UpdateTask? task) => Updates.Make(task, locate) with { Offset = 0 };
    }
}
