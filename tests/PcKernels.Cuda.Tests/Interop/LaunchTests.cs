using PcKernels.Cuda.Interop;

namespace PcKernels.Cuda.Tests.Interop;

public sealed class LaunchTests : EmulatorTests
{
    private struct ScaleParameters
    {
        public ulong Values;
        public uint Count;
        public float By;
        public double Shift;
    }

    [EmulatorFact]
    public void A_kernel_adds_in_place()
    {
        float[] x = Random(1000, 1), y = Random(1000, 2);
        using DeviceBuffer<float> dx = DeviceBuffer<float>.Of(Context, x), dy = DeviceBuffer<float>.Of(Context, y);
        Stream.Launch(Kernels.Function("axpy"), new(4, 256), 1000u, 0.5f, dx.Span, dy.Span);
        Stream.Synchronize();
        Assert.Equal(x.Zip(y, (a, b) => MathF.FusedMultiplyAdd(0.5f, a, b)), dy.ToArray());
    }

    [EmulatorTheory]
    [InlineData(100, 70, 50)]
    [InlineData(16, 16, 16)]
    [InlineData(1, 33, 5)]
    public void A_tiled_product_is_that_of_plain_loops(int m, int n, int k)
    {
        float[] a = Random(m * k, 1), b = Random(k * n, 2), expected = new float[m * n];
        for (int row = 0; row < m; row++)
        {
            for (int column = 0; column < n; column++)
            {
                float sum = 0;
                for (int i = 0; i < k; i++) sum = MathF.FusedMultiplyAdd(a[row * k + i], b[i * n + column], sum);
                expected[row * n + column] = sum;
            }
        }
        using DeviceBuffer<float> da = DeviceBuffer<float>.Of(Context, a), db = DeviceBuffer<float>.Of(Context, b), dc = DeviceBuffer<float>.Allocate(Context, m * n);
        Emulator.SetChecks("on");
        foreach (int seed in new[] { 0, 1, 2, 3 })
        {
            Emulator.SetSeed(seed);
            Stream.Launch(Kernels.Function("product"), new(new((uint)(n + 15) / 16, (uint)(m + 15) / 16), new(16, 16)), (uint)m, (uint)n, (uint)k, da.Span, db.Span, dc.Span);
            Stream.Synchronize();
            Assert.Equal(expected, dc.ToArray());
        }
        Assert.Equal("[]", Emulator.Findings);
    }

    [EmulatorFact]
    public void One_structure_is_handed_over_whole()
    {
        float[] x = Random(100, 3);
        using DeviceBuffer<float> values = DeviceBuffer<float>.Of(Context, x);
        CudaFunction scale = Kernels.Function("scale");
        Assert.Equal([24], scale.ParameterBytes);
        Stream.LaunchWith(scale, new(1, 128), new ScaleParameters { Values = values.Span.Address, Count = 100, By = 0.25f, Shift = 3 });
        Stream.Synchronize();
        Assert.Equal(x.Select(v => (float)((double)(v * 0.25f * 2f) + 3)), values.ToArray());
    }

    [EmulatorFact]
    public unsafe void A_variable_of_the_module_can_be_written()
    {
        using DeviceBuffer<float> values = DeviceBuffer<float>.Of(Context, [1f, 2f]);
        DeviceSpan<byte> factor = Kernels.Variable("scale_factor");
        Assert.Equal(4, factor.Length);
        float ten = 10;
        using (ContextScope scope = Context.Enter()) Context.Api.Check(Context.Api.MemcpyHtoD(factor.Address, &ten, 4), "cuMemcpyHtoD");
        Stream.LaunchWith(Kernels.Function("scale"), new(1, 32), new ScaleParameters { Values = values.Span.Address, Count = 2, By = 1, Shift = 0 });
        Stream.Synchronize();
        Assert.Equal([10f, 20f], values.ToArray());
    }

    [EmulatorFact]
    public void Blocks_of_a_cooperative_launch_wait_for_one_another()
    {
        int[] start = [1, 2, 3, 4, 5, 6, 7, 8];
        int[] expected = start;
        for (int round = 0; round < 6; round++) expected = [.. expected.Select((v, i) => v + expected[(i + 1) % 8])];
        using DeviceBuffer<int> even = DeviceBuffer<int>.Of(Context, start), odd = DeviceBuffer<int>.Of(Context, new int[8]);
        foreach (int seed in new[] { 0, 5 })
        {
            Emulator.SetSeed(seed);
            even.CopyFrom(start);
            Stream.Launch(Kernels.Function("ring"), new(8, 32, 0, IsCooperative: true), 6u, even.Span, odd.Span);
            Stream.Synchronize();
            Assert.Equal(expected, even.ToArray());
        }
    }

