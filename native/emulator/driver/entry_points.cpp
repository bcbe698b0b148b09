// cuGetProcAddress: every exported name, and a list of those that somebody asked for in vain.
#include "driver/driver.hpp"
#include "driver/extensions.hpp"

#include <dlfcn.h>
#include <set>

using namespace pck::emulator;
using namespace pck::emulator::facade;

namespace {

constexpr int found = 0, not_found = 1; // CUdriverProcAddressQueryResult

// This library by its own handle: another driver in the process exports the same names.
void* own_symbol(const std::string& name) {
    static void* self = [] {
        Dl_info info;
        return dladdr(reinterpret_cast<void*>(&inside_this_library), &info) != 0 ? dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD)
                                                                                 : nullptr;
    }();
    return self == nullptr ? nullptr : dlsym(self, name.c_str());
}

std::set<std::string>& missing() {
    static auto* names = new std::set<std::string>;
    return *names;
}

// The newest version that a program made for `version` knows.
void* newest(const std::string& symbol, int version) {
    const bool newer = version >= 13000;
    for (const char* suffix : {"_v4", "_v3", "_v2", ""}) {
        if (!newer && suffix == std::string("_v4"))
            continue;
        if (void* address = own_symbol(symbol + suffix))
            return address;
    }
    return nullptr;
}

} // namespace

std::string pck::emulator::facade::missing_symbols() {
    std::string list;
    for (const std::string& name : missing())
        list += (list.empty() ? "" : ",") + json_text(name);
    return "[" + list + "]";
}

PCK_DRIVER_API cuGetProcAddress_v2(const char* symbol, void** out, int version, u64, int* status) {
    return enter("cuGetProcAddress", [&](Driver&) {
        require(symbol != nullptr && out != nullptr, "the name or the place is null");
        *out = newest(symbol, version);
        if (status != nullptr)
            *status = *out == nullptr ? not_found : found;
        if (*out == nullptr) {
            missing().insert(symbol);
            fail(Result::not_found, std::string(symbol) + " is not emulated");
        }
    });
}

PCK_DRIVER_API cuGetProcAddress(const char* symbol, void** out, int version, u64 flags) {
    return cuGetProcAddress_v2(symbol, out, version, flags, nullptr);
}
