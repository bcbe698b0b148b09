using PcKernels.Cuda.Interop;

namespace PcKernels.Cuda.Tests.Interop;

public sealed class StreamTests : EmulatorTests
{
    [EmulatorFact]
    public void Copies_beside_the_host_arrive_when_waited_for()
    {
        using PinnedBuffer<float> from = PinnedBuffer<float>.Allocate(Context, 64), to = PinnedBuffer<float>.Allocate(Context, 64);
        using DeviceBuffer<float> one = DeviceBuffer<float>.Allocate(Context, 64), two = DeviceBuffer<float>.Allocate(Context, 64);
        Random(64, 1).CopyTo(from.Span);
        to.Span.Clear();
        Stream.Copy(from, one.Span);
        Stream.Copy(one.Span, two.Span);
        Stream.Copy(two.Span, to);
        Stream.Synchronize();
        Assert.True(Stream.IsDone);
        Assert.Equal(from.Span.ToArray(), to.Span.ToArray());
        Stream.Fill(one.Span.Slice(16, 32), 0);
        Stream.Synchronize();
        Assert.Equal(from.Span.ToArray().Select((v, i) => i is >= 16 and < 48 ? 0 : v), one.ToArray());
    }

    [EmulatorFact]
    public void Work_that_nothing_orders_has_no_order()
    {
        using CudaStream other = CudaStream.Create(Context);
        using DeviceBuffer<float> values = DeviceBuffer<float>.Of(Context, new float[8]);
        using CudaEvent point = CudaEvent.Create(Context);
        using DeviceBuffer<float> ones = DeviceBuffer<float>.Of(Context, [1, 1, 1, 1, 1, 1, 1, 1]), twos = DeviceBuffer<float>.Of(Context, [2, 2, 2, 2, 2, 2, 2, 2]);
        Stream.Copy(ones.Span, values.Span);
        Stream.Record(point);
        other.WaitFor(point);
        other.Copy(twos.Span, values.Span);
        other.Synchronize();
        Assert.Equal(twos.ToArray(), values.ToArray());
        Stream.Copy(ones.Span, values.Span);
        other.Synchronize();
        Assert.Equal(twos.ToArray(), values.ToArray());
        Stream.Synchronize();
        Assert.Equal(ones.ToArray(), values.ToArray());
    }

    [EmulatorFact]
    public void Events_time_what_lies_between_them()
    {
        using CudaEvent start = CudaEvent.Create(Context, timed: true), end = CudaEvent.Create(Context, timed: true), untimed = CudaEvent.Create(Context);
        using DeviceBuffer<float> values = DeviceBuffer<float>.Allocate(Context, 1 << 16);
        Stream.Record(start);
        Stream.Fill(values.Span, 1);
        Stream.Record(end);
        Stream.Record(untimed);
        Fails(600, "CUDA_ERROR_NOT_READY", () => end.MillisecondsSince(start));
        end.Synchronize();
        Assert.True(end.IsDone);
        Assert.InRange(end.MillisecondsSince(start), 0.0001f, 10_000f);
        untimed.Synchronize();
        Fails(400, "CUDA_ERROR_INVALID_HANDLE", () => untimed.MillisecondsSince(start));
    }

    [EmulatorFact]
    public void Priorities_are_kept_to_what_the_device_has()
    {
        using CudaStream urgent = CudaStream.Create(Context, -100), usual = CudaStream.Create(Context);
        Assert.True(urgent.Priority < usual.Priority);
        Assert.Equal(0, usual.Priority);
    }

    [EmulatorFact]
    public void Lengths_that_differ_are_refused()
    {
        using DeviceBuffer<float> small = DeviceBuffer<float>.Allocate(Context, 4), large = DeviceBuffer<float>.Allocate(Context, 5);
        Assert.Throws<ArgumentException>(() => Stream.Copy(small.Span, large.Span));
        Assert.Throws<ArgumentException>(() => small.CopyFrom(new float[5]));
        Assert.Throws<ArgumentException>(() => small.CopyTo(new float[5]));
        Assert.Throws<ArgumentOutOfRangeException>(() => small.Span.Slice(2, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => DeviceBuffer<float>.Allocate(Context, 0));
    }
}
