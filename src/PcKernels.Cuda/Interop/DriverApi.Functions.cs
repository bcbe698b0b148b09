namespace PcKernels.Cuda.Interop;

internal sealed unsafe partial class DriverApi
{
    internal readonly delegate* unmanaged<uint, int> Init;
    internal readonly delegate* unmanaged<int*, int> DriverGetVersion;
    internal readonly delegate* unmanaged<int, byte**, int> GetErrorName;
    internal readonly delegate* unmanaged<int*, int> DeviceGetCount;
    internal readonly delegate* unmanaged<int*, int, int> DeviceGet;
    internal readonly delegate* unmanaged<byte*, int, int, int> DeviceGetName;
    internal readonly delegate* unmanaged<byte*, int, int> DeviceGetUuid;
    internal readonly delegate* unmanaged<int*, int, int, int> DeviceGetAttribute;
    internal readonly delegate* unmanaged<nuint*, int, int> DeviceTotalMem;

    // Contexts
    internal readonly delegate* unmanaged<nint*, int, int> PrimaryCtxRetain;
    internal readonly delegate* unmanaged<int, int> PrimaryCtxRelease;
    internal readonly delegate* unmanaged<int, int> PrimaryCtxReset;
    internal readonly delegate* unmanaged<nint*, int> CtxGetCurrent;
    internal readonly delegate* unmanaged<nint, int> CtxPushCurrent;
    internal readonly delegate* unmanaged<nint*, int> CtxPopCurrent;
    internal readonly delegate* unmanaged<int*, int> CtxGetDevice;
    internal readonly delegate* unmanaged<int> CtxSynchronize;
    internal readonly delegate* unmanaged<int*, int*, int> CtxGetStreamPriorityRange;

    // Memory
    internal readonly delegate* unmanaged<ulong*, nuint, int> MemAlloc;
    internal readonly delegate* unmanaged<ulong, int> MemFree;
    internal readonly delegate* unmanaged<nuint*, nuint*, int> MemGetInfo;
    internal readonly delegate* unmanaged<ulong*, nuint*, ulong, int> MemGetAddressRange;
    internal readonly delegate* unmanaged<void**, nuint, uint, int> MemHostAlloc;
    internal readonly delegate* unmanaged<void*, int> MemFreeHost;
    internal readonly delegate* unmanaged<void*, nuint, uint, int> MemHostRegister;
    internal readonly delegate* unmanaged<void*, int> MemHostUnregister;
    internal readonly delegate* unmanaged<ulong, void*, nuint, int> MemcpyHtoD;
    internal readonly delegate* unmanaged<void*, ulong, nuint, int> MemcpyDtoH;
    internal readonly delegate* unmanaged<ulong, ulong, nuint, int> MemcpyDtoD;
    internal readonly delegate* unmanaged<ulong, void*, nuint, nint, int> MemcpyHtoDAsync;
    internal readonly delegate* unmanaged<void*, ulong, nuint, nint, int> MemcpyDtoHAsync;
    internal readonly delegate* unmanaged<ulong, ulong, nuint, nint, int> MemcpyDtoDAsync;
    internal readonly delegate* unmanaged<ulong, byte, nuint, int> MemsetD8;
    internal readonly delegate* unmanaged<ulong, uint, nuint, int> MemsetD32;
    internal readonly delegate* unmanaged<ulong, byte, nuint, nint, int> MemsetD8Async;
    internal readonly delegate* unmanaged<ulong, uint, nuint, nint, int> MemsetD32Async;

    // Modules and functions
    internal readonly delegate* unmanaged<nint*, void*, uint, int*, void**, int> ModuleLoadDataEx;
    internal readonly delegate* unmanaged<nint, int> ModuleUnload;
    internal readonly delegate* unmanaged<nint*, nint, byte*, int> ModuleGetFunction;
    internal readonly delegate* unmanaged<ulong*, nuint*, nint, byte*, int> ModuleGetGlobal;
    internal readonly delegate* unmanaged<int*, int, nint, int> FuncGetAttribute;
    internal readonly delegate* unmanaged<nint, int, int, int> FuncSetAttribute;
    internal readonly delegate* unmanaged<nint, nuint, nuint*, nuint*, int> FuncGetParamInfo;
    internal readonly delegate* unmanaged<int*, nint, int, nuint, int> OccupancyMaxActiveBlocks;

