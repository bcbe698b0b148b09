using PcKernels.Cuda.Interop;
using PcKernels.Cuda.Waves;
using PcKernels.Execution;

namespace PcKernels.Cuda.Tests.Targets;

/// <summary>The device of a target, and what only some devices can be told.</summary>
internal abstract class TestDevice : IDisposable
{
    /// <summary>Of a target.</summary>
    public static TestDevice Of(TestTarget target) => target switch
    {
        TestTarget.Cpu => new OnCpu(),
        TestTarget.Emulator => new OnEmulator(),
        _ => new OnGpu(),
    };

    /// <summary>The device; products take a tile shape wherever they can, if it has tiles.</summary>
    public abstract Device Open(ShapeName? shape = null);

    /// <summary>The device with programs run in one way; a target that has the choice.</summary>
    public virtual CudaDevice Run(CudaExecution execution) => throw new NotSupportedException("this target has one way to run programs");

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

    private sealed class OnEmulator : TestDevice
    {
        private readonly Emulator _emulator = new(EmulatorDevice.Api);

        public override Device Open(ShapeName? shape) => CudaDevice.Emulated(shape).WithExecution(CudaExecution.Waves);

        public override CudaDevice Run(CudaExecution execution) => CudaDevice.Emulated().WithExecution(execution);

        public override Device? OpenCooperative(ShapeName? shape) => CudaDevice.Emulated(shape).WithExecution(CudaExecution.Cooperative);

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

    private sealed class OnGpu : TestDevice
    {
        public override Device Open(ShapeName? shape) => CudaDevice.Gpu(shape).WithExecution(CudaExecution.Waves);

        public override CudaDevice Run(CudaExecution execution) => CudaDevice.Gpu(null).WithExecution(execution);

        public override Device? OpenCooperative(ShapeName? shape) => CudaDevice.Gpu(shape).WithExecution(CudaExecution.Cooperative);
    }
}
