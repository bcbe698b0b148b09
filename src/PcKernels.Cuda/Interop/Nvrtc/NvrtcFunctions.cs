using System.Reflection;
using System.Runtime.InteropServices;

namespace PcKernels.Cuda.Interop.Nvrtc;

/// <summary>The functions of NVRTC (nvrtc.h). One library for the process, the one that <see cref="NvrtcLibrary"/> found.</summary>
internal static unsafe partial class NvrtcFunctions
{
    /// <summary>The name that imports stand under; no loader knows it.</summary>
    internal const string Library = "pckernels-nvrtc";

    internal const int Success = 0, CompilationFailed = 6;

    /// <summary>Lets imports find the library; before the first of them.</summary>
    internal static void Bind(nint library) =>
        NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(), (name, _, _) => name == Library ? library : 0);

    [LibraryImport(Library, EntryPoint = "nvrtcVersion")]
    internal static partial int Version(int* major, int* minor);

    [LibraryImport(Library, EntryPoint = "nvrtcGetErrorString")]
    internal static partial byte* GetErrorString(int code);

    [LibraryImport(Library, EntryPoint = "nvrtcGetNumSupportedArchs")]
    internal static partial int GetNumSupportedArchs(int* count);

    [LibraryImport(Library, EntryPoint = "nvrtcGetSupportedArchs")]
    internal static partial int GetSupportedArchs(int* architectures);

    [LibraryImport(Library, EntryPoint = "nvrtcCreateProgram")]
    internal static partial int CreateProgram(nint* program, byte* source, byte* name, int headers, byte** headerTexts, byte** headerNames);

    [LibraryImport(Library, EntryPoint = "nvrtcDestroyProgram")]
    internal static partial int DestroyProgram(nint* program);

    [LibraryImport(Library, EntryPoint = "nvrtcCompileProgram")]
    internal static partial int CompileProgram(nint program, int options, byte** optionTexts);

    [LibraryImport(Library, EntryPoint = "nvrtcGetProgramLogSize")]
    internal static partial int GetProgramLogSize(nint program, nuint* bytes);

    [LibraryImport(Library, EntryPoint = "nvrtcGetProgramLog")]
    internal static partial int GetProgramLog(nint program, byte* log);

    [LibraryImport(Library, EntryPoint = "nvrtcGetPTXSize")]
    internal static partial int GetPtxSize(nint program, nuint* bytes);

    [LibraryImport(Library, EntryPoint = "nvrtcGetPTX")]
    internal static partial int GetPtx(nint program, byte* ptx);

    [LibraryImport(Library, EntryPoint = "nvrtcGetCUBINSize")]
    internal static partial int GetCubinSize(nint program, nuint* bytes);

    [LibraryImport(Library, EntryPoint = "nvrtcGetCUBIN")]
    internal static partial int GetCubin(nint program, byte* cubin);
}
