using System.Runtime.InteropServices;

namespace PcKernels.Cuda.Interop.Cublas;

/// <summary>The functions of cuBLAS (cublas_v2.h) that products need, of one loaded library: NVIDIA's, or the stand-in that the emulator carries.</summary>
/// <remarks>A table of function pointers, as <see cref="DriverApi"/> and for its reason: both libraries may be used side by side.</remarks>
internal sealed unsafe class CublasApi
{
    internal readonly delegate* unmanaged<nint*, int> Create;
    internal readonly delegate* unmanaged<nint, int> Destroy;
    internal readonly delegate* unmanaged<nint, nint, int> SetStream;
    internal readonly delegate* unmanaged<nint, ulong, nuint, int> SetWorkspace;
    internal readonly delegate* unmanaged<nint, int, int> SetMathMode;
    internal readonly delegate* unmanaged<nint, int*, int> GetVersion;
    internal readonly delegate* unmanaged<int, byte*> GetStatusName;
    internal readonly delegate* unmanaged<nint, int, int, int, int, int, void*, ulong, int, int, ulong, int, int, void*, ulong, int, int, int, int, int> GemmEx;

    /// <summary>Takes the functions out of a loaded library.</summary>
    /// <exception cref="EntryPointNotFoundException">It lacks one.</exception>
    internal CublasApi(nint library)
    {
        Create = (delegate* unmanaged<nint*, int>)NativeLibrary.GetExport(library, "cublasCreate_v2");
        Destroy = (delegate* unmanaged<nint, int>)NativeLibrary.GetExport(library, "cublasDestroy_v2");
        SetStream = (delegate* unmanaged<nint, nint, int>)NativeLibrary.GetExport(library, "cublasSetStream_v2");
        SetWorkspace = (delegate* unmanaged<nint, ulong, nuint, int>)NativeLibrary.GetExport(library, "cublasSetWorkspace_v2");
        SetMathMode = (delegate* unmanaged<nint, int, int>)NativeLibrary.GetExport(library, "cublasSetMathMode");
        GetVersion = (delegate* unmanaged<nint, int*, int>)NativeLibrary.GetExport(library, "cublasGetVersion_v2");
        GetStatusName = (delegate* unmanaged<int, byte*>)NativeLibrary.GetExport(library, "cublasGetStatusName");
        GemmEx = (delegate* unmanaged<nint, int, int, int, int, int, void*, ulong, int, int, ulong, int, int, void*, ulong, int, int, int, int, int>)NativeLibrary.GetExport(library, "cublasGemmEx");
    }

    /// <summary>Throws unless the status is success.</summary>
    /// <exception cref="CudaException">It is not.</exception>
    internal void Check(int status, string operation)
    {
        if (status != 0) throw new CudaException(status, Marshal.PtrToStringUTF8((nint)GetStatusName(status)) ?? "an unknown status", operation);
    }
}
