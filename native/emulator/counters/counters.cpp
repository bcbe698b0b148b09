#include "counters/collect.hpp"

#include "execution/launch.hpp"

#include <algorithm>
#include <cstdio>

namespace pck::emulator {

namespace {

constexpr size_t most_hot_spots = 8;

void append_text(std::string& out, const std::string& text) {
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        if (static_cast<unsigned char>(c) < 0x20)
            out += ' ';
        else
            out += c;
    }
    out += '"';
}

void append(std::string& out, const char* key, u64 value) { out += std::string("\"") + key + "\": " + std::to_string(value) + ", "; }

void append(std::string& out, const char* key, const Traffic& t, const char* unit) {
    out += std::string("\"") + key + "\": {";
    append(out, "requests", t.requests);
    append(out, "bytes", t.bytes);
    append(out, unit, t.units);
    out += std::string("\"ideal_") + unit + "\": " + std::to_string(t.ideal) + "}, ";
}

void add(Traffic& to, const AccessPattern& p) {
    to.requests += p.requests;
    to.bytes += p.moved_bytes;
    to.units += p.units;
    to.ideal += p.ideal_units;
}

// Which memory a pattern of this instruction was of; generic ones are told by what they did.
bool is_shared(const Instruction& i, u32 which) {
    if (i.category == Class::copy_async)
        return which == 0;
    return i.space == Space::shared || i.category == Class::load_matrix;
}

} // namespace

const char* name(Class category) {
    static constexpr const char* names[] = {"fma.f32",   "f32",       "f64",      "f16",       "mma",           "special", "integer",     "convert",
                                            "move",      "predicate", "ld.global", "st.global", "ld.shared",     "st.shared", "ld.local", "st.local",
                                            "ld.constant", "atomic",   "ldmatrix", "cp.async",  "warp",          "barrier", "control"};
    static_assert(std::size(names) == static_cast<size_t>(Class::count));
    return category < Class::count ? names[static_cast<size_t>(category)] : "?";
}

Counters collect_counters(const Launch& launch) {
    Counters c;
    c.block_barriers = launch.barriers;
    c.divergent_branches = launch.divergent_branches;
    c.most_paths = launch.most_paths;
    if (!launch.counting)
        return c;
    for (size_t k = 0; k < launch.executed.size(); ++k) {
        const Executed& executed = launch.executed[k];
        if (executed.times == 0)
            continue;
        const Instruction& i = launch.program.code[k];
        c.warp_instructions += executed.times;
        c.lane_instructions += executed.lanes;
        c.by_class[static_cast<size_t>(i.category)] += executed.times;
        (i.category == Class::mma ? c.matrix_flop : c.flop) += static_cast<u64>(launch.program.origins[k].flop) * executed.lanes;
        if (i.category == Class::atomic)
            c.atomics += executed.lanes;
        if (i.memory < 0)
            continue;
        for (u32 which = 0; which < (i.category == Class::copy_async ? 2u : 1u); ++which) {
            const AccessPattern& p = launch.patterns[static_cast<size_t>(i.memory) + which];
            const bool shared = is_shared(i, which);
            add(shared ? c.shared : c.global, p);
            if (p.units > p.ideal_units)
                c.hot_spots.push_back({launch.where(i), executed.times, p.requests, p.units, p.ideal_units, shared});
        }
    }
    std::stable_sort(c.hot_spots.begin(), c.hot_spots.end(), [](const HotSpot& a, const HotSpot& b) { return a.units - a.ideal > b.units - b.ideal; });
    c.hot_spots.resize(std::min(c.hot_spots.size(), most_hot_spots));
    return c;
}

double Counters::lanes_per_instruction() const {
    return warp_instructions == 0 ? 0 : static_cast<double>(lane_instructions) / static_cast<double>(warp_instructions);
}

std::string Counters::json() const {
    std::string out = "{";
    append(out, "warp_instructions", warp_instructions);
    append(out, "lane_instructions", lane_instructions);
    out += "\"by_class\": {";
    bool first = true;
    for (size_t k = 0; k < by_class.size(); ++k) {
        if (by_class[k] == 0)
            continue;
        out += (first ? "\"" : ", \"") + std::string(name(static_cast<Class>(k))) + "\": " + std::to_string(by_class[k]);
        first = false;
    }
    out += "}, ";
    append(out, "flop", flop);
    append(out, "matrix_flop", matrix_flop);
    append(out, "global", global, "sectors");
    append(out, "shared", shared, "wavefronts");
    append(out, "atomics", atomics);
    append(out, "block_barriers", block_barriers);
    append(out, "divergent_branches", divergent_branches);
    append(out, "most_paths", most_paths);
    char lanes[32];
    std::snprintf(lanes, sizeof lanes, "%.3f", lanes_per_instruction());
    out += std::string("\"lanes_per_instruction\": ") + lanes + ", \"hot_spots\": [";
    for (size_t k = 0; k < hot_spots.size(); ++k) {
        const HotSpot& h = hot_spots[k];
        out += k == 0 ? "{" : ", {";
        append(out, "executions", h.executions);
        append(out, "requests", h.requests);
        append(out, h.shared ? "wavefronts" : "sectors", h.units);
        append(out, "ideal", h.ideal);
        out += "\"where\": ";
        append_text(out, h.where);
        out += "}";
    }
    return out + "]}";
}

void Counters::add(const Counters& o) {
    warp_instructions += o.warp_instructions;
    lane_instructions += o.lane_instructions;
    for (size_t k = 0; k < by_class.size(); ++k)
        by_class[k] += o.by_class[k];
    flop += o.flop;
    matrix_flop += o.matrix_flop;
    for (auto [mine, theirs] : {std::pair{&global, &o.global}, std::pair{&shared, &o.shared}}) {
        mine->requests += theirs->requests;
        mine->bytes += theirs->bytes;
        mine->units += theirs->units;
        mine->ideal += theirs->ideal;
    }
    atomics += o.atomics;
    block_barriers += o.block_barriers;
    divergent_branches += o.divergent_branches;
    most_paths = std::max(most_paths, o.most_paths);
    hot_spots.clear();
}

} // namespace pck::emulator
