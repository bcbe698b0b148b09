using System.Reflection;
using System.Security.Cryptography;

namespace PcKernels.Cuda.Waves;

/// <summary>The kernels that this assembly carries: PTX, and machine code where CMake has made it.</summary>
internal static class KernelImage
{
    private const int HashDigits = 16;

    /// <summary>For tests: what is read instead of what the assembly carries, or null where that is to be read.</summary>
    internal static Func<string, byte[]?>? Replacement { get; set; }

    /// <summary>The text of a kernel file, such as <c>wave_f32.ptx</c>.</summary>
    /// <exception cref="FileNotFoundException">The assembly was built without it.</exception>
    public static byte[] Read(string name) => Replacement?.Invoke(name) ?? Resource($"ptx/{name}")
        ?? throw new FileNotFoundException($"this build of PcKernels.Cuda carries no {name}: build it where native/ptx holds the file", name);

    /// <summary>The machine code of a kernel file, such as <c>wave_f32</c>: that of the same sources as the PTX, never an older one.</summary>
    /// <remarks>Looked for in <c>kernels/</c> beside the program, then in the assembly. The file's name holds the beginning of the PTX's hash (cmake/PckFatbin.cmake).</remarks>
    /// <exception cref="FileNotFoundException">There is none; the message says what was looked for and how it is made.</exception>
    public static byte[] Fatbin(string name)
    {
        string file = $"{name}.{Convert.ToHexStringLower(SHA256.HashData(Read($"{name}.ptx")))[..HashDigits]}.fatbin";
        string beside = Path.Combine(AppContext.BaseDirectory, "kernels", file);
        if (File.Exists(beside)) return File.ReadAllBytes(beside);
        return Resource($"fatbin/{file}")
            ?? throw new FileNotFoundException($"there is no machine code {beside} and none in PcKernels.Cuda: build native/ with CMake where nvcc is (target fatbins), then this project again", file);
    }

    private static byte[]? Resource(string name)
    {
        using Stream? from = Assembly.GetExecutingAssembly().GetManifestResourceStream(name);
        if (from is null) return null;
        byte[] bytes = new byte[from.Length];
        from.ReadExactly(bytes);
        return bytes;
    }
}
