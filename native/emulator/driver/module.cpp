// Modules from PTX text, their functions and variables.
#include "driver/driver.hpp"

#include <cctype>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string_view>

using namespace pck::emulator;
using namespace pck::emulator::facade;

namespace {

// "9.0" or "sm_90a" after the directive, as 90; 0 where it is missing.
int after_directive(std::string_view text, std::string_view directive) {
    size_t at = text.find(directive);
    while (at != std::string_view::npos && at != 0 && text[at - 1] != '\n')
        at = text.find(directive, at + 1);
    if (at == std::string_view::npos)
        return 0;
    at += directive.size();
    int value = 0;
    while (at < text.size() && text[at] != '\n' && (std::isdigit(static_cast<unsigned char>(text[at])) == 0))
        at++;
    for (; at < text.size() && (std::isdigit(static_cast<unsigned char>(text[at])) != 0 || text[at] == '.'); at++)
        if (text[at] != '.')
            value = value * 10 + (text[at] - '0');
    return value;
}

// A caller's log buffers among the options of cuModuleLoadDataEx; sizes are overwritten with what was written.
struct Logs {
    char* error = nullptr;
    char* info = nullptr;
    void** error_bytes = nullptr;
    void** info_bytes = nullptr;

    Logs(unsigned count, const int* options, void** values) {
        require(count == 0 || (options != nullptr && values != nullptr), "options or their values are null");
        for (unsigned i = 0; i < count; i++)
            switch (options[i]) {
            case 3:
                info = static_cast<char*>(values[i]);
                break;
            case 4:
                info_bytes = &values[i];
                break;
            case 5:
                error = static_cast<char*>(values[i]);
                break;
            case 6:
                error_bytes = &values[i];
                break;
            default:
                require(options[i] >= 0 && options[i] <= 40, "there is no such option");
            }
    }

    static void write(char* buffer, void** bytes, const std::string& text) {
        if (buffer == nullptr || bytes == nullptr)
            return;
        const size_t room = static_cast<size_t>(reinterpret_cast<u64>(*bytes) & 0xffffffffu);
        if (room == 0)
            return;
        const size_t used = std::min(room - 1, text.size());
        std::memcpy(buffer, text.data(), used);
        buffer[used] = 0;
        *bytes = reinterpret_cast<void*>(static_cast<u64>(used + 1));
    }
};

bool is_text(const char* image) {
    for (; std::isspace(static_cast<unsigned char>(*image)) != 0; image++) {
    }
    return *image == '/' || *image == '.';
}

void check_image(const char* image) {
    u32 magic = 0;
    std::memcpy(&magic, image, std::min<size_t>(4, std::strlen(image)));
    if (magic == 0x464c457f || magic == 0xba55ed50)
        fail(Result::no_binary_for_gpu, "this is machine code or a fatbin; the emulator takes PTX text");
    if (!is_text(image) || std::strstr(image, ".version") == nullptr)
        fail(Result::invalid_image, "this is no PTX text");
}

Module& load(Driver& d, Context& context, std::string text) {
    const int version = after_directive(text, ".version"), target = after_directive(text, ".target");
    const int device = static_cast<int>(d.device().capability_major * 10 + d.device().capability_minor);
    if (version >= 100)
        fail(Result::unsupported_ptx_version,
             "PTX ISA " + std::to_string(version / 10) + "." + std::to_string(version % 10) + " is newer than 9.x");
    if (target > device)
        fail(Result::invalid_ptx, "the PTX is for sm_" + std::to_string(target) + ", the device is sm_" + std::to_string(device));
    std::shared_ptr<Program> program;
    try {
        program = d.programs.read(d.memory(), std::move(text));
    } catch (const LoadError& error) {
        fail(Result::invalid_ptx, error.what());
    }
    Module& module = d.add<Module>();
    module.context = &context;
    module.program = std::move(program);
    module.ptx_version = version;
    module.target = target;
    return module;
}

Result load_text(const char* name, Module** out, const void* image, unsigned count, const int* options, void** values) {
    return call_in_context(name, [&](Driver& d, Context& context) {
        require(out != nullptr && image != nullptr, "the module's place or the image is null");
        Logs logs(count, options, values);
        const char* text = static_cast<const char*>(image);
        try {
            check_image(text);
            *out = &load(d, context, text);
        } catch (const Failure& failure) {
            Logs::write(logs.error, logs.error_bytes, failure.what());
            Logs::write(logs.info, logs.info_bytes, "");
            throw;
        }
        Logs::write(logs.error, logs.error_bytes, "");
        Logs::write(logs.info, logs.info_bytes, "interpreted by the PcKernels emulator");
    });
}

// Shared memory that a block gets without asking for more.
u32 default_dynamic_limit(const Driver& d, const Function& function) {
    return d.device().shared_per_block - std::min(d.device().shared_per_block, function.static_shared);
}

} // namespace

PCK_DRIVER_API cuModuleLoadData(Module** out, const void* image) { return load_text("cuModuleLoadData", out, image, 0, nullptr, nullptr); }

