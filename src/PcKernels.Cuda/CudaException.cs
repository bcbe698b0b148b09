namespace PcKernels.Cuda;

/// <summary>A call of the CUDA driver, or of the emulator in its place, that failed.</summary>
/// <param name="code">The driver's number for the error (<c>CUresult</c>).</param>
/// <param name="name">Its name, such as <c>CUDA_ERROR_OUT_OF_MEMORY</c>.</param>
/// <param name="operation">What was being done, on which object, with which values.</param>
/// <param name="detail">What the driver, its compiler or the emulator added; empty when nothing.</param>
/// <remarks>Codes 700 to 719 leave the context unusable: every later call in it fails with the same code.</remarks>
public sealed class CudaException(int code, string name, string operation, string detail = "")
    : Exception($"{operation} failed with {name} ({code}){(detail.Length > 0 ? ": " + detail : "")}; {Interop.CudaRemedy.Of(code)}")
{
    /// <summary>The driver's number for the error (<c>CUresult</c>).</summary>
    public int Code { get; } = code;

    /// <summary>The error's name, such as <c>CUDA_ERROR_OUT_OF_MEMORY</c>.</summary>
    public string Name { get; } = name;

    /// <summary>What was being done, on which object, with which values.</summary>
    public string Operation { get; } = operation;

    /// <summary>What the driver, its compiler or the emulator added; empty when nothing.</summary>
    public string Detail { get; } = detail;
}
