using System.Runtime.InteropServices;
using System.Text;

namespace PcKernels.Cuda.Interop;

/// <summary>What the emulator can be asked and told beyond the driver API. It is one device for the whole process.</summary>
internal sealed unsafe class Emulator
{
    private readonly DriverApi _api;
    private readonly delegate* unmanaged<byte*, int> _setChecks;
    private readonly delegate* unmanaged<uint, int> _setSeed;
    private readonly delegate* unmanaged<nint, uint, int> _setRegisters;
    private readonly delegate* unmanaged<byte*, nuint, nuint*, int> _lastLaunch, _findings, _sums;
    private readonly delegate* unmanaged<int> _clear;

    /// <exception cref="ArgumentException">The library is no emulator.</exception>
    internal Emulator(DriverApi api)
    {
        if (!api.IsEmulator) throw new ArgumentException($"{api.LibraryName} is not the emulator");
        _api = api;
        _setChecks = (delegate* unmanaged<byte*, int>)Export("pckEmulatorSetChecks");
        _setSeed = (delegate* unmanaged<uint, int>)Export("pckEmulatorSetSeed");
        _setRegisters = (delegate* unmanaged<nint, uint, int>)Export("pckEmulatorSetRegisters");
        _lastLaunch = (delegate* unmanaged<byte*, nuint, nuint*, int>)Export("pckEmulatorLastLaunch");
        _findings = (delegate* unmanaged<byte*, nuint, nuint*, int>)Export("pckEmulatorFindings");
        _sums = (delegate* unmanaged<byte*, nuint, nuint*, int>)Export("pckEmulatorSums");
        _clear = (delegate* unmanaged<int>)Export("pckEmulatorClear");
    }

    /// <summary>JSON of the last kernel that ran: its launch, reports and counters.</summary>
    internal string LastLaunch => Text(_lastLaunch, "pckEmulatorLastLaunch");

    /// <summary>JSON array of every report and fault since <see cref="Clear"/>.</summary>
    internal string Findings => Text(_findings, "pckEmulatorFindings");

    /// <summary>JSON of how often the host launched, copied and waited since <see cref="Clear"/>, and counters by kernel.</summary>
    internal string Sums => Text(_sums, "pckEmulatorSums");

    /// <summary>Sets what is looked for: <c>off</c>, <c>on</c>, <c>fatal</c>, or by name as in <c>races=on,uninitialised=fatal</c>.</summary>
    /// <exception cref="CudaException">There is no such check.</exception>
    internal void SetChecks(string checks)
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(checks + '\0')) _api.Check(_setChecks(text), "pckEmulatorSetChecks");
    }

    /// <summary>Shuffles the order of warps, blocks and free graph nodes; 0 is their natural order.</summary>
    internal void SetSeed(int seed) => _api.Check(_setSeed((uint)seed), "pckEmulatorSetSeed");

    /// <summary>Tells what <c>ptxas -v</c> said, for occupancy and launch limits.</summary>
    /// <exception cref="CudaException">No thread can have so many registers.</exception>
    internal void SetRegisters(CudaFunction function, int registers) =>
        _api.Check(_setRegisters(function.Handle, (uint)registers), "pckEmulatorSetRegisters", $"{registers} for {function.Name}");

    /// <summary>Forgets launches, findings and sums.</summary>
    internal void Clear() => _api.Check(_clear(), "pckEmulatorClear");

    private string Text(delegate* unmanaged<byte*, nuint, nuint*, int> function, string name)
    {
        nuint needed;
        _api.Check(function(null, 0, &needed), name);
        byte[] text = new byte[needed];
        fixed (byte* bytes = text)
        {
            _api.Check(function(bytes, needed, &needed), name);
            return Marshal.PtrToStringUTF8((nint)bytes) ?? "";
        }
    }

    private nint Export(string name) => NativeLibrary.GetExport(_api.Library, name);
}
