// Work in streams: who comes after whom, and running it when somebody waits.
#include "driver/driver.hpp"

#include <algorithm>
#include <random>

namespace pck::emulator::facade {
namespace {

constexpr size_t most_pending = 1024;

void run(Work& work) {
    // A poisoned context does nothing any more.
    if (work.context->sticky == Result::success) {
        if (work.plan != nullptr)
            run_plan(*work.plan, *work.context);
        else
            perform(work.operation, *work.context);
    }
    work.done = true;
    work.finished = Clock::now();
    work.operation = Nothing{};
    work.plan.reset();
    work.after.clear();
}

// The legacy stream comes after everything in blocking streams, and they after it.
void order(Stream& stream, Work& work) {
    const auto wait_for = [&](const std::shared_ptr<Work>& earlier) {
        if (earlier != nullptr && !earlier->done)
            work.after.push_back(earlier);
    };
    Context& context = *stream.context;
    wait_for(stream.last);
    if ((stream.flags & stream_flag::non_blocking) != 0)
        return;
    if (&stream != context.legacy)
        wait_for(context.legacy->last);
    else
        driver().each<Stream>([&](Stream& other) {
            if (other.context == &context && (other.flags & stream_flag::non_blocking) == 0 && &other != &stream)
                wait_for(other.last);
        });
}

void refuse_implicit_capture(const Stream& stream) {
    Driver& d = driver();
    if (&stream != stream.context->legacy)
        return;
    bool found = false;
    d.each<Stream>([&](Stream& other) {
        if (other.context == stream.context && other.capture != nullptr && (other.flags & stream_flag::non_blocking) == 0) {
            other.capture->invalidated = true;
            found = true;
        }
    });
    if (found)
        fail(Result::stream_capture_implicit, "the legacy stream would wait for a blocking stream that is being captured");
}

} // namespace

Stream& stream_of(void* handle, Context& context) {
    Driver& d = driver();
    const u64 number = reinterpret_cast<u64>(handle);
    if (number <= 1)
        return *context.legacy;
    if (number == 2) {
        Stream*& own = context.per_thread[std::this_thread::get_id()];
        if (own == nullptr) {
            own = &d.add<Stream>();
            own->context = &context;
        }
        return *own;
    }
    Stream& stream = d.need<Stream>(handle, "the stream");
    if (stream.context != &context)
        check_health(*stream.context);
    return stream;
}

void submit(Stream& stream, std::shared_ptr<Work> work) {
    Context& context = *stream.context;
    refuse_implicit_capture(stream);
    work->context = &context;
    order(stream, *work);
    stream.last = work;
    if (context.pending.size() >= most_pending) {
        std::erase_if(context.pending, [](const auto& earlier) { return earlier->done; });
        if (context.pending.size() >= most_pending)
            finish(context);
    }
    context.pending.push_back(std::move(work));
}

void submit(Stream& stream, Operation operation) {
    if (stream.capture != nullptr) {
        capture_node(stream, std::move(operation));
        return;
    }
    auto work = std::make_shared<Work>();
    work->operation = std::move(operation);
    submit(stream, std::move(work));
}

void finish(const std::shared_ptr<Work>& last) {
    std::vector<std::shared_ptr<Work>> stack;
    if (last != nullptr && !last->done)
        stack.push_back(last);
    while (!stack.empty()) {
        const std::shared_ptr<Work> work = stack.back();
        const auto open = std::find_if(work->after.begin(), work->after.end(), [](const auto& earlier) { return !earlier->done; });
        if (open != work->after.end()) {
            stack.push_back(*open);
            continue;
        }
        stack.pop_back();
        if (!work->done)
            run(*work);
    }
}

void finish(Context& context) {
    std::vector<std::shared_ptr<Work>> pending = std::move(context.pending);
    context.pending.clear();
    if (const u32 seed = driver().settings.seed; seed != 0) {
        std::minstd_rand random(seed);
        std::shuffle(pending.begin(), pending.end(), random);
    }
    for (const auto& work : pending)
        finish(work);
}

void run_plan(const Plan& plan, Context& context) {
    const size_t count = plan.steps.size();
    std::minstd_rand random(driver().settings.seed);
    const bool shuffled = driver().settings.seed != 0;
    std::vector<size_t> open(count), ready;
    std::vector<std::vector<size_t>> then(count);
    for (size_t i = 0; i < count; i++) {
        open[i] = plan.steps[i].after.size();
        for (const size_t earlier : plan.steps[i].after)
            then[earlier].push_back(i);
        if (open[i] == 0)
            ready.push_back(i);
    }
    // In the order of the steps, or any of those that may run now.
    while (!ready.empty() && context.sticky == Result::success) {
        const auto at =
            shuffled ? ready.begin() + static_cast<std::ptrdiff_t>(random() % ready.size()) : std::min_element(ready.begin(), ready.end());
        const size_t step = *at;
        ready.erase(at);
        if (plan.steps[step].enabled)
            perform(plan.steps[step].operation, context);
        for (const size_t next : then[step])
            if (--open[next] == 0)
                ready.push_back(next);
    }
}

} // namespace pck::emulator::facade
