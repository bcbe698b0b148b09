using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PcKernels.Cuda.Executions;
using PcKernels.Cuda.Resident;
using PcKernels.Cuda.Waves;

namespace PcKernels.Cuda.Tests.Waves;

/// <summary>The tables have the bytes that native/include/pck/wave/task.cuh asserts.</summary>
public sealed class DeviceTaskTests
{
    [Fact]
    public void Sizes_are_those_of_the_kernels()
    {
        Assert.Equal(16, Unsafe.SizeOf<DeviceTile>());
        Assert.Equal(16, Unsafe.SizeOf<DeviceView>());
        Assert.Equal(56, Unsafe.SizeOf<DeviceOperand>());
        Assert.Equal(240, Unsafe.SizeOf<PredictWork>());
        Assert.Equal(160, Unsafe.SizeOf<SettleWork>());
        Assert.Equal(104, Unsafe.SizeOf<UpdateWork>());
        Assert.Equal(272, Unsafe.SizeOf<LearnWork>());
        Assert.Equal(128, Unsafe.SizeOf<ReduceWork>());
        Assert.Equal(176, Unsafe.SizeOf<OpWork>());
        Assert.Equal(Unsafe.SizeOf<DeviceOperand>(), Unsafe.SizeOf<DeviceOpInput>());
        Assert.Equal(DeviceTask.Bytes, Unsafe.SizeOf<DeviceTask>());
        Assert.Equal(24, (int)Marshal.OffsetOf<DeviceTask>(nameof(DeviceTask.Predict)));
        Assert.Equal(16, Unsafe.SizeOf<DeviceStage>());
        Assert.Equal(32, Unsafe.SizeOf<DeviceFault>());
        Assert.Equal(80, Unsafe.SizeOf<LoopParameters>());
        Assert.Equal(432, Unsafe.SizeOf<DeviceLayer>());
        Assert.Equal(8, Unsafe.SizeOf<DeviceBlock>());
        Assert.Equal(104, Unsafe.SizeOf<ResidentParameters>());
        Assert.Equal(56, Unsafe.SizeOf<WaveParameters>());
        Assert.Equal(40, (int)Marshal.OffsetOf<WaveParameters>(nameof(WaveParameters.EnergyStride)));
    }

    [Theory]
    [InlineData(32, 256, 256, 64, nameof(ShapeName.Middle))]
    [InlineData(20, 10, 784, 1, nameof(ShapeName.Slim))]
    [InlineData(4096, 4096, 4096, 1, nameof(ShapeName.Wide))]
    [InlineData(256, 784, 20, 4, nameof(ShapeName.Middle))]
    [InlineData(8, 256, 256, 64, nameof(ShapeName.Slim))]
    public void A_shape_leaves_every_multiprocessor_something(int rows, int columns, int depth, int tasks, string expected) =>
        Assert.Equal(expected, new TileChoice(132, true).Choose(new ProductShape(rows, columns, depth, false, false), 1.0 / tasks).Name.ToString());

    [Fact]
    public void Limits_of_a_product_keep_shapes_away()
    {
        var choice = new TileChoice(1, true);
        Assert.Equal(ShapeName.Wide, choice.Choose(new ProductShape(640, 640, 64, false, false), 1).Name);
        Assert.Equal(ShapeName.Middle, choice.Choose(new ProductShape(640, 640, 64, true, false), 1).Name);
        Assert.Equal(ShapeName.Middle, new TileChoice(1, false).Choose(new ProductShape(640, 640, 64, false, false), 1).Name);
        Assert.Equal(ShapeName.Wide, new TileChoice(132, true).Choose(new ProductShape(8, 100, 64, false, true), 1).Name);
    }
}