PCK_DRIVER_API cuModuleLoadDataEx(Module** out, const void* image, unsigned count, const int* options, void** values) {
    return load_text("cuModuleLoadDataEx", out, image, count, options, values);
}

PCK_DRIVER_API cuModuleLoad(Module** out, const char* path) {
    return call_in_context("cuModuleLoad", [&](Driver& d, Context& context) {
        require(out != nullptr && path != nullptr, "the module's place or the path is null");
        std::ifstream file(path, std::ios::binary);
        if (!file)
            fail(Result::file_not_found, std::string(path) + " cannot be read");
        std::stringstream text;
        text << file.rdbuf();
        check_image(text.str().c_str());
        *out = &load(d, context, text.str());
    });
}

PCK_DRIVER_API cuModuleUnload(Module* handle) {
    return call_in_context("cuModuleUnload", [&](Driver& d, Context& context) {
        Module& module = d.need<Module>(handle, "the module");
        finish(context);
        for (const auto& [name, kernel] : module.kernels)
            d.remove(kernel);
        d.remove(&module);
        check_health(context);
    });
}

PCK_DRIVER_API cuModuleGetFunction(Kernel** out, Module* handle, const char* name) {
    return call_in_context("cuModuleGetFunction", [&](Driver& d, Context&) {
        require(out != nullptr && name != nullptr, "the function's place or its name is null");
        Module& module = d.need<Module>(handle, "the module");
        const Function* function = module.program->kernel(name);
        if (function == nullptr)
            fail(Result::not_found, std::string("the module has no kernel ") + name);
        Kernel*& kernel = module.kernels[name];
        if (kernel == nullptr) {
            kernel = &d.add<Kernel>();
            kernel->module = &module;
            kernel->function = function;
            kernel->dynamic_limit = default_dynamic_limit(d, *function);
        }
        *out = kernel;
    });
}

PCK_DRIVER_API cuModuleGetGlobal_v2(DevicePointer* address, size_t* bytes, Module* handle, const char* name) {
    return call_in_context("cuModuleGetGlobal", [&](Driver& d, Context&) {
        require(name != nullptr && (address != nullptr || bytes != nullptr), "the name, or both places, are null");
        u64 size = 0;
        const u64 at = d.need<Module>(handle, "the module").program->variable(name, &size);
        if (at == 0)
            fail(Result::not_found, std::string("the module has no variable ") + name);
        if (address != nullptr)
            *address = at;
        if (bytes != nullptr)
            *bytes = size;
    });
}

PCK_DRIVER_API cuFuncGetModule(Module** out, Kernel* handle) {
    return call_in_context("cuFuncGetModule", [&](Driver& d, Context&) {
        require(out != nullptr, "the module's place is null");
        *out = d.need<Kernel>(handle, "the function").module;
    });
}

PCK_DRIVER_API cuFuncGetName(const char** out, Kernel* handle) {
    return call_in_context("cuFuncGetName", [&](Driver& d, Context&) {
        require(out != nullptr, "the name's place is null");
        *out = d.need<Kernel>(handle, "the function").function->name.c_str();
    });
}

PCK_DRIVER_API cuFuncGetParamInfo(Kernel* handle, size_t index, size_t* offset, size_t* bytes) {
    return call_in_context("cuFuncGetParamInfo", [&](Driver& d, Context&) {
        const Function& function = *d.need<Kernel>(handle, "the function").function;
        require(offset != nullptr, "the offset's place is null");
        require(index < function.parameters.size(), "the kernel has no such parameter");
        *offset = function.parameters[index].offset;
        if (bytes != nullptr)
            *bytes = function.parameters[index].size;
    });
}

PCK_DRIVER_API cuFuncGetAttribute(int* out, int which, Kernel* handle) {
    return call_in_context("cuFuncGetAttribute", [&](Driver& d, Context&) {
        require(out != nullptr, "the value's place is null");
        const Kernel& kernel = d.need<Kernel>(handle, "the function");
        const Function& function = *kernel.function;
        const DeviceProperties& device = d.device();
        switch (which) {
        case function_attribute::max_threads: {
            u32 threads = std::min(function.max_threads, device.threads_per_block);
            while (threads > 0 && max_active_blocks(device, function, threads, 0) == 0)
                threads -= std::min(threads, warp_size);
            *out = static_cast<int>(threads);
            break;
        }
        case function_attribute::shared_bytes:
            *out = static_cast<int>(function.static_shared);
            break;
        case function_attribute::const_bytes:
            *out = 0;
            break;
        case function_attribute::local_bytes:
            *out = static_cast<int>(function.local_bytes);
            break;
        case function_attribute::registers:
            *out = static_cast<int>(registers_per_thread(function));
            break;
        case function_attribute::ptx_version:
            *out = kernel.module->target;
            break;
        case function_attribute::binary_version:
            *out = static_cast<int>(device.capability_major * 10 + device.capability_minor);
            break;
        case function_attribute::cache_mode_ca:
            *out = 0;
            break;
        case function_attribute::max_dynamic_shared:
            *out = static_cast<int>(kernel.dynamic_limit);
            break;
        case function_attribute::carveout:
            *out = kernel.carveout;
            break;
        default:
            require(which >= 0 && which <= 15, "there is no such attribute");
            *out = 0;
        }
    });
}