    // Launches
    internal readonly delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int> LaunchKernel;
    internal readonly delegate* unmanaged<void*, nint, void**, void**, int> LaunchKernelEx;
    internal readonly delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, int> LaunchCooperativeKernel;

    // Streams and events
    internal readonly delegate* unmanaged<nint*, uint, int, int> StreamCreateWithPriority;
    internal readonly delegate* unmanaged<nint, int> StreamDestroy;
    internal readonly delegate* unmanaged<nint, int> StreamSynchronize;
    internal readonly delegate* unmanaged<nint, int> StreamQuery;
    internal readonly delegate* unmanaged<nint, int*, int> StreamGetPriority;
    internal readonly delegate* unmanaged<nint, nint, uint, int> StreamWaitEvent;
    internal readonly delegate* unmanaged<nint, int, int> StreamBeginCapture;
    internal readonly delegate* unmanaged<nint, nint*, int> StreamEndCapture;
    internal readonly delegate* unmanaged<nint, int*, int> StreamIsCapturing;
    internal readonly delegate* unmanaged<nint*, uint, int> EventCreate;
    internal readonly delegate* unmanaged<nint, int> EventDestroy;
    internal readonly delegate* unmanaged<nint, nint, int> EventRecord;
    internal readonly delegate* unmanaged<nint, int> EventSynchronize;
    internal readonly delegate* unmanaged<nint, int> EventQuery;
    internal readonly delegate* unmanaged<float*, nint, nint, int> EventElapsedTime;

    // Graphs
    internal readonly delegate* unmanaged<nint*, uint, int> GraphCreate;
    internal readonly delegate* unmanaged<nint, int> GraphDestroy;
    internal readonly delegate* unmanaged<nint*, nint, nint*, nuint, KernelNodeParameters*, int> GraphAddKernelNode;
    internal readonly delegate* unmanaged<nint*, nint, nint*, nuint, CopyNodeParameters*, nint, int> GraphAddMemcpyNode;
    internal readonly delegate* unmanaged<nint*, nint, nint*, nuint, FillNodeParameters*, nint, int> GraphAddMemsetNode;
    internal readonly delegate* unmanaged<nint, nint*, nint*, nuint, int> GraphAddDependencies;
    internal readonly delegate* unmanaged<nint, nint*, nuint*, int> GraphGetNodes;
    internal readonly delegate* unmanaged<nint, int*, int> GraphNodeGetType;
    internal readonly delegate* unmanaged<nint, int, void*, int> GraphKernelNodeSetAttribute;
    internal readonly delegate* unmanaged<nint*, nint, ulong, int> GraphInstantiate;
    internal readonly delegate* unmanaged<nint, int> GraphExecDestroy;
    internal readonly delegate* unmanaged<nint, nint, int> GraphLaunch;
    internal readonly delegate* unmanaged<nint, nint, int> GraphUpload;
    internal readonly delegate* unmanaged<nint, nint, KernelNodeParameters*, int> GraphExecKernelNodeSetParams;
    internal readonly delegate* unmanaged<nint, nint, GraphUpdateResult*, int> GraphExecUpdate;

