using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.InteropServices;

namespace PcKernels.Cuda.Interop;

/// <summary>Lets imports of this assembly find libraries that were loaded by path. A library is bound once for the process.</summary>
internal static class LibraryImports
{
    private static readonly ConcurrentDictionary<string, nint> s_bound = Resolving();

    /// <summary>Gives imports under a name their library; before the first of them is called.</summary>
    internal static void Bind(string name, nint library) => s_bound[name] = library;

    private static ConcurrentDictionary<string, nint> Resolving()
    {
        var bound = new ConcurrentDictionary<string, nint>();
        NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(), (name, _, _) => bound.GetValueOrDefault(name));
        return bound;
    }
}
