// Devices from files, checks from text, and what is said about wrong ones.
#include "check.hpp"
#include "driver/settings.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>

using namespace pck::emulator;
using namespace pck::emulator::facade;
using pck::tests::Suite;

namespace {

std::string complaint(const std::function<void()>& body) {
    try {
        body();
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "no complaint";
}

// The device of a file with this text.
DeviceProperties device_of(const std::string& text) {
    const std::string path = "settings_test.device";
    std::ofstream(path) << text;
    try {
        const DeviceProperties device = read_device(path);
        std::remove(path.c_str());
        return device;
    } catch (...) {
        std::remove(path.c_str());
        throw;
    }
}

void presets(Suite& suite) {
    const DeviceProperties h100 = read_device("h100"), a100 = read_device("a100"), small = read_device("small");
    suite.check(h100.multiprocessors == 132 && h100.capability_major == 9, "an H100 has 132 multiprocessors of 9.0");
    suite.check(a100.multiprocessors == 108 && a100.capability_major == 8, "an A100 has 108 multiprocessors of 8.0");
    suite.check(small.multiprocessors == 8, "the small one has 8");
    suite.check(h100.name.find("emulator") != std::string::npos, "no preset passes for the real thing: " + h100.name);
}

void files(Suite& suite) {
    const DeviceProperties device =
        device_of("# a device\npreset = a100\nname = Half an A100\nmultiprocessors=54 # half\ncompute_capability = 8.6\n\n");
    suite.check(device.name == "Half an A100" && device.multiprocessors == 54, "keys override the preset");
    suite.check(device.capability_major == 8 && device.capability_minor == 6, "a capability has two parts");
    suite.check(device.shared_per_block_optin == DeviceProperties::a100().shared_per_block_optin, "the rest is the preset's");
    const auto says = [&](const std::string& text, const char* part) {
        const std::string got = complaint([&] { device_of(text); });
        suite.check(got.find(part) != std::string::npos, "'" + text + "' is told '" + part + "': " + got);
    };
    says("multiprocessors = many\n", ":1: 'many' is no whole number");
    says("\nmultiprocessors\n", ":2: expected key = value");
    says("cores = 4\n", "there is no key 'cores'; there are preset, name");
    says("preset = b200\n", "there is no preset 'b200'");
    says("multiprocessors = 0\n", "at least one multiprocessor");
    says("clock_khz = 99999999999999999999\n", "no whole number up to 4294967295");
    says("memory_bytes = -1\n", "no whole number");
    suite.check(complaint([] { read_device("/no/such/file"); }).find("neither a preset (small, h100, a100) nor a file") !=
                    std::string::npos,
                "a missing file");
}

void checks(Suite& suite) {
    suite.check(read_checks("fatal").races == Check::fatal && read_checks("fatal").collectives == Check::fatal, "one word is for all");
    const Checks some = read_checks("races=on, uninitialised = fatal");
    suite.check(some.races == Check::on && some.uninitialised == Check::fatal && some.collectives == Check::off, "or each by name");
    suite.check(complaint([] { read_checks("maybe"); }).find("none of off, on, fatal") != std::string::npos, "another word");
    suite.check(complaint([] { read_checks("speed=on"); }).find("there are races, uninitialised, collectives") != std::string::npos,
                "another check");
    suite.check(complaint([] { read_checks("races=on,off"); }).find("none of") != std::string::npos, "a name without a value");
}

void environment(Suite& suite) {
    setenv("PCK_EMULATOR_DEVICE", "h100", 1);
    setenv("PCK_EMULATOR_CHECKS", "races=fatal", 1);
    setenv("PCK_EMULATOR_SEED", "7", 1);
    setenv("PCK_EMULATOR_REPORT", "report.jsonl", 1);
    const Settings settings = settings_from_environment();
    suite.check(settings.device.multiprocessors == 132 && settings.checks.races == Check::fatal && settings.seed == 7, "all of it is read");
    suite.check(settings.report_path == "report.jsonl", "the report's path");
    setenv("PCK_EMULATOR_SEED", "seven", 1);
    suite.check(complaint([] { settings_from_environment(); }).find("PCK_EMULATOR_SEED: 'seven'") == 0, "a wrong one is named");
    setenv("PCK_EMULATOR_DEVICE", "h1000", 1);
    suite.check(complaint([] { settings_from_environment(); }).find("PCK_EMULATOR_DEVICE: device 'h1000'") == 0, "a wrong one is named");
}

} // namespace

int main() {
    Suite suite;
    suite.add("presets", [&] { presets(suite); });
    suite.add("device files", [&] { files(suite); });
    suite.add("checks", [&] { checks(suite); });
    suite.add("environment", [&] { environment(suite); });
    return suite.run();
}
