namespace PcKernels.Cuda;

/// <summary>Where the machine code of kernels comes from.</summary>
public enum CudaKernels
{
    /// <summary>The first that this device and driver can run: machine code, PTX, NVRTC. The emulator takes PTX.</summary>
    Auto,

    /// <summary>Machine code made by CMake: in the assembly, or in <c>kernels/</c> beside the program.</summary>
    Fatbin,

    /// <summary>The checked-in PTX, which the driver compiles.</summary>
    Ptx,

    /// <summary>The sources in the assembly, compiled at run time by NVRTC for this device and kept in a folder on disk.</summary>
    Nvrtc,
}
