using System.IO.MemoryMappedFiles;
using PcKernels.Graphs;

namespace PcKernels.Checkpoints;

/// <summary>A safetensors file mapped into memory: its tensors borrow the mapped pages, nothing is copied until it is read.</summary>
/// <remarks>
/// The tensors are usable until <see cref="Dispose"/>; a span taken before must not be used after it. Writing to a tensor changes this process's
/// private pages and never the file. The file must not be shortened while it is mapped. Not synchronised: share for reading only.
/// Format: https://huggingface.co/docs/safetensors.
/// </remarks>
public sealed unsafe class SafetensorsFile : IDisposable
{
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly List<MappedMemory> _borrowed = [];
    private bool _disposed;

    private SafetensorsFile(FileStream stream, SafetensorsHeader header)
    {
        // Copy-on-write: a tensor's memory is writable, and a store into pages mapped read-only would end the process.
        _map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.CopyOnWrite, HandleInheritability.None, leaveOpen: true);
        _view = _map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.CopyOnWrite);
        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        start += _view.PointerOffset + header.DataStart;
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (SafetensorsEntry entry in header.Entries)
        {
            var memory = new MappedMemory(start + entry.Begin, (int)entry.Length);
            _borrowed.Add(memory);
            tensors.Add(entry.Name, new Tensor(entry.DType, entry.Shape, memory.Memory));
        }
        Tensors = tensors;
        Metadata = header.Metadata;
    }

    /// <summary>The tensors by name, in the order of their bytes.</summary>
    public IReadOnlyDictionary<string, Tensor> Tensors { get; }

    /// <summary>The strings under <c>__metadata__</c>; empty when there are none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens and checks a file.</summary>
    /// <param name="path">The file's path.</param>
    /// <exception cref="InputException">The file cannot be read, or it is not a valid safetensors file; one line says where and what would be right.</exception>
    public static SafetensorsFile Open(string path) => Safetensors.Reading(path, stream =>
        new SafetensorsFile(stream, SafetensorsHeader.Read(stream.SafeFileHandle, path)));

    /// <summary>Unmaps the file. Its tensors throw <see cref="ObjectDisposedException"/> from now on.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        foreach (MappedMemory memory in _borrowed) memory.Close();
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _map.Dispose();
    }
}
