using PcKernels.Cuda.Waves;

namespace PcKernels.Cuda.Resident;

/// <summary>Sizes of the resident kernels: native/include/pck/resident/config.cuh has the same.</summary>
internal static class ResidentShape
{
    /// <summary>Threads of a block.</summary>
    public const int Threads = 256;

    /// <summary>Units of a layer that one block owns.</summary>
    public const int Rows = 128;

    /// <summary>The most inputs of a layer.</summary>
    public const int Width = 256;

    /// <summary>Columns that a warp settles: a kernel for narrower layers has a multiple of them.</summary>
    public const int WidthUnit = 64;

    /// <summary>Words from flag to flag.</summary>
    public const int FlagStride = 8;

    /// <summary>Registers of a thread that either kernel for 32 samples may take.</summary>
    public const int Registers = 255;

    /// <summary>What a block takes beside the dynamic shared memory: the tables of three layers, rounded up.</summary>
    public const int StaticSharedBytes = 2048;

    /// <summary>Samples that the kernels hold.</summary>
    public static IReadOnlyList<int> Batches { get; } = [8, 16, 32];

    /// <summary>The kernel's samples for a batch; 0 where there is none so large.</summary>
    public static int Samples(int batch) => Batches.FirstOrDefault(b => b >= batch);

    /// <summary>Blocks of a layer.</summary>
    public static int Blocks(int units) => TileShape.Across(units, Rows);

    /// <summary>Whether there is a kernel whose products round so.</summary>
    public static bool Has(CudaMath math) => math is CudaMath.Exact or CudaMath.Tf32;

    /// <summary>Dynamic shared memory of a block, in bytes; <c>Shared</c> of the same file.</summary>
    public static int SharedBytes(int samples, CudaMath math, int width = Width)
    {
        (bool isExact, int warps) = (math == CudaMath.Exact, Threads / 32);
        int pad = isExact ? 8 : 4;
        int exchange = Math.Max(2 * samples * (Rows + 8), isExact ? samples * (Math.Max(width, Rows) + 8) : 0);
        return 4 * (Rows * (width + 4) + samples * (width + pad) + samples * (Rows + pad) + exchange + Rows + (isExact ? 0 : warps * Rows) + 2 * warps);
    }
}
