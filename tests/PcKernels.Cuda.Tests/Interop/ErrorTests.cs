using System.Runtime.CompilerServices;
using System.Text;
using PcKernels.Cuda.Interop;

namespace PcKernels.Cuda.Tests.Interop;

/// <summary>Wrong calls get the codes that a driver gives, and words that say what to do.</summary>
public sealed class ErrorTests : EmulatorTests
{
    [InlineArray(1 << 16)]
    private struct Page
    {
        private byte _first;
    }

    [EmulatorFact]
    public void A_missing_kernel_or_variable_is_named()
    {
        CudaException failure = Fails(500, "CUDA_ERROR_NOT_FOUND", () => Kernels.Function("nosuch"));
        Assert.Equal("cuModuleGetFunction (nosuch in interop.ptx)", failure.Operation);
        Assert.Contains("extern \"C\"", failure.Message, StringComparison.Ordinal);
        Fails(500, "CUDA_ERROR_NOT_FOUND", () => Kernels.Variable("nosuch"));
    }

    [EmulatorFact]
    public void Images_that_cannot_be_loaded_say_why()
    {
        Fails(200, "CUDA_ERROR_INVALID_IMAGE", () => Load("no text"));
        Fails(209, "CUDA_ERROR_NO_BINARY_FOR_GPU", () => Load("\u007fELF"));
        Fails(222, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION", () => Load(".version 10.1\n.target sm_80\n.address_size 64\n"));
        Assert.Contains("sm_100", Fails(218, "CUDA_ERROR_INVALID_PTX", () => Load(".version 8.8\n.target sm_100\n.address_size 64\n")).Detail, StringComparison.Ordinal);
        const string unknown = ".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry f()\n{\n.reg .b32 %r<3>;\nbadinstruction.s32 %r1, %r2;\nworse.u32 %r1, %r2;\nret;\n}\n";
        string detail = Fails(218, "CUDA_ERROR_INVALID_PTX", () => Load(unknown)).Detail;
        Assert.Contains("badinstruction.s32", detail, StringComparison.Ordinal);
        Assert.Contains("worse.u32", detail, StringComparison.Ordinal);
        Context.Synchronize();
    }

    [EmulatorFact]
    public void Launches_that_cannot_be_are_refused_at_the_call()
    {
        CudaFunction ring = Kernels.Function("ring"), axpy = Kernels.Function("axpy");
        int multiprocessors = Context.Attribute(DeviceAttribute.Multiprocessors);
        int resident = ring.ResidentBlocks(1024, 0) * multiprocessors;
        using DeviceBuffer<int> values = DeviceBuffer<int>.Allocate(Context, resident + 1);
        CudaException large = Fails(720, "CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE", () => Stream.Launch(ring, new(resident + 1, 1024, 0, true), 1u, values.Span, values.Span));
        Assert.Contains("fewer blocks", large.Message, StringComparison.Ordinal);
        Fails(1, "CUDA_ERROR_INVALID_VALUE", () => Stream.Launch(axpy, new(0, 32), 0u, 0f, 0ul, 0ul));
        Fails(1, "CUDA_ERROR_INVALID_VALUE", () => Stream.Launch(axpy, new(1, 2048), 0u, 0f, 0ul, 0ul));
        Context.Synchronize();
    }

    [EmulatorFact]
    public void Memory_beyond_the_device_is_refused_with_its_size()
    {
        (long free, long total) = Context.Memory();
        Assert.InRange(free, 1, total);
        int pages = checked((int)(total / Unsafe.SizeOf<Page>() + 1));
        CudaException failure = Fails(2, "CUDA_ERROR_OUT_OF_MEMORY", () => DeviceBuffer<Page>.Allocate(Context, pages));
        Assert.Contains($"{(long)pages * Unsafe.SizeOf<Page>()} bytes", failure.Operation, StringComparison.Ordinal);
    }

    [EmulatorFact]
    public void A_kernels_fault_makes_every_later_call_fail()
    {
        CudaFunction axpy = Kernels.Function("axpy");
        using DeviceBuffer<float> x = DeviceBuffer<float>.Of(Context, new float[64]), y = DeviceBuffer<float>.Of(Context, new float[64]);
        Stream.Launch(axpy, new(1000, 256), 256_000u, 1f, x.Span, y.Span);
        CudaException failure = Fails(700, "CUDA_ERROR_ILLEGAL_ADDRESS", Stream.Synchronize);
        Assert.Contains("axpy", failure.Detail, StringComparison.Ordinal);
        Assert.Contains("cannot be used any more", failure.Message, StringComparison.Ordinal);
        Fails(700, "CUDA_ERROR_ILLEGAL_ADDRESS", () => x.ToArray());
        Fails(700, "CUDA_ERROR_ILLEGAL_ADDRESS", () => Stream.Launch(axpy, new(1, 32), 32u, 1f, x.Span, y.Span));
        Fails(700, "CUDA_ERROR_ILLEGAL_ADDRESS", () => DeviceBuffer<float>.Allocate(Context, 4));
        ResetPrimary();
        using DeviceBuffer<float> again = DeviceBuffer<float>.Of(Context, [1, 2]);
        Assert.Equal([1, 2], again.ToArray());
    }

    [EmulatorFact]
    public void A_null_pointer_in_a_kernel_is_an_illegal_address()
    {
        Stream.Launch(Kernels.Function("axpy"), new(1, 32), 32u, 1f, 0ul, 0ul);
        Fails(700, "CUDA_ERROR_ILLEGAL_ADDRESS", Context.Synchronize);
    }

    private void Load(string text) => CudaModule.Load(Context, "broken.ptx", Encoding.UTF8.GetBytes(text));
}
