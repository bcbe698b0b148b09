// What ran: the last launch, findings, sums per kernel, and how the host asked for it. All of it is the same run after run.
#pragma once

#include "execution/machine.hpp"

#include <map>
#include <string>
#include <vector>

namespace pck::emulator::facade {

std::string json_text(const std::string& text); // in quotes

class Journal {
public:
    struct Totals {
        u64 kernel_launches = 0; // by cuLaunch...
        u64 graph_launches = 0;
        u64 kernels_in_graphs = 0; // run by launched graphs
        u64 copies = 0, sets = 0, waits = 0;
    };

    Totals totals;

    void write(const std::string& path) { path_ = path; }
    void add(const Function& function, const LaunchConfig& launch, const LaunchReport& report, bool by_graph);
    void clear();

    const std::string& last_launch() const { return last_; }
    std::string findings() const; // array: kernel, status, message or kind, text and count
    std::string sums() const;     // totals, and counters per kernel

private:
    struct Sum {
        u64 launches = 0;
        Counters counters;
    };
    std::string path_, last_ = "{}";
    std::vector<std::string> findings_;
    std::map<std::string, Sum> sums_;
};

} // namespace pck::emulator::facade