    private DriverApi(nint library, string name)
    {
        Library = library;
        LibraryName = name;
        var exports = new Exports(library);
        Init = (delegate* unmanaged<uint, int>)exports["cuInit"];
        DriverGetVersion = (delegate* unmanaged<int*, int>)exports["cuDriverGetVersion"];
        GetErrorName = (delegate* unmanaged<int, byte**, int>)exports["cuGetErrorName"];
        DeviceGetCount = (delegate* unmanaged<int*, int>)exports["cuDeviceGetCount"];
        DeviceGet = (delegate* unmanaged<int*, int, int>)exports["cuDeviceGet"];
        DeviceGetName = (delegate* unmanaged<byte*, int, int, int>)exports["cuDeviceGetName"];
        DeviceGetUuid = (delegate* unmanaged<byte*, int, int>)exports["cuDeviceGetUuid_v2"];
        DeviceGetAttribute = (delegate* unmanaged<int*, int, int, int>)exports["cuDeviceGetAttribute"];
        DeviceTotalMem = (delegate* unmanaged<nuint*, int, int>)exports["cuDeviceTotalMem_v2"];
        PrimaryCtxRetain = (delegate* unmanaged<nint*, int, int>)exports["cuDevicePrimaryCtxRetain"];
        PrimaryCtxRelease = (delegate* unmanaged<int, int>)exports["cuDevicePrimaryCtxRelease_v2"];
        PrimaryCtxReset = (delegate* unmanaged<int, int>)exports["cuDevicePrimaryCtxReset_v2"];
        CtxGetCurrent = (delegate* unmanaged<nint*, int>)exports["cuCtxGetCurrent"];
        CtxPushCurrent = (delegate* unmanaged<nint, int>)exports["cuCtxPushCurrent_v2"];
        CtxPopCurrent = (delegate* unmanaged<nint*, int>)exports["cuCtxPopCurrent_v2"];
        CtxGetDevice = (delegate* unmanaged<int*, int>)exports["cuCtxGetDevice"];
        CtxSynchronize = (delegate* unmanaged<int>)exports["cuCtxSynchronize"];
        CtxGetStreamPriorityRange = (delegate* unmanaged<int*, int*, int>)exports["cuCtxGetStreamPriorityRange"];
        MemAlloc = (delegate* unmanaged<ulong*, nuint, int>)exports["cuMemAlloc_v2"];
        MemFree = (delegate* unmanaged<ulong, int>)exports["cuMemFree_v2"];
        MemGetInfo = (delegate* unmanaged<nuint*, nuint*, int>)exports["cuMemGetInfo_v2"];
        MemGetAddressRange = (delegate* unmanaged<ulong*, nuint*, ulong, int>)exports["cuMemGetAddressRange_v2"];
        MemHostAlloc = (delegate* unmanaged<void**, nuint, uint, int>)exports["cuMemHostAlloc"];
        MemFreeHost = (delegate* unmanaged<void*, int>)exports["cuMemFreeHost"];
        MemHostRegister = (delegate* unmanaged<void*, nuint, uint, int>)exports["cuMemHostRegister_v2"];
        MemHostUnregister = (delegate* unmanaged<void*, int>)exports["cuMemHostUnregister"];
        MemcpyHtoD = (delegate* unmanaged<ulong, void*, nuint, int>)exports["cuMemcpyHtoD_v2"];
        MemcpyDtoH = (delegate* unmanaged<void*, ulong, nuint, int>)exports["cuMemcpyDtoH_v2"];
        MemcpyDtoD = (delegate* unmanaged<ulong, ulong, nuint, int>)exports["cuMemcpyDtoD_v2"];
        MemcpyHtoDAsync = (delegate* unmanaged<ulong, void*, nuint, nint, int>)exports["cuMemcpyHtoDAsync_v2"];
        MemcpyDtoHAsync = (delegate* unmanaged<void*, ulong, nuint, nint, int>)exports["cuMemcpyDtoHAsync_v2"];
        MemcpyDtoDAsync = (delegate* unmanaged<ulong, ulong, nuint, nint, int>)exports["cuMemcpyDtoDAsync_v2"];
        MemsetD8 = (delegate* unmanaged<ulong, byte, nuint, int>)exports["cuMemsetD8_v2"];
        MemsetD32 = (delegate* unmanaged<ulong, uint, nuint, int>)exports["cuMemsetD32_v2"];
        MemsetD8Async = (delegate* unmanaged<ulong, byte, nuint, nint, int>)exports["cuMemsetD8Async"];
        MemsetD32Async = (delegate* unmanaged<ulong, uint, nuint, nint, int>)exports["cuMemsetD32Async"];
        ModuleLoadDataEx = (delegate* unmanaged<nint*, void*, uint, int*, void**, int>)exports["cuModuleLoadDataEx"];
        ModuleUnload = (delegate* unmanaged<nint, int>)exports["cuModuleUnload"];
        ModuleGetFunction = (delegate* unmanaged<nint*, nint, byte*, int>)exports["cuModuleGetFunction"];
        ModuleGetGlobal = (delegate* unmanaged<ulong*, nuint*, nint, byte*, int>)exports["cuModuleGetGlobal_v2"];
        FuncGetAttribute = (delegate* unmanaged<int*, int, nint, int>)exports["cuFuncGetAttribute"];
        FuncSetAttribute = (delegate* unmanaged<nint, int, int, int>)exports["cuFuncSetAttribute"];
        FuncGetParamInfo = (delegate* unmanaged<nint, nuint, nuint*, nuint*, int>)exports["cuFuncGetParamInfo"];
        OccupancyMaxActiveBlocks = (delegate* unmanaged<int*, nint, int, nuint, int>)exports["cuOccupancyMaxActiveBlocksPerMultiprocessor"];
        LaunchKernel = (delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int>)exports["cuLaunchKernel"];
        LaunchKernelEx = (delegate* unmanaged<void*, nint, void**, void**, int>)exports["cuLaunchKernelEx"];
        LaunchCooperativeKernel = (delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, int>)exports["cuLaunchCooperativeKernel"];
        StreamCreateWithPriority = (delegate* unmanaged<nint*, uint, int, int>)exports["cuStreamCreateWithPriority"];
        StreamDestroy = (delegate* unmanaged<nint, int>)exports["cuStreamDestroy_v2"];
        StreamSynchronize = (delegate* unmanaged<nint, int>)exports["cuStreamSynchronize"];
        StreamQuery = (delegate* unmanaged<nint, int>)exports["cuStreamQuery"];
        StreamGetPriority = (delegate* unmanaged<nint, int*, int>)exports["cuStreamGetPriority"];
        StreamWaitEvent = (delegate* unmanaged<nint, nint, uint, int>)exports["cuStreamWaitEvent"];
        StreamBeginCapture = (delegate* unmanaged<nint, int, int>)exports["cuStreamBeginCapture_v2"];
        StreamEndCapture = (delegate* unmanaged<nint, nint*, int>)exports["cuStreamEndCapture"];
        StreamIsCapturing = (delegate* unmanaged<nint, int*, int>)exports["cuStreamIsCapturing"];
        EventCreate = (delegate* unmanaged<nint*, uint, int>)exports["cuEventCreate"];
        EventDestroy = (delegate* unmanaged<nint, int>)exports["cuEventDestroy_v2"];
        EventRecord = (delegate* unmanaged<nint, nint, int>)exports["cuEventRecord"];
        EventSynchronize = (delegate* unmanaged<nint, int>)exports["cuEventSynchronize"];
        EventQuery = (delegate* unmanaged<nint, int>)exports["cuEventQuery"];
        EventElapsedTime = (delegate* unmanaged<float*, nint, nint, int>)exports["cuEventElapsedTime"];
        GraphCreate = (delegate* unmanaged<nint*, uint, int>)exports["cuGraphCreate"];
        GraphDestroy = (delegate* unmanaged<nint, int>)exports["cuGraphDestroy"];
        GraphAddKernelNode = (delegate* unmanaged<nint*, nint, nint*, nuint, KernelNodeParameters*, int>)exports["cuGraphAddKernelNode_v2"];
        GraphAddMemcpyNode = (delegate* unmanaged<nint*, nint, nint*, nuint, CopyNodeParameters*, nint, int>)exports["cuGraphAddMemcpyNode"];
        GraphAddMemsetNode = (delegate* unmanaged<nint*, nint, nint*, nuint, FillNodeParameters*, nint, int>)exports["cuGraphAddMemsetNode"];
        GraphAddDependencies = (delegate* unmanaged<nint, nint*, nint*, nuint, int>)exports["cuGraphAddDependencies"];
        GraphGetNodes = (delegate* unmanaged<nint, nint*, nuint*, int>)exports["cuGraphGetNodes"];
        GraphNodeGetType = (delegate* unmanaged<nint, int*, int>)exports["cuGraphNodeGetType"];
        GraphKernelNodeSetAttribute = (delegate* unmanaged<nint, int, void*, int>)exports["cuGraphKernelNodeSetAttribute"];
        GraphInstantiate = (delegate* unmanaged<nint*, nint, ulong, int>)exports["cuGraphInstantiateWithFlags"];
        GraphExecDestroy = (delegate* unmanaged<nint, int>)exports["cuGraphExecDestroy"];
        GraphLaunch = (delegate* unmanaged<nint, nint, int>)exports["cuGraphLaunch"];
        GraphUpload = (delegate* unmanaged<nint, nint, int>)exports["cuGraphUpload"];
        GraphExecKernelNodeSetParams = (delegate* unmanaged<nint, nint, KernelNodeParameters*, int>)exports["cuGraphExecKernelNodeSetParams_v2"];
        GraphExecUpdate = (delegate* unmanaged<nint, nint, GraphUpdateResult*, int>)exports["cuGraphExecUpdate_v2"];
        exports.ThrowIfMissing();
        IsEmulator = EmulatorMessage.IsEmulator(library);
    }
}
