using PcKernels.Cuda.Interop;
using PcKernels.Cuda.Tests.Interop;
using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Training;

namespace PcKernels.Cuda.Tests.Devices;

/// <summary>A context and a stream that raw calls of the driver made, as another wrapper would, and memory that both sides use.</summary>
public sealed unsafe class HandedInTests : EmulatorTests
{
    [EmulatorFact]
    public void A_trainer_runs_in_anothers_context_and_stream_and_leaves_them_alive()
    {
        DriverApi api = EmulatorDevice.Api;
        Model model = Model.Mlp(6, [8], 3, seed: 1);
        (float[] inputs, float[] targets) = (Random(4 * 6, 1), Random(4 * 3, 2));
        double[] expected = Trained(model, CudaDevice.Emulated(), inputs, targets);
        nint context, stream;
        api.Check(api.PrimaryCtxRetain(&context, 0), "cuDevicePrimaryCtxRetain");
        api.Check(api.CtxPushCurrent(context), "cuCtxPushCurrent");
        api.Check(api.StreamCreateWithPriority(&stream, 1, 0), "cuStreamCreate");
        Assert.Equal(expected, Trained(model, CudaDevice.Emulated().WithHandles(context, stream), inputs, targets));
        nint current;
        api.Check(api.CtxGetCurrent(&current), "cuCtxGetCurrent");
        Assert.Equal(context, current);
        api.Check(api.StreamSynchronize(stream), "cuStreamSynchronize");
        api.Check(api.StreamDestroy(stream), "cuStreamDestroy");
        api.Check(api.CtxPopCurrent(&current), "cuCtxPopCurrent");
        api.Check(api.PrimaryCtxRelease(0), "cuDevicePrimaryCtxRelease");
    }

    [EmulatorFact]
    public void Others_write_batches_and_read_results_where_they_lie()
    {
        DriverApi api = EmulatorDevice.Api;
        Model model = Model.Mlp(6, [8], 3, seed: 1);
        (float[] inputs, float[] targets) = (Random(4 * 6, 1), Random(4 * 3, 2));
        double[] expected = Trained(model, CudaDevice.Emulated(), inputs, targets);
        using var trainer = new Trainer(model, new TrainingOptions(), CudaDevice.Emulated());
        Write(trainer.Memory("input/x", 4), inputs);
        Write(trainer.Memory("target/y", 4), targets);
        trainer.Step(4);
        DeviceMemory weight = trainer.Memory("y.weight", 4);
        Assert.Equal((3, 8, DType.F32), (weight.Rows, weight.Columns, weight.DType));
        Assert.Equal(expected, Read(weight).Select(static v => (double)v));
        Assert.Contains("h1.weight", Assert.Throws<InputException>(() => trainer.Memory("h1.weigt", 4)).Message, StringComparison.Ordinal);
        Assert.Contains("no batch of 5", Assert.Throws<InputException>(() => trainer.Step(5)).Message, StringComparison.Ordinal);

        void Write(DeviceMemory to, float[] values)
        {
            using ContextScope scope = Context.Enter();
            for (int r = 0; r < to.Rows; r++)
                fixed (float* row = &values[r * to.Columns])
                    api.Check(api.MemcpyHtoD((ulong)to.Address + (ulong)(r * to.Stride * sizeof(float)), row, (nuint)to.Columns * sizeof(float)), "cuMemcpyHtoD");
        }

        float[] Read(DeviceMemory from)
        {
            using ContextScope scope = Context.Enter();
            float[] values = new float[from.Rows * from.Columns];
            for (int r = 0; r < from.Rows; r++)
                fixed (float* row = &values[r * from.Columns])
                    api.Check(api.MemcpyDtoH(row, (ulong)from.Address + (ulong)(r * from.Stride * sizeof(float)), (nuint)from.Columns * sizeof(float)), "cuMemcpyDtoH");
            return values;
        }
    }

    [EmulatorFact]
    public void What_is_no_context_is_refused()
    {
        Assert.Throws<ArgumentException>(() => CudaDevice.Emulated().WithHandles(0));
        Assert.Contains("CUDA_ERROR_INVALID_CONTEXT", Assert.Throws<InputException>(() => CudaDevice.Emulated().WithHandles(0x1234)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_cpu_hands_out_no_memory()
    {
        using var trainer = new Trainer(Model.Mlp(6, [8], 3), new TrainingOptions(), new CpuDevice(1));
        Assert.Contains("CUDA", Assert.Throws<InputException>(() => trainer.Memory("y.weight", 4)).Message, StringComparison.Ordinal);
    }

    private static double[] Trained(Model model, CudaDevice device, float[] inputs, float[] targets)
    {
        using var trainer = new Trainer(model, new TrainingOptions(), device);
        trainer.Step(inputs, targets, 4);
        return trainer.Parameter("y.weight").ToDoubles();
    }
}
