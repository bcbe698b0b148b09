using PcKernels.Cuda.Interop;

namespace PcKernels.Cuda;

/// <summary>Looks for the CUDA driver and for the emulator, without needing either: this assembly loads and answers on machines that have none.</summary>
public static class CudaDriver
{
    private const string InstallDriver =
        "install the NVIDIA driver, release 580 or newer; in a container, start it with the GPU handed in (--gpus all)";

    private const string BuildEmulator =
        "build with CMake and a C++ compiler on the path, or set PCK_EMULATOR to the emulator's library";

    /// <summary>Loads the driver, initialises it and asks for its version and devices.</summary>
    /// <returns>What was found; on failure the reason, every path tried with the loader's error, and a remedy.</returns>
    /// <remarks>Never throws. Safe from any thread. A loaded driver stays loaded: it does not survive being unloaded.</remarks>
    public static CudaDriverStatus Probe() => Probe(DriverLibrary.DriverNames());

    /// <summary>Loads the emulated GPU, an interpreter for the kernels' PTX behind the driver's own functions, and asks as <see cref="Probe()"/> does.</summary>
    /// <returns>What was found; on failure the reason, every path tried with the loader's error, and a remedy.</returns>
    /// <remarks>Never throws. Safe from any thread. Driver and emulator can be loaded side by side.</remarks>
    public static CudaDriverStatus ProbeEmulator() => ProbeEmulator(DriverLibrary.EmulatorPaths());

    internal static CudaDriverStatus Probe(IReadOnlyList<string> libraryNames)
    {
        if (DriverLibrary.TryLoad(libraryNames, out List<CudaTriedPath> tried, out nint library)) return Ask(library, tried, "CUDA driver", InstallDriver);
        string reason = libraryNames.Count == 0 ? "there is no CUDA driver for this operating system"
            : $"no CUDA driver could be loaded ({string.Join(", ", libraryNames)})";
        string remedy = libraryNames.Count == 0 ? "use the CPU device, or Linux or Windows with an NVIDIA GPU" : InstallDriver;
        return new CudaDriverStatus(false, null, [], reason, tried, remedy);
    }

    internal static CudaDriverStatus ProbeEmulator(IReadOnlyList<string> paths)
    {
        if (DriverLibrary.TryLoad(paths, out List<CudaTriedPath> tried, out nint library)) return Ask(library, tried, "emulator", BuildEmulator);
        bool none = paths.Count == 0;
        return new CudaDriverStatus(false, null, [], none ? "the emulator is not built for this operating system" : "the emulator's library could not be loaded",
            tried, none ? "use the CPU device, or the emulator on Linux" : BuildEmulator);
    }

    private static CudaDriverStatus Ask(nint library, List<CudaTriedPath> tried, string kind, string install)
    {
        string name = tried[^1].Path;
        Version? version = null;
        try
        {
            var driver = new DriverQueries(library);
            version = driver.Version();
            driver.Initialise();
            IReadOnlyList<CudaDeviceInfo> devices = driver.Devices();
            return devices.Count > 0 ? new CudaDriverStatus(true, version, devices, null, tried, null)
                : new CudaDriverStatus(false, version, [], $"{name} sees no device", tried, "check nvidia-smi and CUDA_VISIBLE_DEVICES");
        }
        catch (EntryPointNotFoundException missing)
        {
            return new CudaDriverStatus(false, version, [], $"{name} is no {kind} or too old a one: it has no {missing.Message}", tried, install);
        }
        catch (DriverQueryException failed)
        {
            return new CudaDriverStatus(false, version, [], $"{name}: {failed.Message}", tried, failed.Remedy);
        }
    }
}
