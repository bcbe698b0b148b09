// Kernel launches.
#include "driver/driver.hpp"

using namespace pck::emulator;
using namespace pck::emulator::facade;

namespace {

// An attribute that would change what a kernel may do is honoured or refused, never ignored.
bool is_cooperative(const LaunchDescription& description) {
    require(description.attribute_count == 0 || description.attributes != nullptr, "the attributes are null");
    bool cooperative = false;
    for (u32 i = 0; i < description.attribute_count; i++) {
        const LaunchAttribute& attribute = description.attributes[i];
        switch (attribute.id) {
        case launch_attribute::ignore:
        case launch_attribute::priority:
            break; // work runs one after another, so a priority has nothing to order
        case launch_attribute::cooperative:
            cooperative = attribute.value.number != 0;
            break;
        case launch_attribute::cluster_dimension:
            for (const u32 size : attribute.value.dimensions)
                if (size != 1)
                    fail(Result::not_supported, "launch attribute 4: clusters of more than one block are not emulated");
            break;
        case launch_attribute::programmatic_stream_serialization:
            if (attribute.value.number != 0)
                fail(Result::not_supported, "launch attribute 6: programmatic dependent launch is not emulated");
            break;
        default:
            fail(Result::not_supported, "launch attribute " + std::to_string(attribute.id) + " is not emulated");
        }
    }
    return cooperative;
}

} // namespace

PCK_DRIVER_API cuLaunchKernel(void* function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                              unsigned shared_bytes, void* stream, void** values, void** extra) {
    return call_in_context("cuLaunchKernel", [&](Driver&, Context& context) {
        Stream& s = stream_of(stream, context);
        submit(s, kernel_operation(function, {gx, gy, gz}, {bx, by, bz}, shared_bytes, values, extra, false));
    });
}

PCK_DRIVER_API cuLaunchCooperativeKernel(void* function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                                         unsigned shared_bytes, void* stream, void** values) {
    return call_in_context("cuLaunchCooperativeKernel", [&](Driver&, Context& context) {
        Stream& s = stream_of(stream, context);
        submit(s, kernel_operation(function, {gx, gy, gz}, {bx, by, bz}, shared_bytes, values, nullptr, true));
    });
}

PCK_DRIVER_API cuLaunchKernelEx(const LaunchDescription* description, void* function, void** values, void** extra) {
    return call_in_context("cuLaunchKernelEx", [&](Driver&, Context& context) {
        require(description != nullptr, "the configuration is null");
        const bool cooperative = is_cooperative(*description);
        Stream& s = stream_of(description->stream, context);
        submit(s, kernel_operation(function, description->grid, description->block, description->shared_bytes, values, extra, cooperative));
    });
}
