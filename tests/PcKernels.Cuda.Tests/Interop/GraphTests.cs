using PcKernels.Cuda.Interop;

namespace PcKernels.Cuda.Tests.Interop;

public sealed class GraphTests : EmulatorTests
{
    [EmulatorFact]
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
        Stream.Synchronize();
        Assert.Equal(new float[4], y.ToArray());
        executable.Upload(Stream);
        for (int i = 0; i < 4; i++) executable.Launch(Stream);
        Stream.Synchronize();
        Assert.Equal([6, 12, 18, 24], y.ToArray());
        Assert.StartsWith("{\"kernel_launches\":0,\"graph_launches\":4,\"kernels_in_graphs\":8,", Emulator.Sums, StringComparison.Ordinal);
    }

    [EmulatorFact]
    public void A_capture_goes_through_other_streams_and_comes_back()
    {
        using CudaStream other = CudaStream.Create(Context);
        using CudaEvent fork = CudaEvent.Create(Context), join = CudaEvent.Create(Context);
        using DeviceBuffer<float> x = DeviceBuffer<float>.Of(Context, [1, 1]), y = DeviceBuffer<float>.Of(Context, new float[2]), z = DeviceBuffer<float>.Of(Context, new float[2]);
        CudaFunction axpy = Kernels.Function("axpy");
        Stream.BeginCapture();
        Stream.Record(fork);
        other.WaitFor(fork);
        Stream.Launch(axpy, new(1, 32), 2u, 1f, x.Span, y.Span);
        other.Launch(axpy, new(1, 32), 2u, 2f, x.Span, z.Span);
        other.Record(join);
        Stream.WaitFor(join);
        Stream.Launch(axpy, new(1, 32), 2u, 1f, y.Span, z.Span);
        using CudaGraph graph = Stream.EndCapture();
        using CudaGraphExec executable = graph.Instantiate();
        foreach (int seed in new[] { 0, 1, 2, 3 })
        {
            Emulator.SetSeed(seed);
            y.CopyFrom(new float[2]);
            z.CopyFrom(new float[2]);
            executable.Launch(Stream);
            Stream.Synchronize();
            Assert.Equal([3, 3], z.ToArray());
        }
    }

    [EmulatorFact]
    public void A_wait_ends_a_capture_and_the_end_says_so()
    {
        using CudaStream other = CudaStream.Create(Context);
        using CudaEvent fork = CudaEvent.Create(Context);
        Stream.BeginCapture();
        Fails(900, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", Stream.Synchronize);
        Fails(901, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", () => Stream.EndCapture());
        Stream.BeginCapture();
        Fails(900, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", () => DeviceBuffer<float>.Allocate(Context, 4));
        Fails(901, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", () => Stream.EndCapture());
        using DeviceBuffer<float> values = DeviceBuffer<float>.Allocate(Context, 4);
        Stream.BeginCapture();
        Stream.Record(fork);
        other.WaitFor(fork);
        other.Fill(values.Span, 0);
        Fails(904, "CUDA_ERROR_STREAM_CAPTURE_UNJOINED", () => Stream.EndCapture());
        Fails(401, "CUDA_ERROR_ILLEGAL_STATE", () => Stream.EndCapture());
        Stream.Synchronize();
    }

    [EmulatorFact]
    public void A_graph_made_by_node_runs_in_its_order_and_takes_new_arguments()
    {
        using PinnedBuffer<float> from = PinnedBuffer<float>.Allocate(Context, 4), to = PinnedBuffer<float>.Allocate(Context, 4);
        using DeviceBuffer<float> x = DeviceBuffer<float>.Allocate(Context, 4), y = DeviceBuffer<float>.Allocate(Context, 4), z = DeviceBuffer<float>.Allocate(Context, 4);
        new float[] { 1, 2, 3, 4 }.CopyTo(from.Span);
        CudaFunction axpy = Kernels.Function("axpy");
        using CudaGraph graph = CudaGraph.Create(Context);
        CudaGraphNode fill = graph.AddFill([], y.Span, 0), load = graph.AddCopy([], from, x.Span);
        CudaGraphNode add = graph.AddKernel([fill, load], axpy, new(1, 32), 4u, 3f, x.Span, y.Span);
        CudaGraphNode keep = graph.AddCopy([add], y.Span, z.Span);
        graph.AddCopy([keep], z.Span, to);
        Assert.Equal(5, graph.Nodes.Count);
        Assert.Equal(1, graph.KernelCount);
        using CudaGraphExec executable = graph.Instantiate();
        foreach (int seed in new[] { 0, 1, 2, 3 })
        {
            Emulator.SetSeed(seed);
            to.Span.Clear();
            executable.Launch(Stream);
            Stream.Synchronize();
            Assert.Equal([3, 6, 9, 12], to.Span.ToArray());
        }
        executable.SetKernel(add, axpy, new(1, 32), 2u, 1f, x.Span, y.Span);
        executable.Launch(Stream);
        Stream.Synchronize();
        Assert.Equal([1, 2, 0, 0], to.Span.ToArray());
        Fails(1, "CUDA_ERROR_INVALID_VALUE", () => executable.SetKernel(fill, axpy, new(1, 32), 2u, 1f, x.Span, y.Span));
    }

    [EmulatorFact]
    public void A_cooperative_kernel_is_a_node()
    {
        using DeviceBuffer<int> even = DeviceBuffer<int>.Of(Context, [1, 2, 3, 4]), odd = DeviceBuffer<int>.Of(Context, new int[4]);
        using CudaGraph graph = CudaGraph.Create(Context);
        graph.AddKernel([], Kernels.Function("ring"), new(4, 32, 0, IsCooperative: true), 2u, even.Span, odd.Span);
        using CudaGraphExec executable = graph.Instantiate();
        executable.Launch(Stream);
        Stream.Synchronize();
        Assert.Equal([8, 12, 12, 8], even.ToArray());
    }

    [EmulatorFact]
    public void An_executable_takes_over_a_graph_of_its_shape_only()
    {
        using DeviceBuffer<float> x = DeviceBuffer<float>.Of(Context, [1, 1]), y = DeviceBuffer<float>.Of(Context, new float[2]);
        CudaFunction axpy = Kernels.Function("axpy");
        using CudaGraph one = CudaGraph.Create(Context), other = CudaGraph.Create(Context), longer = CudaGraph.Create(Context);
        one.AddKernel([], axpy, new(1, 32), 2u, 1f, x.Span, y.Span);
        other.AddKernel([], axpy, new(1, 32), 2u, 5f, x.Span, y.Span);
        longer.AddKernel([longer.AddFill([], y.Span, 0)], axpy, new(1, 32), 2u, 5f, x.Span, y.Span);
        using CudaGraphExec executable = one.Instantiate();
        Assert.True(executable.TryUpdate(other));
        Assert.False(executable.TryUpdate(longer));
        executable.Launch(Stream);
        Stream.Synchronize();
        Assert.Equal([5, 5], y.ToArray());
    }
}
