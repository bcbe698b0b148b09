// Enough of a test framework for a handful of native tests: named cases, counted checks, a totals line, a status.
#pragma once

#include <cstdio>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace pck::tests {

class Suite {
public:
    void add(std::string name, std::function<void()> body) { cases_.emplace_back(std::move(name), std::move(body)); }

    void check(bool holds, const std::string& what) {
        if (holds)
            return;
        if (quiet_)
            throw std::runtime_error(what);
        ++wrong_in_case_;
        std::printf("  not so: %s\n", what.c_str());
    }

    // Whether the body finds anything wrong. It ends at its first failed check, and nothing is printed.
    bool notices(const std::function<void()>& body) {
        bool noticed = false;
        quiet_ = true;
        try {
            body();
        } catch (const std::exception&) {
            noticed = true;
        }
        quiet_ = false;
        return noticed;
    }

    // Runs every case and prints "N passed, M failed"; the exit status of the program.
    int run() {
        int passed = 0, failed = 0;
        for (const auto& [name, body] : cases_) {
            wrong_in_case_ = 0;
            try {
                body();
            } catch (const std::exception& error) {
                check(false, error.what());
            }
            std::printf("%s %s\n", wrong_in_case_ == 0 ? "ok    " : "FAILED", name.c_str());
            ++(wrong_in_case_ == 0 ? passed : failed);
        }
        std::printf("%d passed, %d failed\n", passed, failed);
        return failed == 0 && passed > 0 ? 0 : 1;
    }

private:
    std::vector<std::pair<std::string, std::function<void()>>> cases_;
    int wrong_in_case_ = 0;
    bool quiet_ = false;
};

} // namespace pck::tests
