// The mutation test: every barrier, wait, fence and acquire or release of a correct kernel is taken away in turn. A result, a check or the
// detector of hangs has to notice, in at least one order of warps and blocks; if none does, the kernel may be able to do without, and then
// tests/unnoticed.txt says why. By default sm_90; PCK_FULL=1 adds sm_80 and more orders.
//   emulator_threads_test PTX_FOLDER UNNOTICED_FILE
#pragma once

#include "tests/support.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

namespace pck::tests {

struct Mutant {
    std::string name; // "KERNEL INSTRUCTION #N", the N-th such instruction of the kernel
    std::string text; // the module with this one changed
};

// What stands in an instruction's place: nothing, or the same without its ordering. False: the statement orders nothing.
inline bool without_order(const std::string& statement, std::string& rest) {
    auto begins = [&](const char* prefix) { return statement.rfind(prefix, 0) == 0; };
    rest.clear();
    if (begins("bar.red.")) { // each thread's own predicate instead of everybody's
        const size_t operands = statement.find('%'), barrier = statement.find(',', operands), own = statement.find(',', barrier + 1);
        const std::string result = statement.substr(operands, barrier - operands), predicate = statement.substr(own + 1);
        rest = begins("bar.red.popc") ? "selp.u32 " + result + ", 1, 0, " + predicate : "mov.pred " + result + ", " + predicate;
        return true;
    }
    for (const char* prefix : {"bar.", "barrier.", "membar.", "fence.", "cp.async.wait_", "cp.async.commit_group"})
        if (begins(prefix))
            return true;
    for (const char* order : {".acquire.", ".release.", ".acq_rel."})
        if (const size_t at = statement.find(order); at != std::string::npos) {
            rest = std::string(statement).replace(at, std::strlen(order), ".relaxed.");
            return true;
        }
    return false;
}

// All mutants of the kernels named, of a module as nvcc writes it: one instruction a line.
inline std::vector<Mutant> mutants_of(const std::string& text, const std::set<std::string>& kernels) {
    std::vector<Mutant> mutants;
    std::map<std::string, int> seen;
    std::string kernel;
    for (size_t line = 0, end; line < text.size(); line = end + 1) {
        end = std::min(text.find('\n', line), text.size());
        if (const size_t entry = text.find(".entry ", line); entry < end)
            kernel = text.substr(entry + 7, text.find('(', entry) - entry - 7);
        const size_t begin = text.find_first_not_of(" \t", line), stop = text.find(';', begin);
        if (begin >= end || stop >= end || kernels.count(kernel) == 0)
            continue;
        const std::string statement = text.substr(begin, stop - begin);
        std::string rest;
        if (!without_order(statement, rest))
            continue;
        const std::string what = kernel + " " + statement.substr(0, statement.find_first_of(" \t"));
        mutants.push_back(
            {what + " #" + std::to_string(++seen[what]), std::string(text).replace(begin, stop - begin + (rest.empty() ? 1 : 0), rest)});
    }
    return mutants;
}

// Lines of "KERNEL INSTRUCTION #N: why nothing can notice", "#" comments at the beginning of a line. Throws for one without a reason.
inline std::map<std::string, std::string> read_unnoticed(const std::string& path) {
    std::map<std::string, std::string> reasons;
    std::istringstream stream(read_file(path));
    for (std::string line; std::getline(stream, line);) {
        if (line.empty() || line[0] == '#')
            continue;
        const size_t colon = line.find(": ");
        if (colon == std::string::npos || colon + 2 >= line.size())
            throw std::runtime_error(path + ": no reason in '" + line + "'");
        reasons[line.substr(0, colon)] = line.substr(colon + 2);
    }
    return reasons;
}

// Runs every scenario of this program on every mutant of the kernels that it launches.
inline int run_mutants(Suite& scenario_checks, const char* unnoticed_file) {
    const bool full = std::getenv("PCK_FULL") != nullptr;
    const auto unnoticed = read_unnoticed(unnoticed_file);
    Suite suite;
    auto notices = [&](const Scenario& scenario, const std::string& text, u32 seed, std::set<std::string>* launched) {
        Machine machine;
        Module module(machine, text);
        module.checks.seed = seed;
        module.checks.checks = Checks::all(Check::fatal);
        module.checks.spin_rounds = 1000;
        module.checks.count = false;
        const bool noticed = scenario_checks.notices([&] { scenario.body(machine, module); });
        if (launched != nullptr)
            launched->insert(module.launched.begin(), module.launched.end());
        return noticed;
    };
    std::set<std::string> names, all_kernels;
    for (int architecture : full ? std::vector<int>{80, 90} : std::vector<int>{90}) {
        std::map<std::string, std::pair<Mutant, std::vector<const Scenario*>>> work;
        for (const Scenario& scenario : scenarios) {
            const std::string text = ptx_of(scenario.file, architecture);
            std::set<std::string> kernels;
            if (notices(scenario, text, 1, &kernels))
                throw std::runtime_error("something is wrong with the kernel as it is: " + scenario.name);
            all_kernels.insert(kernels.begin(), kernels.end());
            for (Mutant& mutant : mutants_of(text, kernels)) {
                names.insert(mutant.name);
                auto& [first, users] = work[mutant.name];
                first = std::move(mutant);
                users.push_back(&scenario);
            }
        }
        for (auto& [name, entry] : work) {
            suite.add(name + ", sm_" + std::to_string(architecture), [&, name = name, entry = std::move(entry)] {
                bool noticed = false;
                for (u32 seed = 0; seed < (full ? 24u : 8u) && !noticed; ++seed)
                    for (const Scenario* scenario : entry.second)
                        noticed = noticed || notices(*scenario, entry.first.text, seed, nullptr);
                const auto listed = unnoticed.find(name);
                suite.check(noticed || listed != unnoticed.end(), "nobody notices that it is gone");
                suite.check(!noticed || listed == unnoticed.end(), "it is listed as unnoticed, but somebody notices");
            });
        }
    }
    suite.add("what is listed is there", [&] { // of these kernels: other programs run the others
        for (const auto& [name, reason] : unnoticed)
            suite.check(names.count(name) != 0 || all_kernels.count(name.substr(0, name.find(' '))) == 0, name);
    });
    return suite.run();
}

} // namespace pck::tests
