using PcKernels.Cuda.Waves;
using PcKernels.Graphs;

namespace PcKernels.Cuda.Interop.Cublas;

/// <summary>cuBLAS in one context and stream: products of row-major matrices. One thread at a time.</summary>
internal sealed unsafe class CublasHandle : DriverHandle
{
    /// <summary>What the library recommends for a Hopper (cublasSetWorkspace), in bytes.</summary>
    internal const int WorkspaceBytes = 32 << 20;

    private const int AsIs = 0, Turned = 1; // cublasOperation_t
    private const int PedanticMath = 2; // cublasMath_t
    private const int DefaultAlgorithm = -1; // CUBLAS_GEMM_DEFAULT
    private const int Single = 0, Double = 1; // cudaDataType: CUDA_R_32F, CUDA_R_64F

    private readonly CublasApi _library;
    private readonly DeviceBuffer<byte> _workspace;
    private readonly int _type, _compute;

    private CublasHandle(CudaStream stream, CublasApi library, nint handle, DType dtype, CudaMath math, bool isPedantic)
        : base(stream.Context, handle, true)
    {
        _library = library;
        _workspace = DeviceBuffer<byte>.Allocate(stream.Context, WorkspaceBytes);
        _type = dtype == DType.F64 ? Double : Single;
        // cublasComputeType_t: 64F, 32F_FAST_TF32, 32F_FAST_16BF, 32F; one more is pedantic.
        _compute = dtype == DType.F64 ? 70 : math switch { CudaMath.Tf32 => 77, CudaMath.Bf16 => 75, _ => 68 };
        if (isPedantic) _compute++;
    }

    /// <summary>The library's version as it counts, such as 130000.</summary>
    internal int Version
    {
        get
        {
            int version;
            _library.Check(_library.GetVersion(Handle, &version), "cublasGetVersion");
            return version;
        }
    }

    /// <summary>Opens the library in the stream's context.</summary>
    /// <param name="stream">What products run in; it may be captured, since the library's workspace is memory of ours.</param>
    /// <param name="dtype">F32 or F64.</param>
    /// <param name="math">How factors in float32 are rounded.</param>
    /// <param name="isPedantic">Exact math in the type's own arithmetic throughout; false lets the library choose, as frameworks do.</param>
    /// <exception cref="InputException">There is no cuBLAS here; the message lists every path tried.</exception>
    /// <exception cref="CudaException">It cannot work in this context.</exception>
    internal static CublasHandle Create(CudaStream stream, DType dtype, CudaMath math = CudaMath.Exact, bool isPedantic = true)
    {
        CublasApi library = CublasLibrary.Of(stream.Context.Api);
        using ContextScope scope = stream.Context.Enter();
        nint handle;
        library.Check(library.Create(&handle), "cublasCreate");
        isPedantic = isPedantic && math == CudaMath.Exact;
        var made = new CublasHandle(stream, library, handle, dtype, math, isPedantic);
        library.Check(library.SetStream(handle, stream.Handle), "cublasSetStream");
        // A stream takes the workspace back to the library's own, so it is set after it.
        library.Check(library.SetWorkspace(handle, made._workspace.Span.Address, WorkspaceBytes), "cublasSetWorkspace");
        if (isPedantic) library.Check(library.SetMathMode(handle, PedanticMath), "cublasSetMathMode");
        return made;
    }

    /// <summary>Queues a product.</summary>
    /// <exception cref="CudaException">The library refuses it.</exception>
    internal void Multiply(LibraryProduct p)
    {
        // The library's matrices are column-major: it is asked for cᵀ, its first factor is our right one.
        (int turnsB, int turnsA) = p.Kind switch
        {
            ProductKind.Predict => (Turned, AsIs),
            ProductKind.Settle => (AsIs, AsIs),
            _ => (AsIs, Turned),
        };
        using ContextScope scope = Context.Enter();
        double scale = p.Scale, kept = p.Adds ? 1 : 0;
        float single = (float)scale, singleKept = (float)kept;
        void* alpha = _type == Double ? (void*)&scale : &single, beta = _type == Double ? (void*)&kept : &singleKept;
        _library.Check(_library.GemmEx(Handle, turnsB, turnsA, p.N, p.M, p.K, alpha, p.B.Data, _type, p.B.Stride, p.A.Data, _type, p.A.Stride, beta, p.C.Data, _type, p.C.Stride,
            _compute, DefaultAlgorithm), $"cublasGemmEx ({p.Kind} {p.M}x{p.N}x{p.K})");
    }

    /// <summary>Queues a product of matrices without padding.</summary>
    /// <exception cref="CudaException">The library refuses it.</exception>
    internal void Multiply<T>(ProductKind kind, int m, int n, int k, DeviceSpan<T> a, DeviceSpan<T> b, DeviceSpan<T> c) where T : unmanaged => Multiply(new LibraryProduct(kind, m, n, k,
        Packed(a.Address, kind == ProductKind.Learn ? m : k), Packed(b.Address, kind == ProductKind.Predict ? k : n), Packed(c.Address, n)));

    /// <inheritdoc/>
    protected override int Destroy(nint handle)
    {
        int status = _library.Destroy(handle);
        _workspace.Dispose();
        return status;
    }

    private static DeviceView Packed(ulong address, int columns) => new(address, columns, columns);
}
