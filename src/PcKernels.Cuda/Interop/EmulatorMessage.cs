using System.Runtime.InteropServices;

namespace PcKernels.Cuda.Interop;

/// <summary>Why the emulator's last call on this thread failed, in its own words. A driver has none.</summary>
internal static unsafe class EmulatorMessage
{
    private const string Export = "pckEmulatorLastError";

    internal static bool IsEmulator(nint library) => NativeLibrary.TryGetExport(library, Export, out _);

    /// <summary>The words; empty when the library is a driver.</summary>
    internal static string Last(nint library)
    {
        if (!NativeLibrary.TryGetExport(library, Export, out nint address)) return "";
        var lastError = (delegate* unmanaged<byte*, nuint, nuint*, int>)address;
        nuint needed;
        lastError(null, 0, &needed);
        byte[] text = new byte[needed];
        fixed (byte* bytes = text)
        {
            lastError(bytes, needed, &needed);
            return Marshal.PtrToStringUTF8((nint)bytes) ?? "";
        }
    }
}
