using System.Numerics;
using PcKernels.Execution.Kernels;
using PcKernels.Planning;

namespace PcKernels.Execution.Cpu;

/// <summary>A plan's task with its buffers located, cut into tiles that may run in any order and on any worker with the same bits.</summary>
internal abstract unsafe class CpuTask<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Rows of a product before its epilogue, so that the epilogue finds them in the second-level cache.</summary>
    protected const int RowBlock = 64;

    // Rows of a product whose weights are copied for it.
    private const int CopiedRowBlock = 256;

    // What an epilogue takes through all its passes at once, so that each finds what the last one wrote in the first-level cache.
    private const int EpilogueElements = 2048;

    private const int WideColumns = 4096;
    private const int ImageBlockLength = 1 << 17;

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

    /// <summary>Whether small tiles cost no more than their part of a large one.</summary>
    public virtual bool CutsFreely => true;

    /// <summary>The weight whose rows are the task's columns, where there is one.</summary>
    public virtual PlanBuffer? Weight => null;

    /// <summary>Work in units of about one multiply-add.</summary>
    public abstract double Cost { get; }

    /// <summary>Elements of scratch that a tile needs at most.</summary>
    public virtual long ScratchLength => 0;

    /// <summary>Does one tile.</summary>
    public abstract void Run(in Tile tile, in StepContext context, T* scratch);

    /// <summary>Rows that an epilogue takes through all its passes at once.</summary>
    protected static int EpilogueRows(int columns) => Math.Max(1, EpilogueElements / Padded(columns));

    /// <summary>Rows of a block of that many columns: of images, whose rows are long, only as many as stay in cache.</summary>
    protected static int BlockOf(int columns) => columns <= WideColumns ? RowBlock : Math.Max(1, ImageBlockLength / columns);

    /// <summary>Rows of a block of a product of so many columns over that depth: more where its weights are copied for it.</summary>
    protected static int BlockOf(int columns, int depth) =>
        columns <= WideColumns && Kernels.OuterScratch(CopiedRowBlock, columns, depth, false) > 0 ? CopiedRowBlock : BlockOf(columns);

    /// <summary>A width rounded up to whole lines, as kernels want leading dimensions.</summary>
    protected static int Padded(int columns) => (columns + 15) / 16 * 16;
}