    [EmulatorFact]
    public void Dynamic_shared_memory_above_the_default_is_asked_for_first()
    {
        CudaFunction reverse = Kernels.Function("reverse");
        using DeviceBuffer<float> values = DeviceBuffer<float>.Of(Context, [.. Enumerable.Range(0, 256).Select(i => (float)i)]);
        CudaException refused = Fails(1, "CUDA_ERROR_INVALID_VALUE", () => Stream.Launch(reverse, new(1, 256, 100_000), values.Span));
        Assert.Contains("reverse: 1x1x1 blocks of 256x1x1 threads, 100000 bytes shared", refused.Operation, StringComparison.Ordinal);
        reverse.DynamicSharedLimit = 100_000;
        Assert.Equal(100_000, reverse.DynamicSharedLimit);
        Stream.Launch(reverse, new(1, 256, 100_000), values.Span);
        Stream.Synchronize();
        Assert.Equal(Enumerable.Range(0, 256).Select(i => 255f - i), values.ToArray());
    }

    [EmulatorFact]
    public void Attributes_and_occupancy_are_told()
    {
        CudaFunction product = Kernels.Function("product");
        Assert.Equal(16 * 16 * 4 + 16 * 17 * 4, product.StaticSharedBytes);
        Assert.Equal(0, product.LocalBytes);
        Assert.InRange(product.Registers, 8, 255);
        Assert.Equal(1024, product.MaxThreadsPerBlock);
        int before = product.ResidentBlocks(256, 0);
        Assert.InRange(before, 1, 8);
        Emulator.SetRegisters(product, 128);
        Assert.Equal(2, product.ResidentBlocks(256, 0));
        Assert.Equal(128, product.Registers);
    }

    [EmulatorFact]
    public void Arguments_that_the_kernel_does_not_take_never_reach_the_driver()
    {
        CudaFunction axpy = Kernels.Function("axpy");
        Assert.Equal([4, 4, 8, 8], axpy.ParameterBytes);
        Assert.Contains("takes 4 arguments, 1 were given", Assert.Throws<ArgumentException>(() => Stream.Launch(axpy, new(1, 32), 1)).Message, StringComparison.Ordinal);
        Assert.Contains("argument 1 has 8 bytes, the kernel takes 4", Assert.Throws<ArgumentException>(() => Stream.Launch(axpy, new(1, 32), 1u, 1.0, 0ul, 0ul)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Stream.LaunchWith(axpy, new(1, 32), new ScaleParameters()));
    }

    [EmulatorFact]
    public void Launching_allocates_nothing()
    {
        CudaFunction axpy = Kernels.Function("axpy");
        using DeviceBuffer<float> x = DeviceBuffer<float>.Of(Context, new float[32]), y = DeviceBuffer<float>.Of(Context, new float[32]);
        var shape = new LaunchShape(1, 32);
        Stream.Launch(axpy, shape, 32u, 1f, x.Span, y.Span);
        Stream.Synchronize();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++) Stream.Launch(axpy, shape, 32u, 1f, x.Span, y.Span);
        Stream.Synchronize();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [EmulatorFact]
    public void Checks_find_a_race_and_say_where()
    {
        using DeviceBuffer<float> x = DeviceBuffer<float>.Of(Context, new float[256]), y = DeviceBuffer<float>.Allocate(Context, 64);
        CudaFunction racing = Kernels.Function("racing_sum");
        Stream.Launch(racing, new(1, 64), 256u, x.Span, y.Span);
        Stream.Synchronize();
        Assert.Equal("[]", Emulator.Findings);
        Emulator.SetChecks("races=on");
        Stream.Launch(racing, new(1, 64), 256u, x.Span, y.Span);
        Stream.Synchronize();
        Assert.Contains("\"kernel\":\"racing_sum\",\"kind\":\"race\"", Emulator.Findings, StringComparison.Ordinal);
        Emulator.SetChecks("fatal");
        Stream.Launch(racing, new(1, 64), 256u, x.Span, y.Span);
        CudaException failure = Fails(719, "CUDA_ERROR_LAUNCH_FAILED", Stream.Synchronize);
        Assert.Contains("racing_sum", failure.Detail, StringComparison.Ordinal);
    }

    [EmulatorFact]
    public void Counters_are_the_same_run_after_run()
    {
        using DeviceBuffer<float> x = DeviceBuffer<float>.Of(Context, new float[256]), y = DeviceBuffer<float>.Of(Context, new float[256]);
        var launches = new List<string>();
        for (int run = 0; run < 2; run++)
        {
            Stream.Launch(Kernels.Function("axpy"), new(2, 128), 256u, 1f, x.Span, y.Span);
            launches.Add(Emulator.LastLaunch);
        }
        Assert.Equal(launches[0], launches[1]);
        Assert.Contains("\"kernel\":\"axpy\",\"grid\":[2,1,1],\"block\":[128,1,1]", launches[0], StringComparison.Ordinal);
        Assert.StartsWith("{\"kernel_launches\":2,\"graph_launches\":0,\"kernels_in_graphs\":0,", Emulator.Sums, StringComparison.Ordinal);
    }
}
