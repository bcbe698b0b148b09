using PcKernels.Cuda.Interop;

namespace PcKernels.Cuda.Tests.Interop;

/// <summary>What tests against the emulator share: a healthy primary context, the test kernels, and nothing left over from the test before.</summary>
/// <remarks>The emulator is one device for the process, so these tests run one after another.</remarks>
[Collection(nameof(OneEmulator))]
public abstract class EmulatorTests : IDisposable
{
    private static readonly byte[] s_kernels = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Kernels", "interop.ptx"));

    private readonly Lazy<CudaContext> _context;
    private readonly Lazy<CudaModule> _module;
    private readonly Lazy<CudaStream> _stream;
    private readonly Lazy<Emulator> _emulator;

    protected EmulatorTests()
    {
        _context = new(() => CudaContext.RetainPrimary(Api));
        _module = new(() => CudaModule.Load(_context.Value, "interop.ptx", s_kernels));
        _stream = new(() => CudaStream.Create(_context.Value));
        _emulator = new(() => new Emulator(EmulatorDevice.Api));
        // What ran before, in tests that only open a device, is none of this one's.
        if (EmulatorDevice.WhyMissing is null) new Emulator(EmulatorDevice.Api).Clear();
    }

    /// <summary>The driver that tests run on; suites that also run on a GPU take that of their class.</summary>
    private protected virtual DriverApi Api => EmulatorDevice.Api;

    private protected CudaContext Context => _context.Value;

    private protected CudaModule Kernels => _module.Value;

    private protected CudaStream Stream => _stream.Value;

    private protected Emulator Emulator => _emulator.Value;

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (_stream.IsValueCreated) _stream.Value.Dispose();
        if (_module.IsValueCreated) _module.Value.Dispose();
        if (_emulator.IsValueCreated)
        {
            _emulator.Value.SetChecks("off");
            _emulator.Value.SetSeed(0);
            _emulator.Value.Clear();
        }
        if (_context.IsValueCreated)
        {
            // A GPU's context is shared with whoever else is in the process; a test that leaves it unusable has failed.
            if (Api.IsEmulator) ResetPrimary();
            _context.Value.Dispose();
        }
    }

    /// <summary>Heals the primary context for the next test.</summary>
    private protected static unsafe void ResetPrimary() => EmulatorDevice.Api.Check(EmulatorDevice.Api.PrimaryCtxReset(0), "cuDevicePrimaryCtxReset");

    private protected static float[] Random(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() * 2 - 1)];
    }

    private protected static CudaException Fails(int code, string name, Action action)
    {
        CudaException failure = Assert.Throws<CudaException>(action);
        Assert.Equal(code, failure.Code);
        Assert.Equal(name, failure.Name);
        Assert.DoesNotContain('\n', failure.Operation);
        return failure;
    }
}

/// <summary>Keeps tests on the emulator from running side by side.</summary>
[CollectionDefinition(nameof(OneEmulator), DisableParallelization = true)]
public sealed class OneEmulator;
