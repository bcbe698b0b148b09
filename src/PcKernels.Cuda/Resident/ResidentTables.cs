using System.Runtime.InteropServices;
using PcKernels.Cuda.Waves;

namespace PcKernels.Cuda.Resident;

/// <summary>What a layer does in a step; <c>Work</c> of native/include/pck/resident/config.cuh.</summary>
[Flags]
internal enum ResidentWork
{
    None = 0, Predicts = 1, Settles = 2, Learns = 4, HasEnergy = 8, KeepsError = 16, KeepsGradient = 32,
}

/// <summary>One linear layer; <c>Layer</c> of the same file. Updates without moments are left empty.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DeviceLayer
{
    public DeviceView Weight, Bias, Input, Start, Value;
    public DeviceView Error, Prediction, WeightGradient, BiasGradient;
    public double Precision, LogPrecision, Gamma, Rate, Scale, Decay;
    public int Units, Inputs;
    public int FirstBlock, Blocks;
    public int Activation, FirstPartial;
    public int IsCategorical, StartsAsMean;
    public UpdateWork WeightUpdate, BiasUpdate;
}

/// <summary>How tables are written.</summary>
internal static class ResidentTables
{
    private const int UpdateShift = 8;

    /// <summary>What a layer does in a step and, from bit 8 on, which update of the batch it is where it learns.</summary>
    public static int Word(ResidentWork work, int update) => (int)work | update << UpdateShift;
}

/// <summary>Which part of which layer a block has.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct DeviceBlock(int Layer, int Part);

/// <summary>The one argument of the resident kernel; <c>Parameters</c> of the same file.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ResidentParameters
{
    public ulong Layers, Blocks, Work, EnergyRows, Run, Energies, Sums, Values, Sent, Fault;
    public int LayerCount, StepCount, Batch, EnergyStride;
    public uint SpinLimit;
    public int Reserved;
}
