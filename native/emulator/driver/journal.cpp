#include "driver/journal.hpp"

#include <cstdio>
#include <fstream>

namespace pck::emulator::facade {
namespace {

constexpr size_t most_findings = 10'000;

std::string json(const Dim3& size) {
    return "[" + std::to_string(size.x) + "," + std::to_string(size.y) + "," + std::to_string(size.z) + "]";
}

std::string json(const Report& report) {
    return std::string("{\"kind\":") + json_text(name(report.kind)) + ",\"text\":" + json_text(report.text) +
           ",\"count\":" + std::to_string(report.count) + "}";
}

} // namespace

std::string json_text(const std::string& text) {
    std::string out = "\"";
    for (const char c : text)
        if (c == '"' || c == '\\')
            (out += '\\') += c;
        else if (static_cast<unsigned char>(c) >= 0x20)
            out += c;
        else {
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
            out += escaped;
        }
    return out + "\"";
}

void Journal::add(const Function& function, const LaunchConfig& launch, const LaunchReport& report, bool by_graph) {
    std::string reports;
    for (const Report& finding : report.reports) {
        const std::string text = json(finding);
        reports += (reports.empty() ? "" : ",") + text;
        if (findings_.size() < most_findings)
            findings_.push_back("{\"kernel\":" + json_text(function.name) + "," + text.substr(1));
    }
    if (report.status != Status::ok && findings_.size() < most_findings)
        findings_.push_back("{\"kernel\":" + json_text(function.name) + ",\"kind\":" + json_text(name(report.status)) +
                            ",\"text\":" + json_text(report.message) + ",\"count\":1}");
    last_ = "{\"kernel\":" + json_text(function.name) + ",\"grid\":" + json(launch.grid) + ",\"block\":" + json(launch.block) +
            ",\"dynamic_shared\":" + std::to_string(launch.dynamic_shared) + ",\"cooperative\":" + (launch.cooperative ? "true" : "false") +
            ",\"by_graph\":" + (by_graph ? "true" : "false") + ",\"status\":" + json_text(name(report.status)) +
            ",\"message\":" + json_text(report.message) + ",\"reports\":[" + reports + "],\"counters\":" + report.counters.json() + "}";
    Sum& sum = sums_[function.name];
    sum.launches++;
    sum.counters.add(report.counters);
    (by_graph ? totals.kernels_in_graphs : totals.kernel_launches)++;
    if (!path_.empty())
        std::ofstream(path_, std::ios::app) << last_ << '\n';
}

void Journal::clear() {
    totals = {};
    last_ = "{}";
    findings_.clear();
    sums_.clear();
}

std::string Journal::findings() const {
    std::string out;
    for (const std::string& finding : findings_)
        out += (out.empty() ? "" : ",") + finding;
    return "[" + out + "]";
}

std::string Journal::sums() const {
    std::string kernels;
    for (const auto& [kernel, sum] : sums_)
        kernels += (kernels.empty() ? "" : ",") + json_text(kernel) + ":{\"launches\":" + std::to_string(sum.launches) +
                   ",\"counters\":" + sum.counters.json() + "}";
    return "{\"kernel_launches\":" + std::to_string(totals.kernel_launches) +
           ",\"graph_launches\":" + std::to_string(totals.graph_launches) +
           ",\"kernels_in_graphs\":" + std::to_string(totals.kernels_in_graphs) + ",\"copies\":" + std::to_string(totals.copies) +
           ",\"sets\":" + std::to_string(totals.sets) + ",\"waits\":" + std::to_string(totals.waits) + ",\"kernels\":{" + kernels + "}}";
}

} // namespace pck::emulator::facade
