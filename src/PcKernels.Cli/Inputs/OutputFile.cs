namespace PcKernels.Cli.Inputs;

/// <summary>Finds out before the work begins whether its result has a place.</summary>
internal static class OutputFile
{
    /// <summary>Throws where a file cannot come to lie. The disk may still turn out to be full later.</summary>
    /// <exception cref="RunException">The folder does not exist, or the path is a folder.</exception>
    public static void Check(string? path)
    {
        if (path is null) return;
        if (Directory.Exists(path)) throw new RunException($"'{path}' cannot be written: it is a folder, and a file's name is needed");
        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? ".";
        if (!Directory.Exists(folder)) throw new RunException($"'{path}' cannot be written: the folder '{folder}' does not exist");
    }
}
