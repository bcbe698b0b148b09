namespace PcKernels.Checkpoints;

/// <summary>Writes a file whole or not at all: into a temporary file of the same folder, flushed to the disk, then renamed over the old one.</summary>
/// <remarks>A reader, or a run that is killed half way, sees the old file or the new one. Calls for different paths may run at the same time.</remarks>
public static class AtomicFile
{
    /// <summary>Writes <paramref name="path"/> with what <paramref name="write"/> puts into the stream.</summary>
    /// <param name="path">The file to make or to replace. A symbolic link keeps pointing where it points; a device such as /dev/stdout is written directly.</param>
    /// <param name="write">Fills the stream, which need not be flushed or closed. What it throws reaches the caller, input and output errors as <see cref="RunException"/>.</param>
    /// <exception cref="RunException">The file cannot be written (disk full, no permission, no such folder). The old file is as it was and nothing temporary stays behind.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        try
        {
            if (IsDevice(path)) WriteDevice(path, write);
            else WriteAndRename(Target(path), write);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new RunException($"'{path}' cannot be written: {Reason(e, path)}", e);
        }
    }

    private static void WriteAndRename(string target, Action<Stream> write)
    {
        if (Directory.Exists(target)) throw new IOException("it is a folder, and a file's name is needed");
        string folder = Path.GetDirectoryName(target)!;
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"the folder '{folder}' does not exist");

        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows() && File.Exists(target)) options.UnixCreateMode = File.GetUnixFileMode(target);
        string temporary = Path.Combine(folder, $".{Path.GetFileName(target)}.{Path.GetRandomFileName()}.tmp");
        try
        {
            using (var stream = new FileStream(temporary, options))
            {
                write(stream);
                // Renaming before the bytes are on the disk could leave an empty file after a power failure.
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, target, overwrite: true);
        }
        catch
        {
            Discard(temporary);
            throw;
        }
    }

    private static void WriteDevice(string path, Action<Stream> write)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        write(stream);
        stream.Flush();
    }

    // Renaming over a device would replace the device itself where the user may do so.
    private static bool IsDevice(string path)
    {
        string full = Path.GetFullPath(path);
        return !OperatingSystem.IsWindows()
            && (full.StartsWith("/dev/", StringComparison.Ordinal) || full.StartsWith("/proc/", StringComparison.Ordinal))
            && !full.StartsWith("/dev/shm/", StringComparison.Ordinal);
    }

    private static string Target(string path)
    {
        string full = Path.GetFullPath(path);
        return new FileInfo(full).LinkTarget is null ? full : File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full;
    }

    // The first error is the one to report; a temporary that cannot be removed must not hide it.
    private static void Discard(string temporary)
    {
        try { File.Delete(temporary); }
        catch (IOException) { }
        catch (UnauthorizedAccessException) { }
    }

    // What follows " : '" is the name of the temporary file, which nobody has heard of.
    private static string Reason(Exception e, string path) =>
        e is UnauthorizedAccessException ? $"no permission to write in '{Path.GetDirectoryName(Path.GetFullPath(path))}'" : e.Message.ReplaceLineEndings(" ").Split(" : '")[0];
}
