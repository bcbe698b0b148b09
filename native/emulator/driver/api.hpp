// The driver API as callers see it: codes, attributes and structures, laid out as in NVIDIA's cuda.h, declared here so that no toolkit is
// needed to build. Names are ours, numbers and layouts theirs.
#pragma once

#include "core/basics.hpp"

#if defined(_WIN32)
#define PCK_DRIVER_API extern "C" __declspec(dllexport)::pck::emulator::facade::Result
#else
#define PCK_DRIVER_API extern "C" __attribute__((visibility("default"))) ::pck::emulator::facade::Result
#endif

// A namespace of its own: the core has events and programs too, and means other things by them.
namespace pck::emulator::facade {

constexpr int driver_version = 13000; // the newest CUDA whose PTX is taken

enum class Result : int {
    success = 0,
    invalid_value = 1,
    out_of_memory = 2,
    not_initialized = 3,
    invalid_device = 101,
    invalid_image = 200,
    invalid_context = 201,
    no_binary_for_gpu = 209,
    unsupported_limit = 215,
    invalid_ptx = 218,
    unsupported_ptx_version = 222,
    file_not_found = 301,
    invalid_handle = 400,
    illegal_state = 401,
    not_found = 500,
    not_ready = 600,
    illegal_address = 700,
    launch_out_of_resources = 701,
    launch_timeout = 702,
    primary_context_active = 708,
    context_is_destroyed = 709,
    host_memory_already_registered = 712,
    host_memory_not_registered = 713,
    misaligned_address = 716,
    launch_failed = 719,
    cooperative_launch_too_large = 720,
    not_supported = 801,
    stream_capture_unsupported = 900,
    stream_capture_invalidated = 901,
    stream_capture_merge = 902,
    stream_capture_unmatched = 903,
    stream_capture_unjoined = 904,
    stream_capture_isolation = 905,
    stream_capture_implicit = 906,
    captured_event = 907,
    stream_capture_wrong_thread = 908,
    graph_exec_update_failure = 910,
    unknown = 999
};

// "CUDA_ERROR_..." and a sentence; null for a code that no driver has.
const char* result_name(Result code);
const char* result_text(Result code);

using Device = int;
using DevicePointer = u64;

enum class CaptureStatus : int { none, active, invalidated };
enum class CaptureMode : int { global, thread_local_, relaxed };
enum class NodeType : int { kernel, memcpy, memset, host, graph, empty };
enum class MemoryType : int { host = 1, device = 2, array = 3, unified = 4 };

namespace function_attribute {
enum : int {
    max_threads,
    shared_bytes,
    const_bytes,
    local_bytes,
    registers,
    ptx_version,
    binary_version,
    cache_mode_ca,
    max_dynamic_shared,
    carveout
};
}

namespace launch_attribute {
enum : int { ignore = 0, cooperative = 2, cluster_dimension = 4, programmatic_stream_serialization = 6, priority = 8 };
}

namespace stream_flag {
enum : u32 { non_blocking = 1 };
}

namespace event_flag {
enum : u32 { blocking_sync = 1, disable_timing = 2, interprocess = 4 };
}

struct LaunchAttribute {
    int id;
    int padding;
    union {
        char bytes[64];
        int number;
        u32 dimensions[3];
    } value;
};
static_assert(sizeof(LaunchAttribute) == 72);

struct LaunchDescription { // CUlaunchConfig
    u32 grid[3], block[3];
    u32 shared_bytes;
    void* stream;
    const LaunchAttribute* attributes;
    u32 attribute_count;
};
static_assert(sizeof(LaunchDescription) == 56);

struct KernelNodeParameters { // CUDA_KERNEL_NODE_PARAMS_v2
    void* function;
    u32 grid[3], block[3];
    u32 shared_bytes;
    void** values;
    void** extra;
    void* kernel;
    void* context;
};
static_assert(sizeof(KernelNodeParameters) == 72);

struct MemsetNodeParameters { // CUDA_MEMSET_NODE_PARAMS
    DevicePointer destination;
    size_t pitch;
    u32 value, element_bytes;
    size_t width, height;
};
static_assert(sizeof(MemsetNodeParameters) == 40);

struct CopySide {
    size_t x_bytes, y, z, level;
    MemoryType type;
    void* host;
    DevicePointer device;
    void* array;
    void* reserved;
    size_t pitch, height;
};

struct CopyDescription { // CUDA_MEMCPY3D_v2
    CopySide source, destination;
    size_t width_bytes, height, depth;
};
static_assert(sizeof(CopyDescription) == 200);

struct GraphUpdateResult { // CUgraphExecUpdateResultInfo
    int result;
    void* node;
    void* from_node;
};

} // namespace pck::emulator::facade
