using System.Runtime.InteropServices;

namespace PcKernels.Cuda.Interop.Cublas;

/// <summary>The functions of cuBLAS (cublas_v2.h) that products need.</summary>
internal static unsafe partial class CublasFunctions
{
    /// <summary>The name that imports stand under; no loader knows it.</summary>
    internal const string Library = "pckernels-cublas";

    [LibraryImport(Library, EntryPoint = "cublasCreate_v2")]
    internal static partial int Create(nint* handle);

    [LibraryImport(Library, EntryPoint = "cublasDestroy_v2")]
    internal static partial int Destroy(nint handle);

    [LibraryImport(Library, EntryPoint = "cublasSetStream_v2")]
    internal static partial int SetStream(nint handle, nint stream);

    [LibraryImport(Library, EntryPoint = "cublasSetMathMode")]
    internal static partial int SetMathMode(nint handle, int mode);

    [LibraryImport(Library, EntryPoint = "cublasGetVersion_v2")]
    internal static partial int GetVersion(nint handle, int* version);

    [LibraryImport(Library, EntryPoint = "cublasGetStatusName")]
    internal static partial byte* GetStatusName(int status);

    [LibraryImport(Library, EntryPoint = "cublasSgemm_v2")]
    internal static partial int Sgemm(nint handle, int turnsA, int turnsB, int m, int n, int k, float* alpha, ulong a, int lda, ulong b, int ldb, float* beta, ulong c, int ldc);

    [LibraryImport(Library, EntryPoint = "cublasDgemm_v2")]
    internal static partial int Dgemm(nint handle, int turnsA, int turnsB, int m, int n, int k, double* alpha, ulong a, int lda, ulong b, int ldb, double* beta, ulong c, int ldc);
}
