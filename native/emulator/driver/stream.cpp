// Streams and events.
#include "driver/driver.hpp"

using namespace pck::emulator;
using namespace pck::emulator::facade;

namespace {

constexpr int greatest_priority = -5;

Result create_stream(const char* name, Stream** out, unsigned flags, int priority) {
    return call_in_context(name, [&](Driver& d, Context& context) {
        require(out != nullptr, "the stream's place is null");
        require(flags <= stream_flag::non_blocking, "there are no such flags");
        Stream& stream = d.add<Stream>();
        stream.context = &context;
        stream.flags = flags;
        stream.priority = std::min(0, std::max(greatest_priority, priority));
        *out = &stream;
    });
}

void wait_for(Driver& d, Stream& stream) {
    d.journal.totals.waits++;
    finish(stream.last);
    check_health(*stream.context);
}

// An event recorded in a capture stands for a node, not for a time.
void refuse_captured(Event& event) {
    if (event.capture == nullptr)
        return;
    if (!event.capture->ended)
        event.capture->invalidated = true;
    fail(Result::captured_event, "the event was last recorded in a stream that was being captured");
}

} // namespace

PCK_DRIVER_API cuStreamCreate(Stream** out, unsigned flags) { return create_stream("cuStreamCreate", out, flags, 0); }

PCK_DRIVER_API cuStreamCreateWithPriority(Stream** out, unsigned flags, int priority) {
    return create_stream("cuStreamCreateWithPriority", out, flags, priority);
}

PCK_DRIVER_API cuStreamDestroy_v2(void* handle) {
    return call_in_context("cuStreamDestroy", [&](Driver& d, Context& context) {
        Stream& stream = d.need<Stream>(handle, "the stream");
        require(&stream != context.legacy, "the legacy stream cannot be destroyed");
        finish(stream.last);
        if (stream.capture != nullptr) {
            stream.capture->invalidated = true;
            stream.capture->streams.erase(&stream);
            if (stream.capture->origin == &stream) {
                for (Stream* other : stream.capture->streams)
                    other->capture.reset();
                destroy_graph(*stream.capture->graph);
                stream.capture->ended = true;
            }
        }
        d.remove(&stream);
        check_health(context);
    });
}

PCK_DRIVER_API cuStreamGetPriority(void* handle, int* out) {
    return call_in_context("cuStreamGetPriority", [&](Driver&, Context& context) {
        require(out != nullptr, "the priority's place is null");
        *out = stream_of(handle, context).priority;
    });
}

PCK_DRIVER_API cuStreamGetFlags(void* handle, unsigned* out) {
    return call_in_context("cuStreamGetFlags", [&](Driver&, Context& context) {
        require(out != nullptr, "the flags' place is null");
        *out = stream_of(handle, context).flags;
    });
}

PCK_DRIVER_API cuStreamGetCtx(void* handle, Context** out) {
    return call_in_context("cuStreamGetCtx", [&](Driver&, Context& context) {
        require(out != nullptr, "the context's place is null");
        *out = stream_of(handle, context).context;
    });
}

PCK_DRIVER_API cuStreamSynchronize(void* handle) {
    return call_in_context("cuStreamSynchronize", [&](Driver& d, Context& context) {
        Stream& stream = stream_of(handle, context);
        refuse_on(stream, "cuStreamSynchronize");
        if (&stream == context.legacy) { // it comes after the blocking streams, whether or not it has work of its own
            submit(stream, Operation{});
        }
        wait_for(d, stream);
    });
}

// Work runs when somebody waits, so who asks gets it done: a program that polls goes on.
PCK_DRIVER_API cuStreamQuery(void* handle) {
    return call_in_context("cuStreamQuery", [&](Driver&, Context& context) {
        Stream& stream = stream_of(handle, context);
        refuse_on(stream, "cuStreamQuery");
        finish(stream.last);
        check_health(*stream.context);
    });
}

PCK_DRIVER_API cuStreamWaitEvent(void* handle, void* event_handle, unsigned flags) {
    return call_in_context("cuStreamWaitEvent", [&](Driver& d, Context& context) {
        require(flags <= 1, "there are no such flags");
        Stream& stream = stream_of(handle, context);
        Event& event = d.need<Event>(event_handle, "the event");
        if (capture_wait(stream, event) || event.work == nullptr || event.work->done)
            return;
        auto work = std::make_shared<Work>();
        work->after.push_back(event.work);
        submit(stream, std::move(work));
    });
}

PCK_DRIVER_API cuEventCreate(Event** out, unsigned flags) {
    return call_in_context("cuEventCreate", [&](Driver& d, Context& context) {
        require(out != nullptr, "the event's place is null");
        require(flags <= 7, "there are no such flags");
        if ((flags & event_flag::interprocess) != 0)
            fail(Result::not_supported, "events between processes are not emulated");
        Event& event = d.add<Event>();
        event.context = &context;
        event.flags = flags;
        *out = &event;
    });
}

PCK_DRIVER_API cuEventDestroy_v2(void* handle) {
    return call_in_context("cuEventDestroy", [&](Driver& d, Context&) { d.remove(&d.need<Event>(handle, "the event")); });
}

PCK_DRIVER_API cuEventRecord(void* handle, void* stream_handle) {
    return call_in_context("cuEventRecord", [&](Driver& d, Context& context) {
        Event& event = d.need<Event>(handle, "the event");
        Stream& stream = stream_of(stream_handle, context);
        if (event.context != stream.context)
            fail(Result::invalid_handle, "event and stream are of different contexts");
        if (stream.capture != nullptr) {
            capture_record(stream, event);
            return;
        }
        auto work = std::make_shared<Work>();
        submit(stream, work);
        event.work = std::move(work);
        event.capture.reset();
        event.front.clear();
    });
}

PCK_DRIVER_API cuEventRecordWithFlags(void* handle, void* stream, unsigned flags) {
    if (flags != 0)
        return enter("cuEventRecordWithFlags", [](Driver&) { fail(Result::not_supported, "external event nodes are not emulated"); });
    return cuEventRecord(handle, stream);
}

PCK_DRIVER_API cuEventSynchronize(void* handle) {
    return call_in_context("cuEventSynchronize", [&](Driver& d, Context&) {
        Event& event = d.need<Event>(handle, "the event");
        refuse_captured(event);
        d.journal.totals.waits++;
        finish(event.work);
        check_health(*event.context);
    });
}

PCK_DRIVER_API cuEventQuery(void* handle) {
    return call_in_context("cuEventQuery", [&](Driver& d, Context&) {
        Event& event = d.need<Event>(handle, "the event");
        refuse_captured(event);
        finish(event.work);
        check_health(*event.context);
    });
}

PCK_DRIVER_API cuEventElapsedTime(float* milliseconds, void* start, void* end) {
    return call_in_context("cuEventElapsedTime", [&](Driver& d, Context&) {
        require(milliseconds != nullptr, "the time's place is null");
        Event& first = d.need<Event>(start, "the first event");
        Event& last = d.need<Event>(end, "the last event");
        for (const Event* event : {&first, &last}) {
            if (event->work == nullptr || (event->flags & event_flag::disable_timing) != 0)
                fail(Result::invalid_handle, "an event was never recorded, or made without timing");
            if (!event->work->done)
                fail(Result::not_ready, "an event has not happened yet");
        }
        *milliseconds = std::chrono::duration<float, std::milli>(last.work->finished - first.work->finished).count();
    });
}

PCK_DRIVER_API cuEventElapsedTime_v2(float* milliseconds, void* start, void* end) { return cuEventElapsedTime(milliseconds, start, end); }
