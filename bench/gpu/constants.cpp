// constants KERNELS [--quick]: measures the five constants that the floors of ../../README.md's GPU figures rest on, by the driver API
// alone.
//
//   1  a barrier over the grid, for one block and for one and two blocks on every multiprocessor
//   2  a flag from one multiprocessor to another and back
//   3  one more dependent node in a CUDA graph, also with programmatic dependent launch
//   4  bandwidth of tile loads, from L2 and from device memory
//   5  the rate of multiply-adds: ordinary units, TF32 and bf16 by mma, from one warp a multiprocessor to sixteen
//
// KERNELS is constants.cu as machine code or PTX. Each line: name, value, unit, and the spread of the repetitions. A constant that cannot
// be measured says why on its line and the others go on. --quick: few repetitions, to try the program on the emulator.
#include <cuda.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

bool quick = false;
int failures = 0;

void check(CUresult code, const char* what) {
    if (code == CUDA_SUCCESS)
        return;
    const char* name = nullptr;
    cuGetErrorName(code, &name);
    throw std::runtime_error(std::string(what) + ": " + (name == nullptr ? "unknown error" : name));
}

#define PCK_CHECK(call) check((call), #call)

int attribute(CUdevice_attribute which) {
    int value = 0;
    PCK_CHECK(cuDeviceGetAttribute(&value, which, 0));
    return value;
}

struct Memory {
    CUdeviceptr address = 0;
    explicit Memory(size_t bytes) {
        PCK_CHECK(cuMemAlloc(&address, bytes));
        PCK_CHECK(cuMemsetD8(address, 0, bytes));
    }
    ~Memory() { cuMemFree(address); }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
};

struct Spread {
    double least, median, most;
};

// Milliseconds of what `queue` puts into the stream, repeated after one run that warms up.
Spread time(CUstream stream, const std::function<void()>& queue) {
    CUevent begin = nullptr, end = nullptr;
    PCK_CHECK(cuEventCreate(&begin, CU_EVENT_DEFAULT));
    PCK_CHECK(cuEventCreate(&end, CU_EVENT_DEFAULT));
    std::vector<double> times;
    for (int i = 0, repetitions = quick ? 2 : 21; i <= repetitions; ++i) {
        PCK_CHECK(cuEventRecord(begin, stream));
        queue();
        PCK_CHECK(cuEventRecord(end, stream));
        PCK_CHECK(cuStreamSynchronize(stream));
        float ms = 0;
        PCK_CHECK(cuEventElapsedTime(&ms, begin, end));
        if (i > 0)
            times.push_back(ms);
    }
    cuEventDestroy(begin);
    cuEventDestroy(end);
    std::sort(times.begin(), times.end());
    return {times.front(), times[times.size() / 2], times.back()};
}

void print(const std::string& name, double value, const char* unit, double low, double high) {
    std::printf("%-58s %12.3f %-10s (%.3f .. %.3f)\n", name.c_str(), value, unit, low, high);
    std::fflush(stdout);
}

// A line that cannot be measured is told and the next one is taken.
void measure(const std::string& name, const std::function<void(const std::string&)>& work) {
    try {
        work(name);
    } catch (const std::exception& error) {
        std::printf("%-58s not measured: %s\n", name.c_str(), error.what());
        std::fflush(stdout);
        failures++;
    }
}

struct Device {
    CUmodule module = nullptr;
    CUstream stream = nullptr;
    int multiprocessors = 0;

    CUfunction function(const char* name) const {
        CUfunction found = nullptr;
        PCK_CHECK(cuModuleGetFunction(&found, module, name));
        return found;
    }
};

void barrier(const Device& device, int blocks, const std::string& name) {
    Memory word(128);
    const CUfunction kernel = device.function("pck_constant_barrier");
    int few = quick ? 2 : 100, many = quick ? 6 : 1100;
    const auto run = [&](int rounds) {
        return time(device.stream, [&] {
            PCK_CHECK(cuMemsetD8Async(word.address, 0, 128, device.stream));
            CUdeviceptr address = word.address;
            void* values[] = {&address, &rounds};
            PCK_CHECK(cuLaunchCooperativeKernel(kernel, static_cast<unsigned>(blocks), 1, 1, 128, 1, 1, 0, device.stream, values));
        });
    };
    // The difference of two lengths leaves out what a launch costs.
    const Spread a = run(few), b = run(many);
    const double scale = 1e3 / (many - few);
    print(name, (b.median - a.median) * scale, "us", (b.least - a.median) * scale, (b.most - a.median) * scale);
}

