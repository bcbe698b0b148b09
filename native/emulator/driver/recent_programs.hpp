// The programs read last, which modules of the same text share: nothing writes to a program once it is read, and reading a kernel file of
// a megabyte takes longer than a small launch of it. One with variables is never shared: each module has its own.
#pragma once

#include "core/program.hpp"

#include <list>

namespace pck::emulator::facade {

class RecentPrograms {
public:
    // Throws LoadError.
    std::shared_ptr<Program> read(DeviceMemory& memory, std::string text) {
        for (auto at = programs_.begin(); at != programs_.end(); ++at)
            if ((*at)->text == text) {
                programs_.splice(programs_.begin(), programs_, at);
                return programs_.front();
            }
        auto program = std::make_shared<Program>(memory, std::move(text));
        if (program->owned.empty()) {
            programs_.push_front(program);
            if (programs_.size() > most)
                programs_.pop_back();
        }
        return program;
    }

    // Somebody is about to tell it what is true of one module: later ones get a program of their own.
    void forget(const std::shared_ptr<Program>& program) { programs_.remove(program); }

private:
    static constexpr size_t most = 8;

    std::list<std::shared_ptr<Program>> programs_; // the latest first
};

} // namespace pck::emulator::facade
