// cuInit, cuDevice..., cuDriverGetVersion.
#include "driver/driver.hpp"

#include <cstring>

using namespace pck::emulator;
using namespace pck::emulator::facade;

namespace {

// The numbers of CUdevice_attribute. What is not listed is 0, as for a feature that a device does not have.
int attribute(const DeviceProperties& device, int which) {
    const auto whole = [](u64 value) { return static_cast<int>(std::min<u64>(value, 0x7fffffff)); };
    switch (which) {
    case 1:
        return whole(device.threads_per_block);
    case 2:
        return whole(device.largest_block.x);
    case 3:
        return whole(device.largest_block.y);
    case 4:
        return whole(device.largest_block.z);
    case 5:
        return whole(device.largest_grid.x);
    case 6:
        return whole(device.largest_grid.y);
    case 7:
        return whole(device.largest_grid.z);
    case 8:
        return whole(device.shared_per_block);
    case 9:
        return whole(device.constant_bytes);
    case 10:
        return static_cast<int>(warp_size);
    case 11:
        return 0x7fffffff; // pitch of a copy
    case 12:
        return whole(device.registers_per_block);
    case 13:
        return whole(device.clock_khz);
    case 14:
        return 512; // texture alignment
    case 15:
        return 1; // copies beside kernels
    case 16:
        return whole(device.multiprocessors);
    case 19:
        return 1; // host memory can be mapped
    case 31:
        return 1; // kernels beside one another
    case 36:
        return whole(device.memory_clock_khz);
    case 37:
        return whole(device.memory_bus_bits);
    case 38:
        return whole(device.l2_bytes);
    case 39:
        return whole(device.threads_per_multiprocessor);
    case 40:
        return 1; // copy engines
    case 41:
        return 1; // unified addressing
    case 75:
        return whole(device.capability_major);
    case 76:
        return whole(device.capability_minor);
    case 78:
        return 1; // stream priorities
    case 81:
        return whole(device.shared_per_multiprocessor);
    case 82:
        return whole(device.registers_per_multiprocessor);
    case 95:
        return 1; // cooperative launches
    case 97:
        return whole(device.shared_per_block_optin);
    case 99:
        return 1; // host memory can be registered
    case 106:
        return whole(device.blocks_per_multiprocessor);
    case 111:
        return whole(device.shared_reserved_per_block);
    case 115:
        return 1; // stream-ordered allocation
    default:
        return 0;
    }
}

} // namespace

PCK_DRIVER_API cuInit(unsigned flags) {
    return enter("cuInit", [&](Driver& d) {
        require(flags == 0, "flags must be 0");
        if (d.initialised)
            return;
#if defined(PCK_EMULATOR_NEEDS_AVX2)
        if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("bmi2"))
            fail(Result::not_supported, "this emulator was built for processors with AVX2; build it with -DPCK_EMULATOR_BASELINE=ON");
#endif
        try {
            d.settings = settings_from_environment();
        } catch (const std::invalid_argument& error) {
            fail(Result::invalid_value, error.what());
        }
        d.machine = std::make_unique<Machine>(d.settings.device);
        d.journal.write(d.settings.report_path);
        d.initialised = true;
    });
}

PCK_DRIVER_API cuDriverGetVersion(int* version) {
    return enter("cuDriverGetVersion", [&](Driver&) {
        require(version != nullptr, "version is null");
        *version = driver_version;
    });
}

PCK_DRIVER_API cuDeviceGetCount(int* count) {
    return call("cuDeviceGetCount", [&](Driver&) {
        require(count != nullptr, "count is null");
        *count = 1;
    });
}

PCK_DRIVER_API cuDeviceGet(Device* device, int ordinal) {
    return call("cuDeviceGet", [&](Driver&) {
        require(device != nullptr, "device is null");
        check_device(ordinal);
        *device = ordinal;
    });
}

PCK_DRIVER_API cuDeviceGetName(char* text, int bytes, Device device) {
    return call("cuDeviceGetName", [&](Driver& d) {
        require(text != nullptr && bytes > 0, "there is no room for the name");
        check_device(device);
        std::strncpy(text, d.device().name.c_str(), static_cast<size_t>(bytes));
        text[bytes - 1] = 0;
    });
}

PCK_DRIVER_API cuDeviceGetUuid_v2(char* uuid, Device device) {
    return call("cuDeviceGetUuid", [&](Driver&) {
        require(uuid != nullptr, "uuid is null");
        check_device(device);
        std::memcpy(uuid, "PcKernelsEmulat0", 16);
    });
}

PCK_DRIVER_API cuDeviceGetUuid(char* uuid, Device device) { return cuDeviceGetUuid_v2(uuid, device); }

PCK_DRIVER_API cuDeviceGetAttribute(int* value, int which, Device device) {
    return call("cuDeviceGetAttribute", [&](Driver& d) {
        require(value != nullptr, "value is null");
        require(which > 0 && which < 150, "there is no such attribute");
        check_device(device);
        *value = attribute(d.device(), which);
    });
}

PCK_DRIVER_API cuDeviceTotalMem_v2(size_t* bytes, Device device) {
    return call("cuDeviceTotalMem", [&](Driver& d) {
        require(bytes != nullptr, "bytes is null");
        check_device(device);
        *bytes = d.device().memory_bytes;
    });
}
