using System.Runtime.InteropServices;
using PcKernels.Cuda.Interop;

namespace PcKernels.Cuda.Tests.Interop;

/// <summary>Who owns what, what is handed in and out, and what happens on other threads.</summary>
public sealed unsafe class HandleTests : EmulatorTests
{
    [EmulatorFact]
    public void A_thread_is_left_as_it_was_found()
    {
        Assert.Equal(0, Current());
        using DeviceBuffer<float> buffer = DeviceBuffer<float>.Of(Context, [1]);
        Assert.Equal(0, Current());
        nint other;
        DriverApi api = EmulatorDevice.Api;
        api.Check(api.CtxPushCurrent(Context.Handle), "push");
        Assert.Equal([1], buffer.ToArray());
        Assert.Equal(Context.Handle, Current());
        api.Check(api.CtxPopCurrent(&other), "pop");
        Assert.Equal(Context.Handle, other);
    }

    [EmulatorFact]
    public void Objects_work_on_other_threads()
    {
        using DeviceBuffer<float> buffer = DeviceBuffer<float>.Of(Context, [1, 2, 3]);
        float[] values = [];
        var thread = new Thread(() => values = buffer.ToArray());
        thread.Start();
        thread.Join();
        Assert.Equal([1, 2, 3], values);
    }

    [EmulatorFact]
    public void Handles_of_others_are_used_and_left_alive()
    {
        using DeviceBuffer<float> memory = DeviceBuffer<float>.Of(Context, [1, 2, 3, 4]), sum = DeviceBuffer<float>.Of(Context, new float[4]);
        nint stream = Stream.Handle;
        using (CudaContext borrowed = CudaContext.Borrow(EmulatorDevice.Api, Context.Handle))
        using (CudaStream theirs = CudaStream.Borrow(borrowed, stream))
        {
            Assert.Equal(0, borrowed.Ordinal);
            theirs.Launch(Kernels.Function("axpy"), new(1, 32), 4u, 2f, new DeviceSpan<float>(memory.Span.Address, 4), sum.Span);
            theirs.Synchronize();
        }
        Stream.Synchronize();
        Assert.Equal([2, 4, 6, 8], sum.ToArray());
        using CudaStream legacy = CudaStream.Borrow(Context, 0);
        legacy.Fill(sum.Span, 0);
        legacy.Synchronize();
        Assert.Equal(new float[4], sum.ToArray());
        Assert.Throws<ArgumentException>(() => CudaContext.Borrow(EmulatorDevice.Api, 0));
        Fails(201, "CUDA_ERROR_INVALID_CONTEXT", () => CudaContext.Borrow(EmulatorDevice.Api, 0x1234));
    }

    [EmulatorFact]
    public void Disposed_objects_say_so_and_disposing_twice_is_allowed()
    {
        DeviceBuffer<float> buffer = DeviceBuffer<float>.Allocate(Context, 4);
        CudaStream stream = CudaStream.Create(Context);
        CudaModule module = CudaModule.Load(Context, "interop.ptx", File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Kernels", "interop.ptx")));
        CudaFunction function = module.Function("axpy");
        long free = Context.Memory().Free;
        foreach (IDisposable disposable in new IDisposable[] { buffer, stream, module, buffer, stream, module }) disposable.Dispose();
        Assert.True(Context.Memory().Free >= free + 16);
        Assert.Throws<ObjectDisposedException>(() => buffer.ToArray());
        Assert.Throws<ObjectDisposedException>(stream.Synchronize);
        Assert.Throws<ObjectDisposedException>(() => function.Registers);
    }

    [EmulatorFact]
    public void A_context_lives_as_long_as_what_is_in_it()
    {
        CudaContext context = CudaContext.RetainPrimary(EmulatorDevice.Api);
        DeviceBuffer<float> buffer = DeviceBuffer<float>.Of(context, [1, 2]);
        nint handle = context.Handle;
        context.Dispose();
        nint popped;
        DriverApi api = EmulatorDevice.Api;
        Assert.Equal(0, api.CtxPushCurrent(handle));
        api.CtxPopCurrent(&popped);
        buffer.Dispose();
        Assert.Equal(201, api.CtxPushCurrent(handle));
    }

    [EmulatorFact]
    public void The_device_is_described()
    {
        CudaDriverStatus status = CudaDriver.ProbeEmulator();
        Assert.True(status.IsAvailable, status.Reason);
        CudaDeviceInfo device = Assert.Single(status.Devices);
        Assert.Equal(device.Multiprocessors, Context.Attribute(DeviceAttribute.Multiprocessors));
        Assert.Equal(device.ComputeCapability.Major, Context.Attribute(DeviceAttribute.ComputeCapabilityMajor));
        Assert.Equal(32, Context.Attribute(DeviceAttribute.WarpSize));
        Assert.Equal(1, Context.Attribute(DeviceAttribute.CooperativeLaunch));
        Assert.True(Context.Attribute(DeviceAttribute.SharedMemoryPerBlockOptIn) > Context.Attribute(DeviceAttribute.SharedMemoryPerBlock));
        Assert.Equal(new Version(13, 0), status.DriverVersion);
        Fails(101, "CUDA_ERROR_INVALID_DEVICE", () => CudaContext.RetainPrimary(EmulatorDevice.Api, 7));
    }

    [EmulatorFact]
    public void Two_libraries_in_one_process_do_not_disturb_each_other()
    {
        string copy = Path.Combine(Path.GetTempPath(), $"pck-{Guid.NewGuid():N}.so");
        File.Copy(EmulatorDevice.Api.LibraryName, copy);
        try
        {
            DriverApi second = DriverApi.Of(NativeLibrary.Load(copy), copy);
            Assert.NotSame(EmulatorDevice.Api, second);
            Assert.Same(second, DriverApi.Of(second.Library, copy));
            using CudaContext theirs = CudaContext.RetainPrimary(second);
            using DeviceBuffer<float> here = DeviceBuffer<float>.Of(Context, [1, 2]), there = DeviceBuffer<float>.Of(theirs, [3, 4]);
            Stream.Launch(Kernels.Function("axpy"), new(1, 32), 2u, 1f, 0ul, here.Span);
            Fails(700, "CUDA_ERROR_ILLEGAL_ADDRESS", Stream.Synchronize);
            Assert.Equal([3, 4], there.ToArray());
            theirs.Synchronize();
        }
        finally
        {
            File.Delete(copy);
        }
    }

    private static nint Current()
    {
        nint context;
        EmulatorDevice.Api.Check(EmulatorDevice.Api.CtxGetCurrent(&context), "cuCtxGetCurrent");
        return context;
    }
}
