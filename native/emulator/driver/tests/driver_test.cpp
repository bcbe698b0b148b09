// The driver API as a C program calls it: codes, order in streams, captures, graphs, poisoned contexts.
#include "check.hpp"
#include "driver/api.hpp"
#include "driver/extensions.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <vector>

using namespace pck::emulator;
using namespace pck::emulator::facade;
using pck::tests::Suite;

extern "C" {
Result cuInit(unsigned);
Result cuDeviceGetAttribute(int*, int, Device);
Result cuDevicePrimaryCtxRetain(void**, Device);
Result cuDevicePrimaryCtxRelease_v2(Device);
Result cuDevicePrimaryCtxReset_v2(Device);
Result cuCtxSetCurrent(void*);
Result cuCtxGetCurrent(void**);
Result cuCtxSynchronize();
Result cuMemAlloc_v2(DevicePointer*, size_t);
Result cuMemFree_v2(DevicePointer);
Result cuMemHostAlloc(void**, size_t, unsigned);
Result cuMemFreeHost(void*);
Result cuMemcpyHtoD_v2(DevicePointer, const void*, size_t);
Result cuMemcpyDtoH_v2(void*, DevicePointer, size_t);
Result cuMemcpyHtoDAsync_v2(DevicePointer, const void*, size_t, void*);
Result cuMemsetD32Async(DevicePointer, unsigned, size_t, void*);
Result cuModuleLoadData(void**, const void*);
Result cuModuleLoadDataEx(void**, const void*, unsigned, const int*, void**);
Result cuModuleGetFunction(void**, void*, const char*);
Result cuModuleUnload(void*);
Result cuFuncSetAttribute(void*, int, int);
Result cuLaunchKernel(void*, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void*, void**, void**);
Result cuLaunchCooperativeKernel(void*, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void*, void**);
Result cuLaunchKernelEx(const LaunchDescription*, void*, void**, void**);
Result cuStreamCreate(void**, unsigned);
Result cuStreamDestroy_v2(void*);
Result cuStreamSynchronize(void*);
Result cuStreamWaitEvent(void*, void*, unsigned);
Result cuStreamBeginCapture_v2(void*, CaptureMode);
Result cuStreamEndCapture(void*, void**);
Result cuEventCreate(void**, unsigned);
Result cuEventRecord(void*, void*);
Result cuEventSynchronize(void*);
Result cuEventElapsedTime(float*, void*, void*);
Result cuGraphCreate(void**, unsigned);
Result cuGraphAddKernelNode_v2(void**, void*, void* const*, size_t, const KernelNodeParameters*);
Result cuGraphAddMemsetNode(void**, void*, void* const*, size_t, const MemsetNodeParameters*, void*);
Result cuGraphAddDependencies(void*, void* const*, void* const*, size_t);
Result cuGraphGetNodes(void*, void**, size_t*);
Result cuGraphInstantiateWithFlags(void**, void*, unsigned long long);
Result cuGraphLaunch(void*, void*);
Result cuGraphExecKernelNodeSetParams_v2(void*, void*, const KernelNodeParameters*);
Result cuGraphExecDestroy(void*);
Result cuGraphDestroy(void*);
Result cuGetErrorName(Result, const char**);
Result cuGetProcAddress_v2(const char*, void**, int, u64, int*);
}

namespace {

constexpr const char* report_path = "driver_test.report.jsonl";

// add_one(unsigned* values, unsigned count): values[i] += 1; past the end too when count says so.
constexpr const char* ptx = R"(
.version 8.0
.target sm_80
.address_size 64
.visible .entry add_one(.param .u64 add_one_param_0, .param .u32 add_one_param_1)
{
    .reg .pred %p<2>;
    .reg .b32 %r<8>;
    .reg .b64 %rd<5>;
    ld.param.u64 %rd1, [add_one_param_0];
    ld.param.u32 %r1, [add_one_param_1];
    mov.u32 %r2, %ctaid.x;
    mov.u32 %r3, %ntid.x;
    mov.u32 %r4, %tid.x;
    mad.lo.s32 %r5, %r2, %r3, %r4;
    setp.ge.u32 %p1, %r5, %r1;
    @%p1 bra $done;
    cvta.to.global.u64 %rd2, %rd1;
    mul.wide.u32 %rd3, %r5, 4;
    add.s64 %rd4, %rd2, %rd3;
    ld.global.u32 %r6, [%rd4];
    add.s32 %r7, %r6, 1;
    st.global.u32 [%rd4], %r7;
$done:
    ret;
}
)";

