using System.Runtime.InteropServices;

namespace PcKernels.Cuda.Interop;

/// <summary>The functions of one loaded driver library: NVIDIA's, or the emulator that stands in for it.</summary>
/// <remarks>
/// A table of function pointers and not <c>LibraryImport</c>: that binds a name to one library for the whole process, and both
/// libraries are used side by side, as when results on the GPU are compared with the emulator's. Nothing here needs marshalling, and a
/// call costs the same. The table is immutable, so it may be used from any thread.
/// Source: CUDA driver API; suffixes are those that the library itself exports.
/// </remarks>
internal sealed unsafe partial class DriverApi
{
    private static readonly Lock s_gate = new();
    private static readonly Dictionary<nint, DriverApi> s_loaded = [];

    /// <summary>The path or name by which the library was loaded.</summary>
    internal string LibraryName { get; }

    /// <summary>The loaded library.</summary>
    internal nint Library { get; }

    /// <summary>Whether this is the emulator.</summary>
    internal bool IsEmulator { get; }

    /// <summary>The table of a loaded library, after <c>cuInit</c>. The same library gives the same table.</summary>
    /// <exception cref="EntryPointNotFoundException">It lacks functions; the message names all of them.</exception>
    /// <exception cref="CudaException">The driver cannot be initialised.</exception>
    internal static DriverApi Of(nint library, string name)
    {
        lock (s_gate)
        {
            if (s_loaded.TryGetValue(library, out DriverApi? known)) return known;
            var api = new DriverApi(library, name);
            api.Check(api.Init(0), "cuInit", name);
            s_loaded.Add(library, api);
            return api;
        }
    }

    /// <summary>Throws unless the code is success.</summary>
    /// <param name="code">What the call returned.</param>
    /// <param name="function">The function's name.</param>
    /// <param name="subject">On what, with which values; empty when that says nothing.</param>
    /// <exception cref="CudaException">The code is not success.</exception>
    internal void Check(int code, string function, string subject = "")
    {
        if (code != 0) Throw(code, function, subject, "");
    }

    internal void Throw(int code, string function, string subject, string detail)
    {
        string operation = subject.Length > 0 ? $"{function} ({subject})" : function;
        throw new CudaException(code, NameOf(code), operation, detail.Length > 0 ? detail : EmulatorMessage.Last(Library));
    }

    internal string NameOf(int code)
    {
        byte* text = null;
        return GetErrorName(code, &text) == 0 && text != null ? Marshal.PtrToStringUTF8((nint)text)! : "an unknown error";
    }

    /// <summary>Takes exports out of a library and gathers the names of those that are missing.</summary>
    private ref struct Exports(nint library)
    {
        private List<string>? _missing;

        internal void* this[string name]
        {
            get
            {
                if (NativeLibrary.TryGetExport(library, name, out nint address)) return (void*)address;
                (_missing ??= []).Add(name);
                return null;
            }
        }

        internal readonly void ThrowIfMissing()
        {
            if (_missing is not null) throw new EntryPointNotFoundException(string.Join(", ", _missing));
        }
    }
}
