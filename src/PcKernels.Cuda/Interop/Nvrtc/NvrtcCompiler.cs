using System.Runtime.InteropServices;

namespace PcKernels.Cuda.Interop.Nvrtc;

/// <summary>Compiles kernels at run time. Its functions may be called from any thread.</summary>
internal static unsafe class NvrtcCompiler
{
    /// <summary>The library's version, such as 13.0.</summary>
    /// <exception cref="InputException">There is no NVRTC here.</exception>
    internal static Version Version()
    {
        Require();
        int major, minor;
        Check(NvrtcFunctions.Version(&major, &minor), "its version");
        return new Version(major, minor);
    }

    /// <summary>Compute capabilities it compiles for, as 80 for 8.0, in ascending order.</summary>
    /// <exception cref="InputException">There is no NVRTC here.</exception>
    internal static IReadOnlyList<int> Architectures()
    {
        Require();
        int count;
        Check(NvrtcFunctions.GetNumSupportedArchs(&count), "its architectures");
        var architectures = new int[count];
        fixed (int* first = architectures) Check(NvrtcFunctions.GetSupportedArchs(first), "its architectures");
        Array.Sort(architectures);
        return architectures;
    }

    /// <summary>The options that our kernels are compiled with, as nvcc's in cmake/PckKernel.cmake; functions without a mark, such as lambdas, are the device's.</summary>
    /// <param name="architecture"><c>sm_90</c> for machine code, <c>compute_90</c> for PTX.</param>
    internal static string[] Options(string architecture) => ["--std=c++20", "-default-device", $"--gpu-architecture={architecture}"];

    /// <summary>Compiles one source.</summary>
    /// <param name="source">The source and the headers it includes.</param>
    /// <param name="options">Options; an architecture <c>sm_…</c> gives machine code, <c>compute_…</c> gives PTX.</param>
    /// <returns>Machine code or PTX.</returns>
    /// <exception cref="InputException">There is no NVRTC here.</exception>
    /// <exception cref="NvrtcException">The source does not compile; the log is inside.</exception>
    internal static byte[] Compile(KernelSource source, IReadOnlyList<string> options)
    {
        Require();
        nint program;
        using var texts = new Texts();
        byte** headers = texts.Table(source.Headers.Values), names = texts.Table(source.Headers.Keys);
        Check(NvrtcFunctions.CreateProgram(&program, texts.Add(source.Text), texts.Add(source.Name), source.Headers.Count, headers, names), source.Name);
        try
        {
            int code = NvrtcFunctions.CompileProgram(program, options.Count, texts.Table(options));
            if (code != NvrtcFunctions.Success) throw new NvrtcException($"{source.Name} ({string.Join(' ', options)})", Name(code), Log(program));
            return Result(program, source.Name, options.Any(static o => o.Contains("=sm_", StringComparison.Ordinal)));
        }
        finally
        {
            // Nothing is left to be done about a program that cannot be destroyed.
            _ = NvrtcFunctions.DestroyProgram(&program);
        }
    }

    private static byte[] Result(nint program, string name, bool isMachineCode)
    {
        nuint bytes;
        Check(isMachineCode ? NvrtcFunctions.GetCubinSize(program, &bytes) : NvrtcFunctions.GetPtxSize(program, &bytes), name);
        byte[] result = new byte[bytes];
        fixed (byte* to = result) Check(isMachineCode ? NvrtcFunctions.GetCubin(program, to) : NvrtcFunctions.GetPtx(program, to), name);
        return result;
    }

    private static string Log(nint program)
    {
        nuint bytes;
        if (NvrtcFunctions.GetProgramLogSize(program, &bytes) != 0 || bytes <= 1) return "";
        byte[] log = new byte[bytes];
        fixed (byte* to = log) return NvrtcFunctions.GetProgramLog(program, to) == 0 ? Marshal.PtrToStringUTF8((nint)to)!.Trim() : "";
    }

    private static void Require()
    {
        if (NvrtcLibrary.WhyMissing is { } reason) throw new InputException(reason);
    }

    private static void Check(int code, string what)
    {
        if (code != NvrtcFunctions.Success) throw new NvrtcException(what, Name(code), "");
    }

    private static string Name(int code) => Marshal.PtrToStringUTF8((nint)NvrtcFunctions.GetErrorString(code)) ?? $"error {code}";

    /// <summary>Zero-terminated texts in native memory, freed together.</summary>
    private sealed class Texts : IDisposable
    {
        private readonly List<nint> _blocks = [];

        public byte* Add(string text) => (byte*)Keep(Marshal.StringToCoTaskMemUTF8(text));

        public byte** Table(IEnumerable<string> texts)
        {
            string[] all = [.. texts];
            var table = (byte**)Keep(Marshal.AllocCoTaskMem(Math.Max(1, all.Length) * sizeof(byte*)));
            for (int i = 0; i < all.Length; i++) table[i] = Add(all[i]);
            return table;
        }

        public void Dispose()
        {
            foreach (nint block in _blocks) Marshal.FreeCoTaskMem(block);
        }

        private nint Keep(nint block)
        {
            _blocks.Add(block);
            return block;
        }
    }
}