struct Fixture {
    Suite& suite;
    void *context = nullptr, *module = nullptr, *add_one = nullptr, *stream = nullptr;

    explicit Fixture(Suite& s) : suite(s) {
        expect(cuInit(0), Result::success, "cuInit");
        expect(cuDevicePrimaryCtxRetain(&context, 0), Result::success, "retain");
        expect(cuCtxSetCurrent(context), Result::success, "set current");
        expect(cuModuleLoadData(&module, ptx), Result::success, "load");
        expect(cuModuleGetFunction(&add_one, module, "add_one"), Result::success, "function");
        expect(cuStreamCreate(&stream, stream_flag::non_blocking), Result::success, "stream");
    }
    Fixture(const Fixture&) = delete;
    Fixture& operator=(const Fixture&) = delete;
    ~Fixture() { cuDevicePrimaryCtxRelease_v2(0); }

    void expect(Result got, Result want, const std::string& what) {
        const char *got_name = nullptr, *want_name = nullptr;
        cuGetErrorName(got, &got_name);
        cuGetErrorName(want, &want_name);
        suite.check(got == want, what + ": " + (got_name == nullptr ? "?" : got_name) + " instead of " + want_name);
    }
    DevicePointer zeros(unsigned count) {
        DevicePointer address = 0;
        expect(cuMemAlloc_v2(&address, count * 4ull), Result::success, "alloc");
        const std::vector<unsigned> zero(count);
        expect(cuMemcpyHtoD_v2(address, zero.data(), count * 4ull), Result::success, "zero");
        return address;
    }
    Result launch(DevicePointer values, unsigned count, void* where, unsigned blocks = 2) {
        void* arguments[] = {&values, &count};
        return cuLaunchKernel(add_one, blocks, 1, 1, 64, 1, 1, 0, where, arguments, nullptr);
    }
    void all_are(DevicePointer values, unsigned count, unsigned want, const std::string& what) {
        std::vector<unsigned> got(count);
        expect(cuMemcpyDtoH_v2(got.data(), values, count * 4ull), Result::success, what + ": copy back");
        bool right = true;
        for (const unsigned value : got)
            right = right && value == want;
        suite.check(right, what + ": " + std::to_string(got[0]) + " instead of " + std::to_string(want));
    }
};

std::string last_error_text() {
    char text[1024];
    pckEmulatorLastError(text, sizeof text, nullptr);
    return text;
}

