using System.Numerics;
using PcKernels.Execution.Kernels.Ops;
using PcKernels.Planning.Tasks;

namespace PcKernels.Execution.Cpu;

/// <summary>A plan's op call located in memory, with its kernel.</summary>
internal sealed unsafe class OpCallCpu<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly SampleMatrix<T>[] _inputs;
    private readonly Matrix<T>[] _parameters;

    public OpCallCpu(OpCall call, CpuProgram<T> program)
    {
        Kernel = OpKernels.Make<T>(call);
        Batch = call.Batch;
        _inputs = [.. call.Inputs.Select((input, k) => new SampleMatrix<T>(program.Locate(input), call.Sources[k].RowsPerSample))];
        _parameters = [.. call.Parameters.Select(p => program.Locate(p))];
    }

    public OpKernel<T> Kernel { get; }

    public int Batch { get; }

    public int Inputs => _inputs.Length;

    /// <summary>Scratch of a call: copies of samples, then the kernel's own.</summary>
    public long ScratchLength => _inputs.Sum(static i => i.ScratchLength) + Kernel.ScratchLength;

    /// <summary>What the kernel is called with for a sample.</summary>
    /// <param name="sample">The sample.</param>
    /// <param name="pointers">Room for one pointer per input.</param>
    /// <param name="scratch">Scratch.</param>
    /// <param name="settings">The run's settings.</param>
    public OpFrame<T> Frame(int sample, T** pointers, T* scratch, in RunSettings settings)
    {
        for (int k = 0; k < _inputs.Length; k++) pointers[k] = _inputs[k].Read(sample, ref scratch);
        return new OpFrame<T>(pointers, _parameters, scratch, sample, settings);
    }
}
