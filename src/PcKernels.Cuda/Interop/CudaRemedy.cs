namespace PcKernels.Cuda.Interop;

/// <summary>What to do next, by <c>CUresult</c>.</summary>
internal static class CudaRemedy
{
    internal static string Of(int code) => code switch
    {
        1 => "check the values named above",
        2 => "free device memory, use a smaller batch, or a device with more memory",
        3 => "the driver is not initialised: begin with CudaContext.RetainPrimary",
        34 => "this is the toolkit's stub to link against: take its folder out of the library path and install the driver",
        35 or 222 => "install a newer NVIDIA driver, release 580 or later",
        100 => "no GPU is visible: check nvidia-smi and CUDA_VISIBLE_DEVICES; in a container, start it with --gpus all",
        200 or 209 or 218 => "the kernels do not fit this device: pass PTX text for its compute capability or an older one",
        201 or 709 => "keep the context alive while it is used, and make it current by CudaContext.Enter",
        400 => "the handle was disposed, or belongs to another context or library",
        500 => "check the name, and that the kernel is declared extern \"C\"",
        600 => "wait for it by Synchronize",
        701 => "use fewer threads a block or less shared memory",
        720 => "use fewer blocks: at most those that are resident at once, by CudaFunction.ResidentBlocks times multiprocessors",
        702 or (>= 700 and <= 719) => "the context cannot be used any more: dispose of it and find the kernel's fault, on the emulator with its checks or by compute-sanitizer",
        801 => "this device or driver lacks the feature",
        802 => "start the services of the GPU system (nvidia-fabricmanager) and try again",
        803 => "kernel module and library differ in version: restart after a driver update, or match them in the container",
        >= 900 and <= 908 => "capture only work that is queued: wait, allocate and copy synchronously before or after",
        910 => "instantiate the graph anew",
        _ => "run nvidia-smi; if it fails too, reinstall the driver or restart the machine",
    };
}
