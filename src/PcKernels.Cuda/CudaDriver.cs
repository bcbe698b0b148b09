using System.Runtime.InteropServices;
using PcKernels.Cuda.Interop;

namespace PcKernels.Cuda;

/// <summary>Looks for the CUDA driver, without needing it: this assembly loads and answers on machines that have none.</summary>
public static class CudaDriver
{
    private const string InstallDriver =
        "install the NVIDIA driver, release 580 or newer; in a container, start it with the GPU handed in (--gpus all)";

    /// <summary>Loads the driver, initialises it and asks for its version and devices.</summary>
    /// <returns>What was found; on failure the reason, every path tried with the loader's error, and a remedy.</returns>
    /// <remarks>Never throws. Safe from any thread. A loaded driver stays loaded: it does not survive being unloaded.</remarks>
    public static CudaDriverStatus Probe() => Probe(LibraryNames());

    internal static CudaDriverStatus Probe(IReadOnlyList<string> libraryNames)
    {
        var tried = new List<CudaTriedPath>();
        foreach (string name in libraryNames)
        {
            if (!TryLoad(name, out nint library, out string? error))
            {
                tried.Add(new CudaTriedPath(name, error));
                continue;
            }
            tried.Add(new CudaTriedPath(name, null));
            return Ask(library, name, tried);
        }
        string reason = libraryNames.Count == 0 ? "there is no CUDA driver for this operating system"
            : $"no CUDA driver could be loaded ({string.Join(", ", libraryNames)})";
        string remedy = libraryNames.Count == 0 ? "use the CPU device, or Linux or Windows with an NVIDIA GPU" : InstallDriver;
        return new CudaDriverStatus(false, null, [], reason, tried, remedy);
    }

    private static CudaDriverStatus Ask(nint library, string name, List<CudaTriedPath> tried)
    {
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
            return new CudaDriverStatus(false, version, [], $"{name} is no CUDA driver or too old a one: it has no {missing.Message}", tried, InstallDriver);
        }
        catch (DriverQueryException failed)
        {
            return new CudaDriverStatus(false, version, [], $"{name}: {failed.Message}", tried, failed.Remedy);
        }
    }

    private static string[] LibraryNames() =>
        OperatingSystem.IsWindows() ? ["nvcuda.dll"]
        : OperatingSystem.IsLinux() ? ["libcuda.so.1", "libcuda.so", "/usr/lib/wsl/lib/libcuda.so.1"]
        : [];

    private static bool TryLoad(string name, out nint library, out string? error)
    {
        error = null;
        if (NativeLibrary.TryLoad(name, out library)) return true;
        try
        {
            // TryLoad keeps the loader's words to itself; Load has them in its exception.
            library = NativeLibrary.Load(name);
            return true;
        }
        catch (Exception failure) when (failure is DllNotFoundException or BadImageFormatException)
        {
            string[] lines = failure.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            // On Linux the first line is general advice and the loader's own words follow it.
            error = lines.Length == 0 ? "it could not be loaded" : lines[^1];
            return false;
        }
    }
}
