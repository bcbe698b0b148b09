using System.Security.Cryptography;
using System.Text;
using PcKernels.Checkpoints;

namespace PcKernels.Cuda.Kernels;

/// <summary>Compiled kernels on disk: a file for each key, with a sum over its content.</summary>
/// <remarks>
/// A key is made of all that the result depends on. Files are written under another name and renamed, so that programs that run at the same time
/// see whole entries only. An entry that is damaged in any way counts as none and is written anew. A folder that cannot be written costs a
/// compilation in each run and nothing else.
/// </remarks>
/// <param name="folder">Where.</param>
internal sealed class KernelCache(string folder)
{
    /// <summary>The environment variable with the folder.</summary>
    public const string Variable = "PCK_CACHE";

    private static ReadOnlySpan<byte> Magic => "PCKERN01"u8;

    /// <summary>The user's folder.</summary>
    public static KernelCache OfUser() => new(Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } set ? set : Path.Combine(Root(), "pckernels", "kernels"));

    /// <summary>A key of parts, none of which can run into the next.</summary>
    public static string Key(params IEnumerable<string> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string part in parts)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(part);
            hash.AppendData(BitConverter.GetBytes(bytes.LongLength));
            hash.AppendData(bytes);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The file of a key.</summary>
    public string PathOf(string key) => Path.Combine(folder, $"{key}.kernel");

    /// <summary>The entry of a key, or what <paramref name="make"/> makes, which is then kept.</summary>
    public byte[] Get(string key, Func<byte[]> make)
    {
        if (Read(key) is { } kept) return kept;
        byte[] made = make();
        Write(key, made);
        return made;
    }

    private static string Root()
    {
        if (Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } set) return set;
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
            : home.Length > 0 ? Path.Combine(home, ".cache") : Path.GetTempPath();
    }

    private byte[]? Read(string key)
    {
        byte[] file;
        try
        {
            file = File.ReadAllBytes(PathOf(key));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        int head = Magic.Length + SHA256.HashSizeInBytes;
        if (file.Length <= head || !file.AsSpan(0, Magic.Length).SequenceEqual(Magic)) return null;
        ReadOnlySpan<byte> content = file.AsSpan(head);
        return SHA256.HashData(content).AsSpan().SequenceEqual(file.AsSpan(Magic.Length, SHA256.HashSizeInBytes)) ? content.ToArray() : null;
    }

    private void Write(string key, byte[] content)
    {
        try
        {
            Directory.CreateDirectory(folder);
            AtomicFile.Write(PathOf(key), to =>
            {
                to.Write(Magic);
                to.Write(SHA256.HashData(content));
                to.Write(content);
            });
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or RunException)
        {
            // What was compiled is good; it is only not kept.
        }
    }
}
