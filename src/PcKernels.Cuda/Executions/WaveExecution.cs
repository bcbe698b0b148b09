using PcKernels.Cuda.Interop;
using PcKernels.Cuda.Waves;

namespace PcKernels.Cuda.Executions;

/// <summary>Every wave a launch.</summary>
/// <param name="kernel">The kernel of a wave.</param>
/// <param name="tables">What it reads.</param>
internal sealed class WaveExecution(CudaFunction kernel, WaveBuffers tables) : BatchExecution
{
    /// <inheritdoc/>
    public override void Record(CudaStream stream, bool isFirstBatch) => Record(stream, tables.Table.Stages(isFirstBatch));

    /// <summary>Queues some of a batch's stages.</summary>
    public void Record(CudaStream stream, IEnumerable<DeviceStage> stages)
    {
        foreach (DeviceStage stage in stages)
            stream.LaunchWith(kernel, new LaunchShape(stage.Tiles, WaveBuffers.Threads), tables.Parameters(stage));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}
