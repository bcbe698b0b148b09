namespace PcKernels.Cuda;

/// <summary>How a CUDA device runs a batch's program. All give the same results: waves and cooperative the same bits, resident the same to rounding.</summary>
public enum CudaExecution
{
    /// <summary>What fits the program and the device best: resident, else cooperative, else waves.</summary>
    Auto,

    /// <summary>Every wave is one launch, all launches of a batch one graph.</summary>
    Waves,

    /// <summary>All waves of a batch in one cooperative launch, with a barrier across the grid between two waves.</summary>
    Cooperative,

    /// <summary>One cooperative launch for the loop, in which every layer's weights stay on the chip and only neighbours wait for one another.</summary>
    Resident,
}
