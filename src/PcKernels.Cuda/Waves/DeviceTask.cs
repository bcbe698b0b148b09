using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Planning;

namespace PcKernels.Cuda.Waves;

/// <summary>What a block does with its tile: <c>TaskKind</c> of native/include/pck/wave/task.cuh.</summary>
internal enum TaskKind
{
    Predict, Sum, Error, CategoricalError, Settle, Learn, LearnAndPredict, Update, Energy, CategoricalEnergy, ClipSquares, ClipFactor, Discount,
    Fill, Random, Precision, PrecisionGradient, DualPredict,
    OpElements, OpLines, OpAttention, OpConvolution, OpColumnSums, OpChannelSums,
}

/// <summary>What an op task computes; <c>Formula</c> of the same file.</summary>
internal enum Formula
{
    Scale, Product, Dropout, Transpose, Pick, Spread, Concat, Positional, SampleSum, Embedding, EmbeddingGradient, MaxPool, MaxPoolAdjoint, MeanPool, MeanPoolAdjoint,
    WeightsTimesKeys, WeightsTimesQueries, Value, Adjoint, Gradient, Moments,
}

/// <summary>The optimiser's formula; <c>OptimizerKind</c> of the same file.</summary>
internal enum OptimizerKind
{
    None, Sgd, Momentum, Nesterov, Adam, AdamW,
}

/// <summary>A rectangle of a task's result.</summary>
[StructLayout(LayoutKind.Sequential)]
internal record struct DeviceTile(int Task, int Row, int Column, ShapeName Shape);

/// <summary>A matrix in device memory; nothing where the address is zero.</summary>
[StructLayout(LayoutKind.Sequential)]
internal record struct DeviceView(ulong Data, int Stride, int Columns)
{
    /// <summary>Whether it is there.</summary>
    public readonly bool Exists => Data != 0;

    /// <summary>For another library.</summary>
    public readonly DeviceMemory Hand(PlanBuffer buffer, DType dtype) => new((nint)Data, buffer.Rows, Columns, Stride, dtype);
}

/// <summary>Factors of a product over a depth, or an addend.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DeviceOperand
{
    public DeviceView A, B, Factor;
    public int Depth, Rows;
}

/// <summary>What an op reads, in the table of operands; <c>OpInput</c> of the same file.</summary>
[StructLayout(LayoutKind.Sequential)]
internal record struct DeviceOpInput
{
    public DeviceView At, Statistics;
    public int Rows, Extent, Height, Width;
    public ulong Reserved;

    /// <summary>As an entry of the table.</summary>
    public readonly DeviceOperand AsOperand() => Unsafe.BitCast<DeviceOpInput, DeviceOperand>(this);
}

/// <summary>What follows a prediction.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PredictWork
{
    public DeviceView Bias, Output, Derivative, Start;
    public DeviceView Prediction, KeptDerivative;
    public DeviceView Value, Error, Delta, Precision;
    public double Weight;
    public int Activation, IsCategorical;
    public DeviceView Base, PreActivation;
    public double Factor, Offset;
    public ulong Arrivals;
    public int Across, Reserved;
}

/// <summary>What follows an adjoint.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SettleWork
{
    public DeviceView Value, NewValue, Error, Precision, Velocity, GammaFactor;
    public DeviceView Derivative, Delta;
    public double Gamma, Momentum, Weight;
    public int Divides, Reserved;
}

/// <summary>One optimiser step.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct UpdateWork
{
    public DeviceView Parameter, First, Second;
    public double Rate, Decay, Momentum, Beta1, Beta2, Epsilon;
    public OptimizerKind Optimizer;
    public int Offset;
}

/// <summary>What follows a gradient.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LearnWork
{
    public DeviceView Gradient, BiasGradient;
    public DeviceView GradientFactor;
    public double Scale;
    public int Accumulates, HasBias;
    public UpdateWork Weight, Bias;
}

/// <summary>Everything that is no product.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ReduceWork
{
    public DeviceView Error, Value, Prediction, Precision, Result;
    public ulong Partials;
    public double Scale, Weight;
    public ulong Stream;
    public int FirstPartial, PartialCount;
    public int RowsPerTile, Step;
}

/// <summary>An op; <c>OpWork</c> of the same file.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct OpWork
{
    public DeviceView Target, SecondTarget;
    public DeviceView Weight, Bias;
    public double Number;
    public ulong Stream;
    public Formula Formula;
    public int Inputs, Batch, Accumulates;
    public int Rows, Columns, Height, Width;
    public int Kernel, Stride, Padding, Groups;
    public int Extent, Inner, Start, Step, Count;
    public int First, Middle, Second;
    public int Heads, IsCausal;
    public float Probability;
    public int Reserved;
}

/// <summary>A task as the kernels read it; which work it holds follows from the kind.</summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct DeviceTask
{
    /// <summary>The size that the kernels assert.</summary>
    public const int Bytes = 296;

    [FieldOffset(0)] public TaskKind Kind;
    [FieldOffset(4)] public int Rows;
    [FieldOffset(8)] public int Columns;
    [FieldOffset(12)] public int Operand;
    [FieldOffset(16)] public int Operands;
    [FieldOffset(20)] public int Partner;
    [FieldOffset(24)] public PredictWork Predict;
    [FieldOffset(24)] public SettleWork Settle;
    [FieldOffset(24)] public LearnWork Learn;
    [FieldOffset(24)] public ReduceWork Reduce;
    [FieldOffset(24)] public OpWork Op;
}

/// <summary>The one argument of a launch: the same in every run.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct WaveParameters
{
    public ulong Tiles, Tasks, Operands, Run, Energies;
    public int EnergyStride, EnergyRow, Update, Reserved;
}
