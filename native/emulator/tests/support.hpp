// What the emulator's tests share: modules from checked-in PTX, device buffers, launches under every check and several orders.
#pragma once

#include "execution/machine.hpp"

#include "../../tests/check.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace pck::tests {

using namespace pck::emulator;

inline std::string ptx_folder; // set by main from its first argument

inline std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw std::runtime_error("cannot read " + path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

inline std::string ptx_of(const std::string& name, int architecture) {
    return read_file(ptx_folder + "/" + name + ".sm_" + std::to_string(architecture) + ".ptx");
}

template <class T>
class Buffer {
public:
    Buffer(Machine& machine, size_t count, const std::string& name)
        : machine_(machine), count_(count), address_(machine.memory().allocate(count * sizeof(T), name)) {
        fill(0);
    }
    Buffer(Machine& machine, const std::vector<T>& values, const std::string& name) : Buffer(machine, values.size(), name) {
        std::memcpy(data(), values.data(), values.size() * sizeof(T));
    }
    ~Buffer() { machine_.memory().release(address_); }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;

    u64 address() const { return address_; }
    T* data() { return reinterpret_cast<T*>(address_); }
    T& operator[](size_t i) { return data()[i]; }
    size_t size() const { return count_; }
    void fill(int byte) { std::memset(data(), byte, count_ * sizeof(T)); }
    std::vector<T> values() { return {data(), data() + count_}; }

private:
    Machine& machine_;
    size_t count_;
    u64 address_;
};

// FNV-1a.
inline u64 digest(const void* bytes, size_t count, u64 seed) {
    for (size_t k = 0; k < count; ++k)
        seed = (seed ^ static_cast<const u8*>(bytes)[k]) * 0x100000001b3ull;
    return seed;
}

template <class T>
u64 digest(const Buffer<T>& buffer, u64 seed) {
    return digest(reinterpret_cast<const void*>(buffer.address()), buffer.size() * sizeof(T), seed);
}
template <class T>
u64 digest(const T&, u64 seed) {
    return seed;
}

template <class T>
u64 argument(const Buffer<T>& buffer) {
    return buffer.address();
}
template <class T>
T argument(const T& value) {
    return value;
}

struct Shape {
    Dim3 grid, block;
    u32 dynamic_shared = 0;
    bool cooperative = false;
};

class Module {
public:
    Module(Machine& machine, const std::string& text) : machine_(machine), program_(machine.memory(), text) {}

    LaunchConfig checks = {};          // what a launch is run with besides its shape and arguments
    std::vector<std::string> launched; // the kernels, in the order of their launches
    u64 memory = 1;                    // a digest of what every launch left in the buffers that it was given
    std::string counters;              // of every launch, as JSON
    std::vector<u64> executed;         // by instruction, summed over the launches, where checks.profile is set

    template <class... A>
    LaunchReport launch(const std::string& kernel, const Shape& shape, const A&... arguments) {
        const Function* function = program_.kernel(kernel);
        if (function == nullptr)
            throw std::runtime_error("there is no kernel " + kernel);
        launched.push_back(kernel);
        auto values = std::make_tuple(argument(arguments)...);
        if (function->parameters.size() != sizeof...(A))
            throw std::runtime_error(kernel + " takes another number of arguments");
        LaunchConfig config = checks;
        config.grid = shape.grid;
        config.block = shape.block;
        config.dynamic_shared = shape.dynamic_shared;
        config.cooperative = shape.cooperative;
        config.arguments = std::apply(
            [&](const auto&... v) {
                const void* pointers[] = {&v...};
                return pack_arguments(*function, pointers);
            },
            values);
        LaunchReport report = machine_.launch(program_, *function, config);
        ((memory = digest(arguments, memory)), ...);
        counters += report.counters.json();
        executed.resize(std::max(executed.size(), report.executed.size()));
        for (size_t k = 0; k < report.executed.size(); ++k)
            executed[k] += report.executed[k];
        return report;
    }

    Program& program() { return program_; }

private:
    Machine& machine_;
    Program program_;
};

inline std::string all_text(const LaunchReport& report) {
    std::string text = report.message;
    for (const Report& r : report.reports)
        text += (text.empty() ? "" : "\n") + r.text;
    return text;
}

// How tests run a module: both architectures, with and without checks, in several orders.
struct Variant {
    int architecture;
    bool checked;
    u32 seed;
    std::string name() const {
        return "sm_" + std::to_string(architecture) + (checked ? " checked" : "") + " seed " + std::to_string(seed);
    }
};

inline std::vector<Variant> variants() {
    return {{80, false, 0}, {80, true, 0}, {80, true, 3}, {90, false, 5}, {90, true, 1}, {90, true, 2}};
}

// Uniform in [low, high), the same for the same seed.
inline std::vector<float> random_floats(size_t count, unsigned seed, float low = -1, float high = 1) {
    std::mt19937 generator(seed);
    std::vector<float> values(count);
    for (float& v : values)
        v = low + (high - low) * static_cast<float>(generator() >> 8) * 0x1p-24f;
    return values;
}

inline double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
    double worst = 0;
    for (size_t i = 0; i < a.size(); ++i) {
        const double d = std::fabs(static_cast<double>(a[i]) - static_cast<double>(b.at(i)));
        worst = d <= worst ? worst : d; // a NaN is the worst
        if (d != d)
            return d;
    }
    return worst;
}

// Launches correct kernels of a module and checks what they give.
using Body = std::function<void(Machine&, Module&)>;

struct Scenario {
    std::string name, file;
    Body body;
};
inline std::vector<Scenario> scenarios; // all that a program has added: mutants.hpp runs them once more, on spoiled modules

// A file of such tests names its function here; the program that it is linked into runs it.
struct Registered {
    explicit Registered(void (*add)(Suite&)) { all().push_back(add); }
    static std::vector<void (*)(Suite&)>& all() {
        static std::vector<void (*)(Suite&)> functions;
        return functions;
    }
};

// Runs `body(machine, module)` for every variant as a case of its own.
inline void add_for_variants(Suite& suite, const std::string& name, const std::string& file, const Body& body) {
    scenarios.push_back({name, file, body});
    for (const Variant& variant : variants())
        suite.add(name + ", " + variant.name(), [=] {
            Machine machine;
            Module module(machine, ptx_of(file, variant.architecture));
            module.checks.seed = variant.seed;
            if (variant.checked)
                module.checks.checks = Checks::all(Check::on);
            body(machine, module);
        });
}

inline void check_clean(Suite& suite, const LaunchReport& report) { suite.check(report.clean(), all_text(report)); }

} // namespace pck::tests
