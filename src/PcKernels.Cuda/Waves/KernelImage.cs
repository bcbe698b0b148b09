using System.Reflection;

namespace PcKernels.Cuda.Waves;

/// <summary>The PTX of the kernels, which this assembly carries.</summary>
internal static class KernelImage
{
    /// <summary>For tests: what is read instead of what the assembly carries, or null where that is to be read.</summary>
    internal static Func<string, byte[]?>? Replacement { get; set; }

    /// <summary>The text of a kernel file, such as <c>wave_f32.ptx</c>.</summary>
    /// <exception cref="FileNotFoundException">The assembly was built without it.</exception>
    public static byte[] Read(string name)
    {
        if (Replacement?.Invoke(name) is { } other) return other;
        using Stream? from = Assembly.GetExecutingAssembly().GetManifestResourceStream($"ptx/{name}");
        if (from is null) throw new FileNotFoundException($"this build of PcKernels.Cuda carries no {name}: build it where native/ptx holds the file", name);
        byte[] text = new byte[from.Length];
        from.ReadExactly(text);
        return text;
    }
}