PCK_DRIVER_API cuFuncSetAttribute(Kernel* handle, int which, int value) {
    return call_in_context("cuFuncSetAttribute", [&](Driver& d, Context&) {
        Kernel& kernel = d.need<Kernel>(handle, "the function");
        if (which == function_attribute::max_dynamic_shared) {
            const u32 most =
                d.device().shared_per_block_optin - std::min(d.device().shared_per_block_optin, kernel.function->static_shared);
            if (value < 0 || static_cast<u32>(value) > most)
                fail(Result::invalid_value, "kernel " + kernel.function->name + ": " + std::to_string(value) +
                                                " bytes of dynamic shared memory, the device has " + std::to_string(most) + " for it");
            kernel.dynamic_limit = static_cast<u32>(value);
        } else if (which == function_attribute::carveout) {
            require(value >= -1 && value <= 100, "the carve-out is a percentage, or -1");
            kernel.carveout = value;
        } else
            fail(which >= 0 && which <= 15 ? Result::not_supported : Result::invalid_value, "this attribute cannot be set");
    });
}

PCK_DRIVER_API cuFuncSetCacheConfig(Kernel* handle, int) {
    return call_in_context("cuFuncSetCacheConfig", [&](Driver& d, Context&) { d.need<Kernel>(handle, "the function"); });
}

PCK_DRIVER_API cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* out, Kernel* handle, int threads, size_t dynamic_shared,
                                                                    unsigned flags) {
    return call_in_context("cuOccupancyMaxActiveBlocksPerMultiprocessor", [&](Driver& d, Context&) {
        require(out != nullptr && threads > 0 && flags <= 1, "the place is null, there are no threads, or there are no such flags");
        const Kernel& kernel = d.need<Kernel>(handle, "the function");
        const bool fits = static_cast<u32>(threads) <= kernel.function->max_threads && dynamic_shared <= d.device().shared_per_block_optin;
        *out = fits ? static_cast<int>(
                          max_active_blocks(d.device(), *kernel.function, static_cast<u32>(threads), static_cast<u32>(dynamic_shared)))
                    : 0;
    });
}

PCK_DRIVER_API cuOccupancyMaxActiveBlocksPerMultiprocessor(int* out, Kernel* handle, int threads, size_t dynamic_shared) {
    return cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(out, handle, threads, dynamic_shared, 0);
}

// The block size with the most resident threads, the largest among equals.
PCK_DRIVER_API cuOccupancyMaxPotentialBlockSize(int* least_grid, int* best_block, Kernel* handle, size_t (*shared_of)(int),
                                                size_t dynamic_shared, int limit) {
    return call_in_context("cuOccupancyMaxPotentialBlockSize", [&](Driver& d, Context&) {
        require(least_grid != nullptr && best_block != nullptr && limit >= 0, "a place is null or the limit is negative");
        const Function& function = *d.need<Kernel>(handle, "the function").function;
        u32 most = std::min(function.max_threads, d.device().threads_per_block);
        if (limit > 0)
            most = std::min(most, static_cast<u32>(limit));
        u32 best = 0;
        *least_grid = *best_block = 0;
        for (u32 threads = most; threads > 0; threads -= threads % warp_size == 0 ? std::min(threads, warp_size) : threads % warp_size) {
            const size_t bytes = shared_of == nullptr ? dynamic_shared : shared_of(static_cast<int>(threads));
            const u32 blocks = max_active_blocks(d.device(), function, threads, static_cast<u32>(bytes));
            if (blocks * threads > best) {
                best = blocks * threads;
                *best_block = static_cast<int>(threads);
                *least_grid = static_cast<int>(blocks * d.device().multiprocessors);
            }
        }
    });
}

PCK_DRIVER_API cuOccupancyAvailableDynamicSMemPerBlock(size_t* out, Kernel* handle, int blocks, int threads) {
    return call_in_context("cuOccupancyAvailableDynamicSMemPerBlock", [&](Driver& d, Context&) {
        require(out != nullptr && blocks > 0 && threads > 0, "the place is null, or there are no blocks or threads");
        const Function& function = *d.need<Kernel>(handle, "the function").function;
        const auto fits = [&](u32 bytes) {
            return max_active_blocks(d.device(), function, static_cast<u32>(threads), bytes) >= static_cast<u32>(blocks);
        };
        require(fits(0), "so many blocks do not fit even without shared memory");
        u32 low = 0, high = d.device().shared_per_block_optin;
        while (low < high) {
            const u32 middle = low + (high - low + 1) / 2;
            if (fits(middle))
                low = middle;
            else
                high = middle - 1;
        }
        *out = low;
    });
}
