using System.Runtime.InteropServices;

namespace PcKernels.Cuda.Interop.Cublas;

/// <summary>Which product of a linear layer: the three shapes of native/kernels/products_naive.cu.</summary>
internal enum ProductKind
{
    /// <summary><c>c[m, n] = a[m, k] b[n, k]ᵀ</c>.</summary>
    Predict,

    /// <summary><c>c[m, n] = a[m, k] b[k, n]</c>.</summary>
    Settle,

    /// <summary><c>c[m, n] = a[k, m]ᵀ b[k, n]</c>.</summary>
    Learn,
}

/// <summary>cuBLAS in one context and stream: products of row-major matrices without padding. One thread at a time.</summary>
internal sealed unsafe class CublasHandle : DriverHandle
{
    private const int AsIs = 0, Turned = 1; // cublasOperation_t
    private const int DefaultMath = 0, Tf32Math = 3; // cublasMath_t

    private CublasHandle(CudaContext context, nint handle)
        : base(context, handle, true)
    {
    }

    /// <summary>The library's version as it counts, such as 130000.</summary>
    internal int Version
    {
        get
        {
            int version;
            Check(CublasFunctions.GetVersion(Handle, &version), "cublasGetVersion");
            return version;
        }
    }

    /// <summary>Opens the library in the stream's context.</summary>
    /// <param name="stream">What products run in.</param>
    /// <param name="rounds">Whether factors in float may be rounded to TF32.</param>
    /// <exception cref="InputException">There is no cuBLAS here; the message lists every path tried.</exception>
    /// <exception cref="CudaException">It cannot work in this context.</exception>
    internal static CublasHandle Create(CudaStream stream, bool rounds = false)
    {
        if (CublasLibrary.WhyMissing is { } reason) throw new InputException(reason);
        using ContextScope scope = stream.Context.Enter();
        nint handle;
        Check(CublasFunctions.Create(&handle), "cublasCreate");
        var made = new CublasHandle(stream.Context, handle);
        Check(CublasFunctions.SetStream(handle, stream.Handle), "cublasSetStream");
        Check(CublasFunctions.SetMathMode(handle, rounds ? Tf32Math : DefaultMath), "cublasSetMathMode");
        return made;
    }

    /// <summary>Queues a product.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="m">Rows of c.</param>
    /// <param name="n">Columns of c.</param>
    /// <param name="k">What is summed over.</param>
    /// <param name="a">The left factor.</param>
    /// <param name="b">The right factor.</param>
    /// <param name="c">The result, overwritten.</param>
    /// <exception cref="CudaException">The library refuses it.</exception>
    internal void Multiply<T>(ProductKind kind, int m, int n, int k, DeviceSpan<T> a, DeviceSpan<T> b, DeviceSpan<T> c) where T : unmanaged
    {
        // The library's matrices are column-major: it is asked for cᵀ, its first factor is our right one.
        (int turnsB, int ldb, int turnsA, int lda) = kind switch
        {
            ProductKind.Predict => (Turned, k, AsIs, k),
            ProductKind.Settle => (AsIs, n, AsIs, k),
            _ => (AsIs, n, Turned, m),
        };
        using ContextScope scope = Context.Enter();
        string subject = $"{kind} {m}x{n}x{k}";
        if (typeof(T) == typeof(float))
        {
            float one = 1, zero = 0;
            Check(CublasFunctions.Sgemm(Handle, turnsB, turnsA, n, m, k, &one, b.Address, ldb, a.Address, lda, &zero, c.Address, n), $"cublasSgemm ({subject})");
        }
        else
        {
            double one = 1, zero = 0;
            Check(CublasFunctions.Dgemm(Handle, turnsB, turnsA, n, m, k, &one, b.Address, ldb, a.Address, lda, &zero, c.Address, n), $"cublasDgemm ({subject})");
        }
    }

    /// <inheritdoc/>
    protected override int Destroy(nint handle) => CublasFunctions.Destroy(handle);

    private static void Check(int status, string operation)
    {
        if (status != 0) throw new CudaException(status, Marshal.PtrToStringUTF8((nint)CublasFunctions.GetStatusName(status)) ?? "an unknown status", operation);
    }
}
