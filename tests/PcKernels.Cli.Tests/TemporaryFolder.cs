namespace PcKernels.Cli.Tests;

/// <summary>A folder that is gone after the test.</summary>
public abstract class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pck-cli-");

    protected string Folder => _folder.FullName;

    protected string At(string name) => Path.Combine(_folder.FullName, name);

    protected string Text(string name, string content)
    {
        File.WriteAllText(At(name), content);
        return At(name);
    }

    protected string Bytes(string name, params byte[] content)
    {
        File.WriteAllBytes(At(name), content);
        return At(name);
    }

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }
}
