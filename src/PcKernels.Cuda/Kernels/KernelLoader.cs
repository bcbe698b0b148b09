using PcKernels.Cuda.Interop;
using PcKernels.Cuda.Interop.Nvrtc;
using PcKernels.Cuda.Waves;

namespace PcKernels.Cuda.Kernels;

/// <summary>Loads kernels from the first source that the device and its driver can run.</summary>
/// <param name="choice">One source, or all in order.</param>
/// <param name="cache">Where results of NVRTC are kept.</param>
internal sealed class KernelLoader(CudaKernels choice, KernelCache cache)
{
    /// <summary>The environment variable with a source's name.</summary>
    public const string Variable = "PCK_KERNELS";

    // CUresult: the image is damaged, is for other devices, or is newer than the driver's compiler; or the driver has none.
    private static readonly int[] s_notForThisDevice = [200, 209, 218, 221, 222, 223];

    /// <summary>The source that the variable names; all where it is not set.</summary>
    /// <exception cref="InputException">It names none.</exception>
    public static CudaKernels Chosen() => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } text ? Parse(text, Variable) : CudaKernels.Auto;

    /// <summary>A source by its name in lower case.</summary>
    /// <exception cref="InputException">There is none of this name.</exception>
    public static CudaKernels Parse(string text, string place) =>
        Enum.GetValues<CudaKernels>().Select(static k => (CudaKernels?)k).FirstOrDefault(k => k.ToString()!.Equals(text, StringComparison.OrdinalIgnoreCase))
        ?? throw new InputException($"{place} {text}: unknown; auto, fatbin, ptx or nvrtc is expected");

    /// <summary>Loads a kernel file.</summary>
    /// <param name="context">Where to.</param>
    /// <param name="name">Its name without an ending, such as <c>wave_f32</c>.</param>
    /// <exception cref="InputException">The one source chosen is not here.</exception>
    /// <exception cref="RunException">No source gives code that this device can run; the message says why of each.</exception>
    public CudaModule Load(CudaContext context, string name) => LoadFor(context, name).Module;

    /// <summary>Loads a kernel file, specialised where NVRTC makes it.</summary>
    /// <param name="context">Where to.</param>
    /// <param name="name">Its name without an ending.</param>
    /// <param name="definitions">Macros that specialise it, as <c>NAME=VALUE</c>: machine code and PTX on file know none.</param>
    /// <returns>The module, and whether the macros are in it.</returns>
    /// <exception cref="InputException">The one source chosen is not here.</exception>
    /// <exception cref="RunException">No source gives code that this device can run; the message says why of each.</exception>
    public (CudaModule Module, bool IsSpecialised) LoadFor(CudaContext context, string name, params string[] definitions)
    {
        var reasons = new List<string>();
        foreach (CudaKernels way in Ways(context))
        {
            try
            {
                return (LoadFrom(way, context, name, definitions), way == CudaKernels.Nvrtc);
            }
            catch (CudaException error) when (s_notForThisDevice.Contains(error.Code))
            {
                reasons.Add(error.Message);
            }
            catch (Exception error) when (error is NvrtcException || (choice == CudaKernels.Auto && error is InputException or FileNotFoundException))
            {
                reasons.Add(error.Message);
            }
            catch (FileNotFoundException error)
            {
                throw new InputException(error.Message);
            }
        }
        throw new RunException($"no kernel {name} for {context.Api.LibraryName}: {string.Join("; ", reasons)}");
    }

    private CudaKernels[] Ways(CudaContext context) =>
        choice != CudaKernels.Auto ? [choice]
        : context.Api.IsEmulator ? [CudaKernels.Ptx]
        : [CudaKernels.Fatbin, CudaKernels.Ptx, CudaKernels.Nvrtc];

    private CudaModule LoadFrom(CudaKernels way, CudaContext context, string name, string[] definitions) => way switch
    {
        CudaKernels.Fatbin => CudaModule.Load(context, $"{name}.fatbin", KernelImage.Fatbin(name)),
        CudaKernels.Nvrtc => CudaModule.Load(context, $"{name}.cu by NVRTC", Compiled(context, name, definitions)),
        _ => CudaModule.Load(context, $"{name}.ptx", KernelImage.Read($"{name}.ptx")),
    };

    private byte[] Compiled(CudaContext context, string name, string[] definitions)
    {
        var source = KernelSource.Of(name);
        string version = NvrtcCompiler.Version().ToString();
        string[] options = [.. NvrtcCompiler.Options(Architecture(context)), .. definitions.Select(static d => $"-D{d}")];
        string key = KernelCache.Key([version, source.Name, source.Text, .. source.Headers.SelectMany(static h => new[] { h.Key, h.Value }), .. options]);
        return cache.Get(key, () => NvrtcCompiler.Compile(source, options));
    }

    // Machine code for the device where NVRTC knows it; else, and for the emulator, PTX of the nearest older one.
    private static string Architecture(CudaContext context)
    {
        int device = 10 * context.Attribute(DeviceAttribute.ComputeCapabilityMajor) + context.Attribute(DeviceAttribute.ComputeCapabilityMinor);
        IReadOnlyList<int> known = NvrtcCompiler.Architectures();
        int nearest = known.LastOrDefault(a => a <= device);
        if (nearest == 0) throw new InputException($"NVRTC {NvrtcCompiler.Version()} compiles for compute capability {known[0] / 10.0:F1} and up, the device has {device / 10.0:F1}: install an older CUDA toolkit");
        return nearest == device && !context.Api.IsEmulator ? $"sm_{device}" : $"compute_{nearest}";
    }
}
