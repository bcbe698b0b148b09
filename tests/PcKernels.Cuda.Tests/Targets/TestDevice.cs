using PcKernels.Cuda.Interop;
using PcKernels.Cuda.Waves;
using PcKernels.Execution;

namespace PcKernels.Cuda.Tests.Targets;

/// <summary>The device of a target, and what only some devices can be told.</summary>
internal abstract class TestDevice : IDisposable
{
    /// <summary>Of a suite's class.</summary>
    public static TestDevice Of(Type suite) => TestTargets.On(suite) switch
    {
        { Target: TestTarget.Cpu } => new OnCpu(),
        { Target: TestTarget.Emulator } on => new OnEmulator(on.UsesCublas),
        { } on => new OnGpu(on.UsesCublas),
    };

    /// <summary>The device; products take a tile shape wherever they can, if it has tiles.</summary>
    public abstract Device Open(ShapeName? shape = null);

    /// <summary>The device with programs run in one way and products rounded so; a target that has the choice.</summary>
    public virtual CudaDevice Run(CudaExecution execution, CudaMath math = CudaMath.Exact) => throw new NotSupportedException("this target has one way to run programs");

    /// <summary>The same device running a batch as one cooperative launch; null where there are none.</summary>
    public virtual Device? OpenCooperative(ShapeName? shape = null) => null;

    /// <summary>Every check is on and its first finding fails the work, where there are checks.</summary>
    public virtual void CheckAll()
    {
    }

    /// <summary>Another order of warps, blocks and free graph nodes, where it can be chosen.</summary>
    public virtual void Shuffle(int seed)
    {
    }

    public void Dispose() => Reset();

    /// <summary>Leaves the device as it was found, for the next test.</summary>
    protected virtual void Reset()
    {
    }

    private sealed class OnCpu : TestDevice
    {
        private int _threads = 1;

        public override Device Open(ShapeName? shape) => new CpuDevice(_threads);

        public override void Shuffle(int seed) => _threads = 1 + seed % 2;
    }

    private static CudaDevice Waves(CudaDevice device, bool usesCublas) => (usesCublas ? device.WithCublas(1) : device).WithExecution(CudaExecution.Waves);

    private sealed class OnEmulator(bool usesCublas) : TestDevice
    {
        private readonly Emulator _emulator = new(EmulatorDevice.Api);

        public override Device Open(ShapeName? shape) => Waves(CudaDevice.Emulated(shape), usesCublas);

        public override CudaDevice Run(CudaExecution execution, CudaMath math) => CudaDevice.Emulated(execution, math);

        public override Device? OpenCooperative(ShapeName? shape) => usesCublas ? null : CudaDevice.Emulated(shape).WithExecution(CudaExecution.Cooperative);

        public override void CheckAll() => _emulator.SetChecks("fatal");

        public override void Shuffle(int seed) => _emulator.SetSeed(seed);

        protected override unsafe void Reset()
        {
            _emulator.SetChecks("off");
            _emulator.SetSeed(0);
            _emulator.Clear();
            // A kernel's fault stays in the context; the next test gets a healthy one.
            EmulatorDevice.Api.Check(EmulatorDevice.Api.PrimaryCtxReset(0), "cuDevicePrimaryCtxReset");
        }
    }

    private sealed class OnGpu(bool usesCublas) : TestDevice
    {
        public override Device Open(ShapeName? shape) => Waves(CudaDevice.Gpu(shape), usesCublas);

        public override CudaDevice Run(CudaExecution execution, CudaMath math) => CudaDevice.Gpu(null).WithExecution(execution).WithMath(math);

        public override Device? OpenCooperative(ShapeName? shape) => usesCublas ? null : CudaDevice.Gpu(shape).WithExecution(CudaExecution.Cooperative);
    }
}
