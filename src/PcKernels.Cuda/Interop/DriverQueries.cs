using System.Runtime.InteropServices;

namespace PcKernels.Cuda.Interop;

/// <summary>The few functions of the driver API that describe the machine, taken from a loaded library. None of them makes a context.</summary>
/// <remarks>Source: CUDA driver API, sections "Initialization", "Version management" and "Device management".</remarks>
internal sealed unsafe class DriverQueries
{
    private const int Multiprocessors = 16, ComputeCapabilityMajor = 75, ComputeCapabilityMinor = 76; // CUdevice_attribute

    private readonly nint _library;
    private readonly delegate* unmanaged<uint, int> _init;
    private readonly delegate* unmanaged<int*, int> _version;
    private readonly delegate* unmanaged<int*, int> _count;
    private readonly delegate* unmanaged<int*, int, int> _device;
    private readonly delegate* unmanaged<byte*, int, int, int> _name;
    private readonly delegate* unmanaged<int*, int, int, int> _attribute;
    private readonly delegate* unmanaged<nuint*, int, int> _memory;
    private readonly delegate* unmanaged<int, byte**, int> _errorName;

    /// <exception cref="EntryPointNotFoundException">A function is missing; the message is its name.</exception>
    internal DriverQueries(nint library)
    {
        _library = library;
        _init = (delegate* unmanaged<uint, int>)Export(library, "cuInit");
        _version = (delegate* unmanaged<int*, int>)Export(library, "cuDriverGetVersion");
        _count = (delegate* unmanaged<int*, int>)Export(library, "cuDeviceGetCount");
        _device = (delegate* unmanaged<int*, int, int>)Export(library, "cuDeviceGet");
        _name = (delegate* unmanaged<byte*, int, int, int>)Export(library, "cuDeviceGetName");
        _attribute = (delegate* unmanaged<int*, int, int, int>)Export(library, "cuDeviceGetAttribute");
        _memory = (delegate* unmanaged<nuint*, int, int>)Export(library, "cuDeviceTotalMem_v2");
        _errorName = (delegate* unmanaged<int, byte**, int>)Export(library, "cuGetErrorName");
    }

    /// <summary>The newest CUDA version served; may be asked before <see cref="Initialise"/>.</summary>
    internal Version Version()
    {
        int version;
        Check(_version(&version), "cuDriverGetVersion");
        return new Version(version / 1000, version % 1000 / 10);
    }

    internal void Initialise() => Check(_init(0), "cuInit");

    internal IReadOnlyList<CudaDeviceInfo> Devices()
    {
        int count;
        Check(_count(&count), "cuDeviceGetCount");
        var devices = new CudaDeviceInfo[count];
        for (int ordinal = 0; ordinal < count; ordinal++) devices[ordinal] = Describe(ordinal);
        return devices;
    }

    private CudaDeviceInfo Describe(int ordinal)
    {
        const int nameBytes = 256;
        byte* name = stackalloc byte[nameBytes];
        int device;
        nuint memory;
        Check(_device(&device, ordinal), "cuDeviceGet");
        Check(_name(name, nameBytes, device), "cuDeviceGetName");
        Check(_memory(&memory, device), "cuDeviceTotalMem");
        var capability = new Version(Attribute(ComputeCapabilityMajor, device), Attribute(ComputeCapabilityMinor, device));
        return new CudaDeviceInfo(ordinal, Marshal.PtrToStringUTF8((nint)name) ?? "", capability, Attribute(Multiprocessors, device), (long)memory);
    }

    private int Attribute(int attribute, int device)
    {
        int value;
        Check(_attribute(&value, attribute, device), "cuDeviceGetAttribute");
        return value;
    }

    private void Check(int code, string operation)
    {
        if (code == 0) return;
        byte* text = null;
        bool isNamed = _errorName(code, &text) == 0 && text != null;
        string error = isNamed ? $"{Marshal.PtrToStringUTF8((nint)text)} ({code})" : $"error {code}";
        string detail = EmulatorMessage.Last(_library);
        throw new DriverQueryException($"{operation} failed with {error}{(detail.Length > 0 ? ": " + detail : "")}", CudaRemedy.Of(code));
    }

    private static nint Export(nint library, string name) =>
        NativeLibrary.TryGetExport(library, name, out nint address) ? address : throw new EntryPointNotFoundException(name);
}
