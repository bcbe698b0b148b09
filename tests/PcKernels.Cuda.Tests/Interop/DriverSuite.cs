using PcKernels.Cuda.Interop;
using PcKernels.Cuda.Tests.Targets;

namespace PcKernels.Cuda.Tests.Interop;

/// <summary>What suites share that run below the device, on the emulator and on a GPU.</summary>
public abstract class DriverSuite : EmulatorTests
{
    private protected override DriverApi Api => TestTargets.Of(GetType()) == TestTarget.Cuda ? GpuDevice.Api : EmulatorDevice.Api;

    /// <summary>All checks on, in some order, where there are checks.</summary>
    private protected void CheckAll(int seed = 0)
    {
        if (!Api.IsEmulator) return;
        Emulator.Clear();
        Emulator.SetChecks("on");
        Emulator.SetSeed(seed);
    }

    /// <summary>Fails on what checks have found.</summary>
    private protected void NothingFound()
    {
        if (Api.IsEmulator) Assert.Equal("[]", Emulator.Findings);
    }
}

/// <summary>The wrappers over the driver: memory, launches, streams, graphs, errors.</summary>
public abstract class DriverWrapperSuite : DriverSuite
{
    [DeviceFact]
    public void A_kernel_adds_in_place()
    {
        CheckAll();
        float[] x = Random(1000, 1), y = Random(1000, 2);
        using DeviceBuffer<float> dx = DeviceBuffer<float>.Of(Context, x), dy = DeviceBuffer<float>.Of(Context, y);
        Stream.Launch(Kernels.Function("axpy"), new(4, 256), 1000u, 0.5f, dx.Span, dy.Span);
        Stream.Synchronize();
        Assert.Equal(x.Zip(y, static (a, b) => MathF.FusedMultiplyAdd(0.5f, a, b)), dy.ToArray());
        NothingFound();
    }

    [DeviceFact]
    public void Copies_beside_the_host_arrive_when_waited_for()
    {
        using PinnedBuffer<float> from = PinnedBuffer<float>.Allocate(Context, 64), to = PinnedBuffer<float>.Allocate(Context, 64);
        using DeviceBuffer<float> one = DeviceBuffer<float>.Allocate(Context, 64), two = DeviceBuffer<float>.Allocate(Context, 64);
        Random(64, 1).CopyTo(from.Span);
        Stream.Copy(from, one.Span);
        Stream.Copy(one.Span, two.Span);
        Stream.Copy(two.Span, to);
        Stream.Synchronize();
        Assert.Equal(from.Span.ToArray(), to.Span.ToArray());
    }

    [DeviceFact]
    public void A_captured_graph_runs_as_often_as_it_is_launched()
    {
        using DeviceBuffer<float> x = DeviceBuffer<float>.Of(Context, [1, 2, 3, 4]), y = DeviceBuffer<float>.Of(Context, new float[4]);
        CudaFunction axpy = Kernels.Function("axpy");
        Stream.BeginCapture();
        Stream.Launch(axpy, new(1, 32), 4u, 1f, x.Span, y.Span);
        Stream.Launch(axpy, new(1, 32), 4u, 0.5f, x.Span, y.Span);
        using CudaGraph graph = Stream.EndCapture();
        Assert.Equal(2, graph.KernelCount);
        using CudaGraphExec executable = graph.Instantiate();
        for (int i = 0; i < 4; i++) executable.Launch(Stream);
        Stream.Synchronize();
        Assert.Equal([6, 12, 18, 24], y.ToArray());
    }

    [DeviceFact]
    public void Blocks_of_a_cooperative_launch_wait_for_one_another()
    {
        int[] expected = [1, 2, 3, 4, 5, 6, 7, 8];
        using DeviceBuffer<int> even = DeviceBuffer<int>.Of(Context, expected), odd = DeviceBuffer<int>.Of(Context, new int[8]);
        for (int round = 0; round < 6; round++) expected = [.. expected.Select((v, i) => v + expected[(i + 1) % 8])];
        Stream.Launch(Kernels.Function("ring"), new(8, 32, 0, IsCooperative: true), 6u, even.Span, odd.Span);
        Stream.Synchronize();
        Assert.Equal(expected, even.ToArray());
    }

    [DeviceFact]
    public void Dynamic_shared_memory_above_the_default_is_asked_for_first()
    {
        CudaFunction reverse = Kernels.Function("reverse");
        using DeviceBuffer<float> values = DeviceBuffer<float>.Of(Context, [.. Enumerable.Range(0, 256).Select(static i => (float)i)]);
        Fails(1, "CUDA_ERROR_INVALID_VALUE", () => Stream.Launch(reverse, new(1, 256, 100_000), values.Span));
        reverse.DynamicSharedLimit = 100_000;
        Stream.Launch(reverse, new(1, 256, 100_000), values.Span);
        Stream.Synchronize();
        Assert.Equal(Enumerable.Range(0, 256).Select(static i => 255f - i), values.ToArray());
    }

    [DeviceFact]
    public void Events_measure_time_and_order_streams()
    {
        using CudaStream other = CudaStream.Create(Context);
        using CudaEvent begin = CudaEvent.Create(Context, timed: true), end = CudaEvent.Create(Context, timed: true);
        using DeviceBuffer<float> x = DeviceBuffer<float>.Of(Context, [1, 2]), y = DeviceBuffer<float>.Of(Context, new float[2]);
        Stream.Record(begin);
        Stream.Launch(Kernels.Function("axpy"), new(1, 32), 2u, 1f, x.Span, y.Span);
        Stream.Record(end);
        other.WaitFor(end);
        other.Launch(Kernels.Function("axpy"), new(1, 32), 2u, 1f, x.Span, y.Span);
        other.Synchronize();
        Assert.Equal([2, 4], y.ToArray());
        Assert.InRange(end.MillisecondsSince(begin), 0, 60_000);
    }

    [DeviceFact]
    public void Limits_of_the_device_are_told()
    {
        Assert.Equal(32, Context.Attribute(DeviceAttribute.WarpSize));
        Assert.InRange(Context.Attribute(DeviceAttribute.Multiprocessors), 1, 1000);
        (long free, long total) = Context.Memory();
        Assert.InRange(free, 1, total);
        Assert.InRange(Kernels.Function("product").ResidentBlocks(256, 0), 1, 32);
    }

    [DeviceFact]
    public void What_fails_is_told_by_name()
    {
        Fails(500, "CUDA_ERROR_NOT_FOUND", () => Kernels.Function("no_such_kernel"));
        Fails(101, "CUDA_ERROR_INVALID_DEVICE", () => CudaContext.RetainPrimary(Api, 4096));
        Assert.Equal(218, Assert.Throws<CudaException>(() => CudaModule.Load(Context, "broken.ptx", ".version 8.0\n.target sm_80\nnonsense"u8)).Code);
    }
}

[On(TestTarget.Emulator)]
public sealed class EmulatorWrapperTests : DriverWrapperSuite;

[On(TestTarget.Cuda)]
public sealed class CudaWrapperTests : DriverWrapperSuite;
