using System.Numerics;
using PcKernels.Execution.Kernels;

namespace PcKernels.Execution.Cpu;

/// <summary>A plan's task with its buffers located, cut into tiles that may run in any order and on any worker with the same bits.</summary>
internal abstract unsafe class CpuTask<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Rows that a kernel handles before its epilogue, so that the epilogue finds them in cache.</summary>
    protected const int RowBlock = 256;

    /// <summary>The kernels of this machine.</summary>
    protected static CpuKernels<T> Kernels => CpuKernels<T>.Best;

    /// <summary>Rows that tiles may cut.</summary>
    public virtual int Rows => 1;

    /// <summary>Columns that tiles may cut.</summary>
    public virtual int Columns => 1;

    /// <summary>Whether tiles may cut rows.</summary>
    public virtual bool SplitsRows => false;

    /// <summary>Whether tiles may cut columns.</summary>
    public virtual bool SplitsColumns => false;

    /// <summary>Rows that stay together.</summary>
    public virtual int RowUnit => 4;

    /// <summary>Work in units of about one multiply-add.</summary>
    public abstract double Cost { get; }

    /// <summary>Elements of scratch that a tile needs at most.</summary>
    public virtual long ScratchLength => 0;

    /// <summary>Does one tile.</summary>
    public abstract void Run(in Tile tile, in StepContext context, T* scratch);

    /// <summary>A width rounded up to whole lines, as kernels want leading dimensions.</summary>
    protected static int Padded(int columns) => (columns + 15) / 16 * 16;
}
