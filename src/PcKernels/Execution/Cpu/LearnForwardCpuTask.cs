using System.Numerics;
using PcKernels.Planning.Tasks;

namespace PcKernels.Execution.Cpu;

/// <summary><see cref="LearnForwardTask"/>: a range of outputs is learned, then predicted for the whole batch, by the same worker.</summary>
internal sealed unsafe class LearnForwardCpuTask<T>(LearnForwardTask task, CpuProgram<T> program) : CpuTask<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly LearnCpuTask<T> _learn = new(task.Learn, program);
    private readonly ForwardCpuTask<T> _forward = new(task.Forward, program);

    public override int Columns => _forward.Columns;

    public override bool SplitsColumns => _forward.SplitsColumns;

    public override double Cost => _learn.Cost + _forward.Cost;

    public override long ScratchLength => Math.Max(_learn.ScratchLength, _forward.ScratchLength);

    public override void Run(in Tile tile, in StepContext context, T* scratch)
    {
        _learn.Run(tile, context, scratch);
        _forward.Run(tile with { Row = 0, RowEnd = _forward.Rows }, context, scratch);
    }
}