void flag(const Device& device, const std::string& name) {
    Memory words(256);
    const CUfunction kernel = device.function("pck_constant_flag");
    int few = quick ? 2 : 100, many = quick ? 6 : 1100;
    const auto run = [&](int rounds) {
        return time(device.stream, [&] {
            PCK_CHECK(cuMemsetD8Async(words.address, 0, 256, device.stream));
            CUdeviceptr address = words.address;
            void* values[] = {&address, &rounds};
            PCK_CHECK(cuLaunchCooperativeKernel(kernel, 2, 1, 1, 128, 1, 1, 0, device.stream, values));
        });
    };
    const Spread a = run(few), b = run(many);
    const double scale = 1e3 / (many - few);
    print(name, (b.median - a.median) * scale, "us", (b.least - a.median) * scale, (b.most - a.median) * scale);
}

CUgraphExec chain(const Device& device, int nodes, bool starts_early, CUdeviceptr words) {
    const CUfunction kernel = device.function("pck_constant_node");
    PCK_CHECK(cuStreamBeginCapture(device.stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
    CUresult code = CUDA_SUCCESS;
    for (int i = 0; i < nodes && code == CUDA_SUCCESS; ++i) {
        CUlaunchAttribute early = {};
        early.id = CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION;
        early.value.programmaticStreamSerializationAllowed = 1;
        CUlaunchConfig shape = {};
        shape.gridDimX = static_cast<unsigned>(device.multiprocessors);
        shape.gridDimY = shape.gridDimZ = shape.blockDimY = shape.blockDimZ = 1;
        shape.blockDimX = 128;
        shape.hStream = device.stream;
        shape.attrs = &early;
        shape.numAttrs = starts_early ? 1 : 0;
        void* values[] = {&words};
        code = cuLaunchKernelEx(&shape, kernel, values, nullptr);
    }
    CUgraph graph = nullptr;
    const CUresult ended = cuStreamEndCapture(device.stream, &graph);
    check(code, "cuLaunchKernelEx");
    check(ended, "cuStreamEndCapture");
    CUgraphExec made = nullptr;
    PCK_CHECK(cuGraphInstantiate(&made, graph, 0));
    cuGraphDestroy(graph);
    return made;
}

void node(const Device& device, bool starts_early, const std::string& name) {
    Memory words(static_cast<size_t>(device.multiprocessors) * 4);
    const int few = quick ? 2 : 64, many = quick ? 6 : 576;
    const CUgraphExec shorter = chain(device, few, starts_early, words.address), longer = chain(device, many, starts_early, words.address);
    const Spread a = time(device.stream, [&] { PCK_CHECK(cuGraphLaunch(shorter, device.stream)); });
    const Spread b = time(device.stream, [&] { PCK_CHECK(cuGraphLaunch(longer, device.stream)); });
    cuGraphExecDestroy(shorter);
    cuGraphExecDestroy(longer);
    const double scale = 1e3 / (many - few);
    print(name, (b.median - a.median) * scale, "us", (b.least - a.median) * scale, (b.most - a.median) * scale);
}

void load(const Device& device, unsigned long long bytes, int rounds, const std::string& name) {
    if (quick) {
        bytes = std::min(bytes, 1ull << 17);
        rounds = 1;
    }
    Memory data(bytes), sink(4096);
    const CUfunction kernel = device.function("pck_constant_load");
    const unsigned blocks = static_cast<unsigned>(device.multiprocessors) * (quick ? 1 : 8);
    const Spread t = time(device.stream, [&] {
        CUdeviceptr from = data.address, to = sink.address;
        void* values[] = {&from, &bytes, &rounds, &to};
        PCK_CHECK(cuLaunchKernel(kernel, blocks, 1, 1, 256, 1, 1, 0, device.stream, values, nullptr));
    });
    const double gigabytes = static_cast<double>(bytes) * rounds / 1e6;
    print(name, gigabytes / t.median, "GB/s", gigabytes / t.most, gigabytes / t.least);
}

void rate(const Device& device, const char* kernel_name, double flop_per_warp_round, int warps, const std::string& name) {
    Memory sink(8192);
    const CUfunction kernel = device.function(kernel_name);
    int rounds = quick ? 4 : 20000;
    const Spread t = time(device.stream, [&] {
        CUdeviceptr to = sink.address;
        void* values[] = {&to, &rounds};
        PCK_CHECK(cuLaunchKernel(kernel, static_cast<unsigned>(device.multiprocessors), 1, 1, static_cast<unsigned>(warps) * 32, 1, 1, 0,
                                 device.stream, values, nullptr));
    });
    const double teraflop = flop_per_warp_round * rounds * warps * device.multiprocessors / 1e9;
    print(name, teraflop / t.median, "TFLOP/s", teraflop / t.most, teraflop / t.least);
}

// An idle GPU's clock takes a while to rise.
void warm_up(const Device& device) {
    Memory sink(8192);
    const CUfunction kernel = device.function("pck_constant_rate_f32");
    int rounds = quick ? 4 : 20000;
    for (int i = 0; i < (quick ? 1 : 300); ++i) {
        CUdeviceptr to = sink.address;
        void* values[] = {&to, &rounds};
        PCK_CHECK(cuLaunchKernel(kernel, static_cast<unsigned>(device.multiprocessors), 1, 1, 512, 1, 1, 0, device.stream, values, nullptr));
    }
    PCK_CHECK(cuStreamSynchronize(device.stream));
}

void all(const Device& device) {
    const int n = device.multiprocessors;
    warm_up(device);
    for (const int blocks : {1, n, 2 * n})
        measure("barrier over " + std::to_string(blocks) + (blocks == 1 ? " block" : " blocks"),
                [&](const std::string& name) { barrier(device, blocks, name); });
    measure("flag to another multiprocessor and back", [&](const std::string& name) { flag(device, name); });
    measure("one more dependent node in a graph", [&](const std::string& name) { node(device, false, name); });
    measure("one more node, programmatic dependent launch", [&](const std::string& name) { node(device, true, name); });
    measure("tile loads of 16 MiB again and again (L2)", [&](const std::string& name) { load(device, 16ull << 20, 64, name); });
    measure("tile loads of 2 GiB (device memory)", [&](const std::string& name) { load(device, 2ull << 30, 1, name); });
    struct Unit {
        const char *name, *kernel;
        double flop; // of a warp and round
    };
    const Unit units[] = {{"fp32 multiply-adds", "pck_constant_rate_f32", 16 * 2 * 32},
                          {"fp64 multiply-adds", "pck_constant_rate_f64", 16 * 2 * 32},
                          {"mma m16n8k8 TF32", "pck_constant_rate_tf32", 16 * 2.0 * 16 * 8 * 8},
                          {"mma m16n8k16 bf16", "pck_constant_rate_bf16", 16 * 2.0 * 16 * 8 * 16}};
    for (const Unit& unit : units)
        for (const int warps : {1, 4, 8, 16})
            measure(std::string(unit.name) + ", " + std::to_string(warps) + (warps == 1 ? " warp" : " warps") + " a multiprocessor",
                    [&](const std::string& name) { rate(device, unit.kernel, unit.flop, warps, name); });
}

} // namespace

int main(int count, char** words) {
    try {
        if (count < 2)
            throw std::invalid_argument("usage: constants KERNELS [--quick]");
        quick = count > 2 && std::strcmp(words[2], "--quick") == 0;
        std::ifstream file(words[1], std::ios::binary);
        std::vector<char> image{std::istreambuf_iterator<char>(file), {}};
        if (image.empty())
            throw std::runtime_error(std::string(words[1]) + " cannot be read");
        image.push_back(0);
        PCK_CHECK(cuInit(0));
        CUcontext context = nullptr;
        PCK_CHECK(cuDevicePrimaryCtxRetain(&context, 0));
        PCK_CHECK(cuCtxSetCurrent(context));
        Device device;
        device.multiprocessors = attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
        PCK_CHECK(cuModuleLoadData(&device.module, image.data()));
        PCK_CHECK(cuStreamCreate(&device.stream, CU_STREAM_NON_BLOCKING));
        char name[256] = "";
        PCK_CHECK(cuDeviceGetName(name, sizeof name, 0));
        std::printf("device: %s, compute capability %d.%d, %d multiprocessors, %d MHz, L2 %d MiB\n", name,
                    attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR), attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
                    device.multiprocessors, attribute(CU_DEVICE_ATTRIBUTE_CLOCK_RATE) / 1000,
                    attribute(CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE) >> 20);
        all(device);
        return failures == 0 || quick ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "constants: %s\n", error.what());
        return 1;
    }
}
