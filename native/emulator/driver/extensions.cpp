#include "driver/extensions.hpp"

#include "driver/driver.hpp"

#include <cstring>

using namespace pck::emulator;
using namespace pck::emulator::facade;

namespace {

Result give(const std::string& text, char* buffer, size_t bytes, size_t* needed) {
    if (needed != nullptr)
        *needed = text.size() + 1;
    if (buffer != nullptr && bytes > 0) {
        const size_t used = std::min(bytes - 1, text.size());
        std::memcpy(buffer, text.data(), used);
        buffer[used] = 0;
    }
    return Result::success;
}

// Pending work belongs to the settings under which it was submitted, and to the sums that are asked for now.
void finish_all(Driver& d) {
    std::vector<Context*> contexts;
    d.each<Context>([&](Context& context) { contexts.push_back(&context); });
    for (Context* context : contexts)
        finish(*context);
}

template <class F>
Result tell(const char* name, char* buffer, size_t bytes, size_t* needed, F&& text) {
    return enter(name, [&](Driver& d) {
        finish_all(d);
        give(text(d), buffer, bytes, needed);
    });
}

} // namespace

void pck::emulator::facade::inside_this_library() {}

PCK_DRIVER_API pckEmulatorSetChecks(const char* text) {
    return enter("pckEmulatorSetChecks", [&](Driver& d) {
        require(text != nullptr, "the text is null");
        finish_all(d);
        try {
            d.settings.checks = read_checks(text);
        } catch (const std::invalid_argument& error) {
            fail(Result::invalid_value, error.what());
        }
    });
}

PCK_DRIVER_API pckEmulatorSetSeed(unsigned seed) {
    return enter("pckEmulatorSetSeed", [&](Driver& d) {
        finish_all(d);
        d.settings.seed = seed;
    });
}

PCK_DRIVER_API pckEmulatorSetRegisters(void* function, unsigned registers) {
    return call("pckEmulatorSetRegisters", [&](Driver& d) {
        Kernel& kernel = d.need<Kernel>(function, "the function");
        require(registers > 0 && registers <= 255, "a thread has 1 to 255 registers");
        d.programs.forget(kernel.module->program);
        kernel.module->program->set_registers(kernel.function->name, registers);
    });
}

PCK_DRIVER_API pckEmulatorLastError(char* buffer, size_t bytes, size_t* needed) { return give(last_error(), buffer, bytes, needed); }

PCK_DRIVER_API pckEmulatorLastLaunch(char* buffer, size_t bytes, size_t* needed) {
    return tell("pckEmulatorLastLaunch", buffer, bytes, needed, [](Driver& d) { return d.journal.last_launch(); });
}

PCK_DRIVER_API pckEmulatorFindings(char* buffer, size_t bytes, size_t* needed) {
    return tell("pckEmulatorFindings", buffer, bytes, needed, [](Driver& d) { return d.journal.findings(); });
}

PCK_DRIVER_API pckEmulatorSums(char* buffer, size_t bytes, size_t* needed) {
    return tell("pckEmulatorSums", buffer, bytes, needed, [](Driver& d) { return d.journal.sums(); });
}

PCK_DRIVER_API pckEmulatorMissingSymbols(char* buffer, size_t bytes, size_t* needed) {
    return tell("pckEmulatorMissingSymbols", buffer, bytes, needed, [](Driver&) { return missing_symbols(); });
}

PCK_DRIVER_API pckEmulatorClear() {
    return enter("pckEmulatorClear", [&](Driver& d) {
        finish_all(d);
        d.journal.clear();
    });
}
