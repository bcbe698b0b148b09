// Streams captured into graphs.
#include "driver/driver.hpp"

#include <algorithm>

using namespace pck::emulator;
using namespace pck::emulator::facade;

namespace {

void refuse_invalidated(const Capture& capture) {
    if (capture.invalidated)
        fail(Result::stream_capture_invalidated, "an earlier error has ended this capture");
}

void merge(std::vector<GraphNode*>& into, const std::vector<GraphNode*>& more) {
    for (GraphNode* node : more)
        if (std::find(into.begin(), into.end(), node) == into.end())
            into.push_back(node);
}

// Everything that the streams of the capture did comes before the end of its first stream.
bool is_joined(const Capture& capture) {
    std::set<const GraphNode*> reached;
    std::vector<const GraphNode*> stack(capture.origin->front.begin(), capture.origin->front.end());
    while (!stack.empty()) {
        const GraphNode* node = stack.back();
        stack.pop_back();
        if (reached.insert(node).second)
            stack.insert(stack.end(), node->after.begin(), node->after.end());
    }
    return std::all_of(capture.graph->nodes.begin(), capture.graph->nodes.end(),
                       [&](const GraphNode* node) { return reached.contains(node); });
}

void end(Capture& capture) {
    for (Stream* stream : capture.streams) {
        stream->capture.reset();
        stream->front.clear();
    }
    capture.ended = true;
}

} // namespace

namespace pck::emulator::facade {

void refuse_while_capturing(const char* what) {
    if (capture_mode() == CaptureMode::relaxed)
        return;
    bool found = false;
    driver().each<Stream>([&](Stream& stream) {
        if (stream.capture == nullptr || stream.capture->mode == CaptureMode::relaxed)
            return;
        const bool own = stream.capture->thread == std::this_thread::get_id();
        if (own || (capture_mode() == CaptureMode::global && stream.capture->mode == CaptureMode::global))
            found = stream.capture->invalidated = true;
    });
    if (found)
        fail(Result::stream_capture_unsupported, std::string(what) + " while a stream is being captured");
}

void refuse_on(Stream& stream, const char* what) {
    if (stream.capture == nullptr)
        return;
    stream.capture->invalidated = true;
    fail(Result::stream_capture_unsupported, std::string(what) + " on a stream that is being captured");
}

void capture_node(Stream& stream, Operation operation) {
    refuse_invalidated(*stream.capture);
    if (auto* kernel = std::get_if<KernelOperation>(&operation))
        kernel->by_graph = true;
    stream.front = {&add_node(*stream.capture->graph, std::move(operation), stream.front)};
}

void capture_record(Stream& stream, Event& event) {
    refuse_invalidated(*stream.capture);
    event.capture = stream.capture;
    event.front = stream.front;
    event.work.reset();
}

bool capture_wait(Stream& stream, Event& event) {
    if (stream.capture == nullptr && event.capture == nullptr)
        return false;
    if (event.capture == nullptr) {
        stream.capture->invalidated = true;
        fail(Result::stream_capture_isolation, "a captured stream would wait for an event outside its capture");
    }
    if (event.capture->ended)
        fail(Result::captured_event, "the event belongs to a capture that has ended");
    if (stream.capture != nullptr && stream.capture != event.capture) {
        stream.capture->invalidated = event.capture->invalidated = true;
        fail(Result::stream_capture_merge, "stream and event belong to different captures");
    }
    refuse_invalidated(*event.capture);
    if (stream.capture == nullptr) {
        if (&stream == stream.context->legacy)
            fail(Result::stream_capture_implicit, "the legacy stream cannot be captured");
        stream.capture = event.capture;
        stream.capture->streams.insert(&stream);
        stream.front.clear();
    }
    merge(stream.front, event.front);
    return true;
}

} // namespace pck::emulator::facade

PCK_DRIVER_API cuStreamBeginCapture_v2(void* handle, CaptureMode mode) {
    return call_in_context("cuStreamBeginCapture", [&](Driver& d, Context& context) {
        require(mode >= CaptureMode::global && mode <= CaptureMode::relaxed, "there is no such mode");
        Stream& stream = stream_of(handle, context);
        if (&stream == context.legacy)
            fail(Result::stream_capture_unsupported, "the legacy stream cannot be captured");
        if (stream.capture != nullptr)
            fail(Result::illegal_state, "the stream is being captured already");
        stream.capture = std::make_shared<Capture>();
        stream.capture->graph = &d.add<Graph>();
        stream.capture->origin = &stream;
        stream.capture->mode = mode;
        stream.capture->thread = std::this_thread::get_id();
        stream.capture->streams = {&stream};
        stream.front.clear();
    });
}

PCK_DRIVER_API cuStreamEndCapture(void* handle, Graph** out) {
    return call_in_context("cuStreamEndCapture", [&](Driver&, Context& context) {
        require(out != nullptr, "the graph's place is null");
        *out = nullptr;
        Stream& stream = stream_of(handle, context);
        const std::shared_ptr<Capture> capture = stream.capture;
        if (capture == nullptr)
            fail(Result::illegal_state, "the stream is not being captured");
        if (capture->origin != &stream) {
            capture->invalidated = true;
            fail(Result::stream_capture_unmatched, "the capture began in another stream");
        }
        if (capture->mode != CaptureMode::relaxed && capture->thread != std::this_thread::get_id())
            fail(Result::stream_capture_wrong_thread, "the capture began on another thread");
        const bool invalidated = capture->invalidated, joined = invalidated || is_joined(*capture);
        end(*capture);
        if (invalidated || !joined)
            destroy_graph(*capture->graph);
        if (invalidated)
            fail(Result::stream_capture_invalidated, "an earlier error has ended this capture");
        if (!joined)
            fail(Result::stream_capture_unjoined,
                 "a stream that the capture went through was not joined to the first: record an event there and wait for it");
        *out = capture->graph;
    });
}

PCK_DRIVER_API cuStreamIsCapturing(void* handle, CaptureStatus* out) {
    return call_in_context("cuStreamIsCapturing", [&](Driver&, Context& context) {
        require(out != nullptr, "the status's place is null");
        const Stream& stream = stream_of(handle, context);
        *out = stream.capture == nullptr     ? CaptureStatus::none
               : stream.capture->invalidated ? CaptureStatus::invalidated
                                             : CaptureStatus::active;
    });
}

PCK_DRIVER_API cuThreadExchangeStreamCaptureMode(CaptureMode* mode) {
    return call("cuThreadExchangeStreamCaptureMode", [&](Driver&) {
        require(mode != nullptr && *mode >= CaptureMode::global && *mode <= CaptureMode::relaxed, "there is no such mode");
        std::swap(*mode, capture_mode());
    });
}
