using System.Reflection;

namespace PcKernels.Cuda.Interop.Nvrtc;

/// <summary>A kernel's source with everything that it may include, as this assembly carries them.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="Text">Its text.</param>
/// <param name="Headers">Headers by the name that an include says.</param>
internal sealed record KernelSource(string Name, string Text, IReadOnlyDictionary<string, string> Headers)
{
    private const string SourcePrefix = "source/", HeaderPrefix = "include/";

    private static readonly Lazy<SortedDictionary<string, string>> s_headers = new(ReadHeaders);

    /// <summary>Names of all kernel files.</summary>
    internal static IReadOnlyList<string> Names { get; } = [.. Assembly.GetExecutingAssembly().GetManifestResourceNames()
        .Where(static n => n.StartsWith(SourcePrefix, StringComparison.Ordinal)).Select(static n => Path.GetFileNameWithoutExtension(n[SourcePrefix.Length..])).Order(StringComparer.Ordinal)];

    /// <summary>The kernel file of a name without its ending, such as <c>wave_f32</c>.</summary>
    /// <exception cref="FileNotFoundException">The assembly was built without it.</exception>
    internal static KernelSource Of(string name) => new($"{name}.cu", Read($"{SourcePrefix}{name}.cu"), s_headers.Value);

    private static SortedDictionary<string, string> ReadHeaders() =>
        new(Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(static n => n.StartsWith(HeaderPrefix, StringComparison.Ordinal))
            .ToDictionary(static n => n[HeaderPrefix.Length..].Replace('\\', '/'), Read), StringComparer.Ordinal);

    private static string Read(string resource)
    {
        using Stream? from = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource);
        if (from is null) throw new FileNotFoundException($"this build of PcKernels.Cuda carries no {resource}", resource);
        using var reader = new StreamReader(from);
        return reader.ReadToEnd();
    }
}
