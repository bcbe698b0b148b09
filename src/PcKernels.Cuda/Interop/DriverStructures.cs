using System.Runtime.InteropServices;

namespace PcKernels.Cuda.Interop;

// Structures of the driver API, laid out as cuda.h has them on 64-bit machines; DriverStructureTests asserts sizes and offsets.

/// <summary><c>CUDA_KERNEL_NODE_PARAMS_v2</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct KernelNodeParameters
{
    internal nint Function;
    internal uint GridX, GridY, GridZ, BlockX, BlockY, BlockZ, SharedBytes;
    internal void** Values;
    internal void** Extra;
    internal nint Kernel, Context;
}

/// <summary><c>CUDA_MEMSET_NODE_PARAMS</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FillNodeParameters
{
    internal ulong Destination;
    internal nuint Pitch;
    internal uint Value, ElementBytes;
    internal nuint Width, Height;
}

/// <summary>One side of a <c>CUDA_MEMCPY3D_v2</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CopySide
{
    internal const int Host = 1, Device = 2; // CUmemorytype

    internal nuint XBytes, Y, Z, Level;
    internal int MemoryType;
    internal void* HostAddress;
    internal ulong DeviceAddress;
    internal nint Array, Reserved;
    internal nuint Pitch, Height;
}

/// <summary><c>CUDA_MEMCPY3D_v2</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CopyNodeParameters
{
    internal CopySide Source, Destination;
    internal nuint WidthBytes, Height, Depth;
}

/// <summary><c>CUgraphExecUpdateResultInfo</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GraphUpdateResult
{
    internal int Result;
    internal nint Node, FromNode;
}

/// <summary>An entry of a <c>CUlaunchConfig</c>.</summary>
[StructLayout(LayoutKind.Sequential, Size = 72)]
internal struct LaunchAttribute
{
    internal const int Cooperative = 2, Priority = 8; // CUlaunchAttributeID

    internal int Id, Padding, Number;
}

/// <summary><c>CUlaunchConfig</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LaunchDescription
{
    internal uint GridX, GridY, GridZ, BlockX, BlockY, BlockZ, SharedBytes;
    internal nint Stream;
    internal LaunchAttribute* Attributes;
    internal uint AttributeCount;
}
