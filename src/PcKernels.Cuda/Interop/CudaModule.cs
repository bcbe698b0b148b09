using System.Runtime.InteropServices;
using System.Text;

namespace PcKernels.Cuda.Interop;

/// <summary>Loaded kernels.</summary>
internal sealed unsafe class CudaModule : DriverHandle
{
    private const int InfoLogBuffer = 3, InfoLogBytes = 4, ErrorLogBuffer = 5, ErrorLogBytes = 6; // CUjit_option
    private const int LogBytes = 16 << 10;

    private CudaModule(CudaContext context, nint module, string name)
        : base(context, module, true) => Name = name;

    /// <summary>What the caller called it, for messages.</summary>
    internal string Name { get; }

    /// <summary>Loads PTX text, a fatbin or machine code.</summary>
    /// <param name="context">Where to.</param>
    /// <param name="name">What it is called in messages, such as its file name.</param>
    /// <param name="image">The image; text needs no final zero.</param>
    /// <exception cref="CudaException">It cannot be loaded; the detail is the compiler's log.</exception>
    internal static CudaModule Load(CudaContext context, string name, ReadOnlySpan<byte> image)
    {
        DriverApi api = context.Api;
        byte[] ended = new byte[image.Length + 1];
        image.CopyTo(ended);
        byte[] error = new byte[LogBytes], info = new byte[LogBytes];
        using ContextScope scope = context.Enter();
        fixed (byte* bytes = ended, errorLog = error, infoLog = info)
        {
            int* options = stackalloc int[] { ErrorLogBuffer, ErrorLogBytes, InfoLogBuffer, InfoLogBytes };
            void** values = stackalloc void*[] { errorLog, (void*)LogBytes, infoLog, (void*)LogBytes };
            nint module;
            int code = api.ModuleLoadDataEx(&module, bytes, 4, options, values);
            if (code != 0) api.Throw(code, "cuModuleLoadDataEx", name, Marshal.PtrToStringUTF8((nint)errorLog)?.Trim() ?? "");
            return new CudaModule(context, module, name);
        }
    }

    /// <summary>A kernel. It is good as long as the module is.</summary>
    /// <exception cref="CudaException">There is none of this name.</exception>
    internal CudaFunction Function(string name)
    {
        using ContextScope scope = Context.Enter();
        nint function;
        fixed (byte* text = Zeroed(name)) Api.Check(Api.ModuleGetFunction(&function, Handle, text), "cuModuleGetFunction", $"{name} in {Name}");
        return new CudaFunction(this, function, name);
    }

    /// <summary>A variable at module level, as bytes.</summary>
    /// <exception cref="CudaException">There is none of this name.</exception>
    internal DeviceSpan<byte> Variable(string name)
    {
        using ContextScope scope = Context.Enter();
        ulong address;
        nuint bytes;
        fixed (byte* text = Zeroed(name)) Api.Check(Api.ModuleGetGlobal(&address, &bytes, Handle, text), "cuModuleGetGlobal", $"{name} in {Name}");
        return new DeviceSpan<byte>(address, checked((int)bytes));
    }

    /// <inheritdoc/>
    protected override int Destroy(nint handle) => Api.ModuleUnload(handle);

    private static byte[] Zeroed(string name) => Encoding.UTF8.GetBytes(name + '\0');
}
