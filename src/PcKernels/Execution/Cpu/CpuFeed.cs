using System.Numerics;
using PcKernels.Training;

namespace PcKernels.Execution.Cpu;

/// <summary>Reads a batch's samples into the buffers of a program, each worker its share of them: in place where a sample lies there as the batch writes it, else by way of an array.</summary>
/// <param name="inputs">Where inputs go.</param>
/// <param name="targets">Where targets go.</param>
/// <param name="workers">How many share the samples.</param>
internal sealed unsafe class CpuFeed<T>(Matrix<T> inputs, Matrix<T> targets, int workers) where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly float[][] _staging = [.. Enumerable.Range(0, workers).Select(static _ => Array.Empty<float>())];

    /// <summary>Reads one worker's samples.</summary>
    public void Read(int worker, ISampleBatch batch)
    {
        int end = (int)((long)batch.Count * (worker + 1) / workers);
        for (int i = (int)((long)batch.Count * worker / workers); i < end; i++)
        {
            if (inputs.Exists) Read(worker, batch, i, inputs, isTarget: false);
            if (targets.Exists) Read(worker, batch, i, targets, isTarget: true);
        }
    }

    private void Read(int worker, ISampleBatch batch, int sample, Matrix<T> matrix, bool isTarget)
    {
        Matrix<T> rows = matrix.Part(sample * (matrix.Rows / batch.Count), matrix.Rows / batch.Count);
        int size = rows.Rows * rows.Columns;
        if (typeof(T) == typeof(float) && rows.IsDense)
        {
            Copy(batch, sample, new Span<float>((void*)rows.Pointer, size), isTarget);
            return;
        }
        ref float[] staging = ref _staging[worker];
        if (staging.Length < size) staging = new float[size];
        Copy(batch, sample, staging.AsSpan(0, size), isTarget);
        rows.Write<float>(staging.AsSpan(0, size));
    }

    private static void Copy(ISampleBatch batch, int sample, Span<float> destination, bool isTarget)
    {
        if (isTarget) batch.CopyTarget(sample, destination);
        else batch.CopyInput(sample, destination);
    }
}