void wrong_calls(Suite& suite) {
    Fixture f(suite);
    void* out = nullptr;
    const DevicePointer values = f.zeros(128);
    f.expect(cuModuleGetFunction(&out, f.module, "nosuch"), Result::not_found, "a kernel that is not there");
    suite.check(last_error_text().find("nosuch") != std::string::npos, "the message names it: " + last_error_text());
    f.expect(cuModuleLoadData(&out, "no text"), Result::invalid_image, "no PTX");
    f.expect(cuModuleLoadData(&out, "\x7f"
                                    "ELF"),
             Result::no_binary_for_gpu, "machine code");
    f.expect(cuModuleLoadData(&out, ".version 8.0\n.target sm_100\n"), Result::invalid_ptx, "PTX for a newer device");
    f.expect(cuModuleLoadData(&out, ".version 10.0\n.target sm_80\n"), Result::unsupported_ptx_version, "newer PTX");
    f.expect(cuMemcpyHtoD_v2(values, &out, 1000), Result::invalid_value, "a copy past the end");
    f.expect(cuMemFree_v2(values + 4), Result::invalid_value, "an address inside an allocation");
    f.expect(cuMemAlloc_v2(nullptr, 4), Result::invalid_value, "no place");
    DevicePointer huge = 0;
    f.expect(cuMemAlloc_v2(&huge, 1ull << 50), Result::out_of_memory, "a petabyte");
    f.expect(cuStreamSynchronize(reinterpret_cast<void*>(0x1234)), Result::invalid_handle, "a stream that is none");
    f.expect(cuCtxSetCurrent(reinterpret_cast<void*>(0x1234)), Result::invalid_context, "a context that is none");
    f.expect(f.launch(values, 128, f.stream, 0), Result::invalid_value, "a grid of nothing");
    void* arguments[] = {const_cast<DevicePointer*>(&values), const_cast<DevicePointer*>(&values)};
    f.expect(cuLaunchKernel(f.add_one, 1, 1, 1, 2048, 1, 1, 0, f.stream, arguments, nullptr), Result::invalid_value, "2048 threads");
    f.expect(cuLaunchKernel(f.add_one, 1, 1, 1, 32, 1, 1, 60'000, f.stream, arguments, nullptr), Result::invalid_value,
             "shared memory not asked for");
    f.expect(cuFuncSetAttribute(f.add_one, function_attribute::max_dynamic_shared, 1 << 20), Result::invalid_value,
             "more shared memory than there is");
    f.expect(cuLaunchCooperativeKernel(f.add_one, 100'000, 1, 1, 1024, 1, 1, 0, f.stream, arguments), Result::cooperative_launch_too_large,
             "blocks that cannot be resident");
    LaunchAttribute cluster{4, 0, {}};
    cluster.value.dimensions[0] = 2, cluster.value.dimensions[1] = cluster.value.dimensions[2] = 1;
    const LaunchDescription description{{1, 1, 1}, {32, 1, 1}, 0, f.stream, &cluster, 1};
    f.expect(cuLaunchKernelEx(&description, f.add_one, arguments, nullptr), Result::not_supported, "a cluster");
    f.expect(cuCtxSynchronize(), Result::success, "none of this poisons the context");
    void* address = nullptr;
    int status = -1;
    f.expect(cuGetProcAddress_v2("cuMemAlloc", &address, 12000, 0, &status), Result::success, "an entry point");
    suite.check(address == reinterpret_cast<void*>(&cuMemAlloc_v2) && status == 0, "it is the newest one");
    f.expect(cuGetProcAddress_v2("cuNoSuchThing", &address, 12000, 0, &status), Result::not_found, "a missing entry point");
    char missing[256];
    pckEmulatorMissingSymbols(missing, sizeof missing, nullptr);
    suite.check(std::strcmp(missing, "[\"cuNoSuchThing\"]") == 0, std::string("it is listed: ") + missing);
}

void order_in_streams(Suite& suite) {
    Fixture f(suite);
    const DevicePointer values = f.zeros(128);
    for (int i = 0; i < 3; i++)
        f.expect(f.launch(values, 128, f.stream), Result::success, "launch");
    std::vector<unsigned> early(128);
    f.expect(cuMemcpyDtoH_v2(early.data(), values, 512), Result::success, "a copy that does not wait for the stream");
    suite.check(early[0] == 0, "work that nobody waited for has not been seen");
    f.expect(cuStreamSynchronize(f.stream), Result::success, "wait");
    f.all_are(values, 128, 3, "in order");
    void *other = nullptr, *event = nullptr;
    f.expect(cuStreamCreate(&other, stream_flag::non_blocking), Result::success, "another stream");
    f.expect(cuEventCreate(&event, 0), Result::success, "event");
    f.expect(cuMemsetD32Async(values, 10, 128, f.stream), Result::success, "fill");
    f.expect(cuEventRecord(event, f.stream), Result::success, "record");
    float milliseconds = 0;
    f.expect(cuEventElapsedTime(&milliseconds, event, event), Result::not_ready, "a time that has not come");
    f.expect(cuStreamWaitEvent(other, event, 0), Result::success, "wait in the stream");
    f.expect(f.launch(values, 128, other), Result::success, "launch there");
    f.expect(cuStreamSynchronize(other), Result::success, "wait");
    f.all_are(values, 128, 11, "after the event");
    f.expect(cuEventElapsedTime(&milliseconds, event, event), Result::success, "now it has");
}

void captured_graphs(Suite& suite) {
    Fixture f(suite);
    const DevicePointer values = f.zeros(128);
    void *graph = nullptr, *executable = nullptr;
    f.expect(cuStreamBeginCapture_v2(f.stream, CaptureMode::thread_local_), Result::success, "begin");
    f.expect(f.launch(values, 128, f.stream), Result::success, "captured");
    f.expect(f.launch(values, 128, f.stream), Result::success, "captured");
    f.expect(cuStreamEndCapture(f.stream, &graph), Result::success, "end");
    f.all_are(values, 128, 0, "nothing ran");
    size_t count = 0;
    f.expect(cuGraphGetNodes(graph, nullptr, &count), Result::success, "count");
    suite.check(count == 2, "two nodes");
    f.expect(cuGraphInstantiateWithFlags(&executable, graph, 0), Result::success, "instantiate");
    f.expect(cuGraphDestroy(graph), Result::success, "the graph is no longer needed");
    for (int i = 0; i < 3; i++)
        f.expect(cuGraphLaunch(executable, f.stream), Result::success, "launch");
    f.expect(cuStreamSynchronize(f.stream), Result::success, "wait");
    f.all_are(values, 128, 6, "three times two");
    f.expect(cuStreamBeginCapture_v2(f.stream, CaptureMode::thread_local_), Result::success, "begin");
    f.expect(cuStreamSynchronize(f.stream), Result::stream_capture_unsupported, "a wait in a capture");
    f.expect(f.launch(values, 128, f.stream), Result::stream_capture_invalidated, "it has ended the capture");
    f.expect(cuStreamEndCapture(f.stream, &graph), Result::stream_capture_invalidated, "and says so");
    void *other = nullptr, *event = nullptr;
    f.expect(cuStreamCreate(&other, stream_flag::non_blocking), Result::success, "another stream");
    f.expect(cuEventCreate(&event, event_flag::disable_timing), Result::success, "event");
    for (const bool joined : {true, false}) {
        f.expect(cuStreamBeginCapture_v2(f.stream, CaptureMode::thread_local_), Result::success, "begin");
        f.expect(cuEventRecord(event, f.stream), Result::success, "fork");
        f.expect(cuStreamWaitEvent(other, event, 0), Result::success, "fork");
        f.expect(f.launch(values, 128, other), Result::success, "captured in the other stream");
        if (joined) {
            f.expect(cuEventRecord(event, other), Result::success, "join");
            f.expect(cuStreamWaitEvent(f.stream, event, 0), Result::success, "join");
        }
        f.expect(cuStreamEndCapture(f.stream, &graph), joined ? Result::success : Result::stream_capture_unjoined, "end");
    }
    f.expect(cuEventSynchronize(event), Result::captured_event, "an event of a capture");
}

void graphs_by_node(Suite& suite) {
    Fixture f(suite);
    DevicePointer values = f.zeros(128);
    unsigned count = 128;
    void* arguments[] = {&values, &count};
    void *graph = nullptr, *fill = nullptr, *kernel = nullptr, *executable = nullptr;
    f.expect(cuGraphCreate(&graph, 0), Result::success, "create");
    const MemsetNodeParameters set{values, 0, 5, 4, 128, 1};
    KernelNodeParameters launch{f.add_one, {2, 1, 1}, {64, 1, 1}, 0, arguments, nullptr, nullptr, nullptr};
    f.expect(cuGraphAddKernelNode_v2(&kernel, graph, nullptr, 0, &launch), Result::success, "kernel");
    f.expect(cuGraphAddMemsetNode(&fill, graph, nullptr, 0, &set, f.context), Result::success, "fill");
    f.expect(cuGraphAddDependencies(graph, &fill, &kernel, 1), Result::success, "order");
    f.expect(cuGraphInstantiateWithFlags(&executable, graph, 0), Result::success, "instantiate");
    f.expect(cuGraphLaunch(executable, f.stream), Result::success, "launch");
    f.expect(cuStreamSynchronize(f.stream), Result::success, "wait");
    f.all_are(values, 128, 6, "filled, then added");
    f.expect(cuGraphLaunch(executable, f.stream), Result::success, "launched before the change");
    DevicePointer old = values;
    values = f.zeros(128);
    f.expect(cuGraphExecKernelNodeSetParams_v2(executable, kernel, &launch), Result::success, "other arguments");
    f.expect(cuGraphLaunch(executable, f.stream), Result::success, "launched after it");
    f.expect(cuStreamSynchronize(f.stream), Result::success, "wait");
    f.all_are(values, 128, 1, "the new values");
    f.all_are(old, 128, 5, "the old values");
    f.expect(cuGraphExecKernelNodeSetParams_v2(executable, fill, &launch), Result::invalid_value, "a node of another type");
    f.expect(cuGraphAddDependencies(graph, &kernel, &fill, 1), Result::success, "a cycle");
    f.expect(cuGraphInstantiateWithFlags(&executable, graph, 0), Result::invalid_value, "is refused");
}

void poisoned_context(Suite& suite) {
    Fixture f(suite);
    const DevicePointer values = f.zeros(64);
    f.expect(f.launch(values, 100'000, f.stream, 64), Result::success, "the launch itself is right");
    f.expect(cuStreamSynchronize(f.stream), Result::illegal_address, "the kernel is not");
    suite.check(last_error_text().find("add_one") != std::string::npos, "the message names the kernel: " + last_error_text());
    f.expect(f.launch(values, 64, f.stream), Result::illegal_address, "a later launch");
    f.expect(cuMemFree_v2(values), Result::illegal_address, "a later release");
    f.expect(cuCtxSynchronize(), Result::illegal_address, "a later wait");
    void* current = nullptr;
    f.expect(cuCtxGetCurrent(&current), Result::success, "the context can still be asked for");
    f.expect(cuDevicePrimaryCtxReset_v2(0), Result::success, "reset");
    f.expect(cuCtxSynchronize(), Result::success, "it works again");
    f.expect(f.launch(values, 64, nullptr), Result::invalid_handle, "what was in it is gone");
}

void asynchronous_copies(Suite& suite) {
    Fixture f(suite);
    const DevicePointer values = f.zeros(64);
    unsigned* pinned = nullptr;
    f.expect(cuMemHostAlloc(reinterpret_cast<void**>(&pinned), 256, 0), Result::success, "pin");
    std::vector<unsigned> pageable(64, 7);
    f.expect(cuMemcpyHtoDAsync_v2(values, pageable.data(), 256, f.stream), Result::success, "from pageable memory");
    pageable.assign(64, 9);
    f.expect(cuStreamSynchronize(f.stream), Result::success, "wait");
    f.all_are(values, 64, 7, "it was taken at the call");
    std::fill_n(pinned, 64, 1u);
    f.expect(cuMemcpyHtoDAsync_v2(values, pinned, 256, f.stream), Result::success, "from pinned memory");
    std::fill_n(pinned, 64, 2u);
    f.expect(cuStreamSynchronize(f.stream), Result::success, "wait");
    f.all_are(values, 64, 2, "it was taken when the copy ran");
    f.expect(cuMemFreeHost(pinned), Result::success, "unpin");
}

void journal(Suite& suite) {
    std::remove(report_path);
    pckEmulatorClear();
    {
        Fixture f(suite);
        const DevicePointer values = f.zeros(128);
        f.expect(f.launch(values, 128, f.stream), Result::success, "launch");
        f.expect(pckEmulatorSetChecks("nonsense"), Result::invalid_value, "a check that does not exist");
        f.expect(f.launch(values, 128, f.stream), Result::success, "launch");
    }
    std::ifstream file(report_path);
    std::string first, second, third;
    std::getline(file, first);
    std::getline(file, second);
    suite.check(first.find("{\"kernel\":\"add_one\",\"grid\":[2,1,1]") == 0, "a line for a kernel: " + first);
    suite.check(first == second, "the same launch, the same line");
    suite.check(!std::getline(file, third), "and no line more");
    std::vector<char> sums(10'000);
    size_t needed = 0;
    pckEmulatorSums(sums.data(), sums.size(), &needed);
    suite.check(needed == std::strlen(sums.data()) + 1, "the length with its end");
    suite.check(std::strstr(sums.data(), "{\"kernel_launches\":2,") == sums.data(), std::string("the sums: ") + sums.data());
    char cut[8];
    pckEmulatorSums(cut, sizeof cut, nullptr);
    suite.check(std::strcmp(cut, "{\"kerne") == 0, "a small buffer is filled up to its end");
    std::remove(report_path);
}

} // namespace

int main() {
    setenv("PCK_EMULATOR_CHECKS", "on", 1);
    setenv("PCK_EMULATOR_REPORT", report_path, 1);
    Suite suite;
    suite.add("wrong calls get a driver's codes", [&] { wrong_calls(suite); });
    suite.add("streams keep their order, and only theirs", [&] { order_in_streams(suite); });
    suite.add("captured graphs", [&] { captured_graphs(suite); });
    suite.add("graphs by node", [&] { graphs_by_node(suite); });
    suite.add("copies beside the host", [&] { asynchronous_copies(suite); });
    suite.add("what ran is written down", [&] { journal(suite); });
    suite.add("a kernel's fault poisons its context", [&] { poisoned_context(suite); });
    const int status = suite.run();
    std::remove(report_path);
    return status;
}
