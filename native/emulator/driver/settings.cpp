#include "driver/settings.hpp"

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string_view>

namespace pck::emulator::facade {
namespace {

// Few multiprocessors, so that a cooperative launch that would not fit a real GPU does not fit here either, and little memory.
DeviceProperties small() {
    DeviceProperties device = DeviceProperties::h100();
    device.name = "PcKernels emulator";
    device.multiprocessors = 8;
    device.memory_bytes = 2ull << 30;
    return device;
}

std::string_view trimmed(std::string_view text) {
    const size_t begin = text.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos)
        return {};
    return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

u64 number(std::string_view text, const std::string& what, u64 largest) {
    u64 value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() || value > largest)
        throw std::invalid_argument(what + ": '" + std::string(text) + "' is no whole number up to " + std::to_string(largest));
    return value;
}

struct Key {
    const char* name;
    u32 DeviceProperties::*member;
};

constexpr Key keys[] = {
    {"multiprocessors", &DeviceProperties::multiprocessors},
    {"threads_per_block", &DeviceProperties::threads_per_block},
    {"threads_per_multiprocessor", &DeviceProperties::threads_per_multiprocessor},
    {"blocks_per_multiprocessor", &DeviceProperties::blocks_per_multiprocessor},
    {"registers_per_block", &DeviceProperties::registers_per_block},
    {"registers_per_multiprocessor", &DeviceProperties::registers_per_multiprocessor},
    {"registers_granule", &DeviceProperties::registers_granule},
    {"shared_per_block", &DeviceProperties::shared_per_block},
    {"shared_per_block_optin", &DeviceProperties::shared_per_block_optin},
    {"shared_per_multiprocessor", &DeviceProperties::shared_per_multiprocessor},
    {"shared_reserved_per_block", &DeviceProperties::shared_reserved_per_block},
    {"shared_granule", &DeviceProperties::shared_granule},
    {"l2_bytes", &DeviceProperties::l2_bytes},
    {"constant_bytes", &DeviceProperties::constant_bytes},
    {"clock_khz", &DeviceProperties::clock_khz},
    {"memory_clock_khz", &DeviceProperties::memory_clock_khz},
    {"memory_bus_bits", &DeviceProperties::memory_bus_bits},
};

bool preset(std::string_view name, DeviceProperties& device) {
    if (name == "small")
        device = small();
    else if (name == "h100")
        device = DeviceProperties::h100();
    else if (name == "a100")
        device = DeviceProperties::a100();
    else
        return false;
    return true;
}

void set(DeviceProperties& device, std::string_view key, std::string_view value, const std::string& where) {
    if (key == "preset") {
        if (!preset(value, device))
            throw std::invalid_argument(where + ": there is no preset '" + std::string(value) + "'; there are small, h100, a100");
        return;
    }
    if (key == "name") {
        device.name = value;
        return;
    }
    if (key == "memory_bytes") {
        device.memory_bytes = number(value, where, 1ull << 50);
        return;
    }
    if (key == "compute_capability") {
        const size_t dot = value.find('.');
        device.capability_major = static_cast<u32>(number(value.substr(0, dot), where, 99));
        device.capability_minor = dot == std::string_view::npos ? 0 : static_cast<u32>(number(value.substr(dot + 1), where, 9));
        return;
    }
    for (const Key& known : keys)
        if (key == known.name) {
            device.*known.member = static_cast<u32>(number(value, where, 0xffffffffu));
            return;
        }
    std::string list = "preset, name, compute_capability, memory_bytes";
    for (const Key& known : keys)
        list += std::string(", ") + known.name;
    throw std::invalid_argument(where + ": there is no key '" + std::string(key) + "'; there are " + list);
}

void check(const DeviceProperties& device, const std::string& where) {
    if (device.multiprocessors == 0 || device.threads_per_block == 0 || device.threads_per_multiprocessor < warp_size ||
        device.blocks_per_multiprocessor == 0 || device.registers_granule == 0 || device.shared_granule == 0 || device.memory_bytes == 0)
        throw std::invalid_argument(where + ": a device needs at least one multiprocessor, block, warp, byte of memory and granule");
    if (device.threads_per_block > 1024)
        throw std::invalid_argument(where + ": threads_per_block can be 1024 at most");
}

Check read_check(std::string_view text, const std::string& all) {
    if (text == "off")
        return Check::off;
    if (text == "on")
        return Check::on;
    if (text == "fatal")
        return Check::fatal;
    throw std::invalid_argument("checks '" + all + "': '" + std::string(text) + "' is none of off, on, fatal");
}

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

} // namespace

Checks read_checks(const std::string& text) {
    if (text.find('=') == std::string::npos)
        return Checks::all(read_check(trimmed(text), text));
    Checks checks;
    std::string_view rest = text;
    while (!rest.empty()) {
        const size_t comma = rest.find(',');
        const std::string_view entry = rest.substr(0, comma);
        rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
        const size_t equals = entry.find('=');
        const std::string_view key = trimmed(entry.substr(0, equals));
        const Check how = read_check(equals == std::string_view::npos ? std::string_view() : trimmed(entry.substr(equals + 1)), text);
        if (key == "races")
            checks.races = how;
        else if (key == "uninitialised")
            checks.uninitialised = how;
        else if (key == "collectives")
            checks.collectives = how;
        else
            throw std::invalid_argument("checks '" + text + "': there is no check '" + std::string(key) +
                                        "'; there are races, uninitialised, collectives");
    }
    return checks;
}

DeviceProperties read_device(const std::string& name_or_path) {
    DeviceProperties device = small();
    if (preset(name_or_path, device))
        return device;
    std::ifstream file(name_or_path);
    if (!file)
        throw std::invalid_argument("device '" + name_or_path + "' is neither a preset (small, h100, a100) nor a file that can be read");
    std::string line;
    for (int row = 1; std::getline(file, line); row++) {
        const std::string where = name_or_path + ":" + std::to_string(row);
        const std::string_view entry = trimmed(std::string_view(line).substr(0, line.find('#')));
        if (entry.empty())
            continue;
        const size_t equals = entry.find('=');
        if (equals == std::string_view::npos)
            throw std::invalid_argument(where + ": expected key = value");
        set(device, trimmed(entry.substr(0, equals)), trimmed(entry.substr(equals + 1)), where);
    }
    check(device, name_or_path);
    return device;
}

Settings settings_from_environment() {
    Settings settings;
    const std::string device = variable("PCK_EMULATOR_DEVICE"), checks = variable("PCK_EMULATOR_CHECKS"),
                      seed = variable("PCK_EMULATOR_SEED");
    try {
        settings.device = read_device(device.empty() ? "small" : device);
    } catch (const std::invalid_argument& error) {
        throw std::invalid_argument(std::string("PCK_EMULATOR_DEVICE: ") + error.what());
    }
    try {
        if (!checks.empty())
            settings.checks = read_checks(checks);
    } catch (const std::invalid_argument& error) {
        throw std::invalid_argument(std::string("PCK_EMULATOR_CHECKS: ") + error.what());
    }
    if (!seed.empty())
        settings.seed = static_cast<u32>(number(seed, "PCK_EMULATOR_SEED", 0xffffffffu));
    settings.report_path = variable("PCK_EMULATOR_REPORT");
    return settings;
}

} // namespace pck::emulator::facade
