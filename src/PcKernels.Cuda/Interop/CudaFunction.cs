using System.Runtime.CompilerServices;

namespace PcKernels.Cuda.Interop;

/// <summary>A kernel of a module; it keeps the module alive as an object, but not undisposed.</summary>
internal sealed unsafe class CudaFunction
{
    private const int MaxThreads = 0, SharedSize = 1, LocalSize = 3, NumRegisters = 4, MaxDynamicShared = 8; // CUfunction_attribute

    private readonly CudaModule _module;
    private readonly nint _function;

    internal CudaFunction(CudaModule module, nint function, string name)
    {
        (_module, _function, Name) = (module, function, name);
        ParameterBytes = ReadParameterBytes();
    }

    /// <summary>The kernel's name.</summary>
    internal string Name { get; }

    /// <summary>The size of each parameter.</summary>
    internal IReadOnlyList<int> ParameterBytes { get; }

    /// <summary>Registers a thread uses.</summary>
    internal int Registers => Attribute(NumRegisters);

    /// <summary>Bytes of local memory a thread uses; more than 0 means spills or arrays.</summary>
    internal int LocalBytes => Attribute(LocalSize);

    /// <summary>Bytes of shared memory that the kernel declares itself.</summary>
    internal int StaticSharedBytes => Attribute(SharedSize);

    /// <summary>The most threads a block of this kernel may have.</summary>
    internal int MaxThreadsPerBlock => Attribute(MaxThreads);

    /// <summary>The most bytes of dynamic shared memory a launch may ask for; above 48 KiB it has to be raised first.</summary>
    internal int DynamicSharedLimit
    {
        get => Attribute(MaxDynamicShared);
        set
        {
            using ContextScope scope = Context.Enter();
            Api.Check(Api.FuncSetAttribute(Handle, MaxDynamicShared, value), "cuFuncSetAttribute", $"{value} bytes of dynamic shared memory for {Name}");
        }
    }

    /// <summary>The handle, to hand to another library. It is good as long as the module is.</summary>
    /// <exception cref="ObjectDisposedException">The module has been disposed.</exception>
    internal nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_module.IsClosed, _module);
            return _function;
        }
    }

    private CudaContext Context => _module.Context;

    private DriverApi Api => _module.Context.Api;

    /// <summary>Blocks of this size that one multiprocessor holds at once; times multiprocessors, the most that a cooperative launch may have.</summary>
    internal int ResidentBlocks(int threads, int dynamicSharedBytes)
    {
        using ContextScope scope = Context.Enter();
        int blocks;
        Api.Check(Api.OccupancyMaxActiveBlocks(&blocks, Handle, threads, (nuint)dynamicSharedBytes), "cuOccupancyMaxActiveBlocksPerMultiprocessor",
            $"{Name}, {threads} threads, {dynamicSharedBytes} bytes shared");
        return blocks;
    }

    /// <summary>Fails on arguments that the kernel does not take: the driver would read past them.</summary>
    /// <exception cref="ArgumentException">Their number, or the size of one, is not the kernel's.</exception>
    internal void CheckArguments(ReadOnlySpan<KernelArgument> arguments)
    {
        if (arguments.Length != ParameterBytes.Count)
            throw new ArgumentException($"kernel {Name} takes {ParameterBytes.Count} arguments, {arguments.Length} were given");
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i].Bytes != ParameterBytes[i])
                throw new ArgumentException($"kernel {Name}: argument {i} has {arguments[i].Bytes} bytes, the kernel takes {ParameterBytes[i]}");
        }
    }

    /// <summary>As <see cref="CheckArguments"/>, for a kernel that takes one structure.</summary>
    /// <exception cref="ArgumentException">The kernel takes another number of arguments, or one of another size.</exception>
    internal void CheckParameters<T>() where T : unmanaged
    {
        if (ParameterBytes.Count != 1 || ParameterBytes[0] != Unsafe.SizeOf<T>())
            throw new ArgumentException($"kernel {Name} takes parameters of {string.Join(" + ", ParameterBytes)} bytes, {typeof(T).Name} has {Unsafe.SizeOf<T>()}");
    }

    private int Attribute(int attribute)
    {
        using ContextScope scope = Context.Enter();
        int value;
        Api.Check(Api.FuncGetAttribute(&value, attribute, Handle), "cuFuncGetAttribute", $"attribute {attribute} of {Name}");
        return value;
    }

    private List<int> ReadParameterBytes()
    {
        const int invalidValue = 1; // past the last one
        using ContextScope scope = Context.Enter();
        var sizes = new List<int>();
        for (nuint i = 0; ; i++)
        {
            nuint offset, bytes;
            int code = Api.FuncGetParamInfo(_function, i, &offset, &bytes);
            if (code == invalidValue) return sizes;
            Api.Check(code, "cuFuncGetParamInfo", $"parameter {i} of {Name}");
            sizes.Add((int)bytes);
        }
    }
}
