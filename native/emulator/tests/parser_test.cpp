// The parser: what it refuses and how it says so, and that no text at all makes it misbehave.
//   emulator_parser_test PTX_FOLDER [inputs]     PCK_FUZZ_INPUTS does the same; PCK_FULL=1 takes a million
#include "tests/support.hpp"

#include <cstdlib>
#include <filesystem>
#include <future>

using namespace pck::tests;

namespace {

const char* const head = ".version 8.0\n.target sm_80\n.address_size 64\n";

std::string refusal(const std::string& text) {
    Machine machine;
    try {
        const Program program(machine.memory(), text);
    } catch (const LoadError& error) {
        return error.what();
    }
    return "";
}

bool mentions(const std::string& text, const std::string& what) { return text.find(what) != std::string::npos; }

std::string kernel(const std::string& body) {
    return std::string(head) + ".visible .entry k(.param .u64 p) {\n.reg .b32 %r<9>; .reg .b64 %rd<9>; .reg .pred %q<9>;\n" + body +
           "\nret;\n}\n";
}

void add_refusals(Suite& suite) {
    suite.add("unknown instructions are all listed, with line and text", [&] {
        const std::string said = refusal(kernel("wmma.load.a.sync.aligned.row.m16n16k16.global.f16 {%r1, %r2}, [%rd1];\nadd.s32 %r1, %r2, "
                                                "3;\nmbarrier.init.shared.b64 [%r1], 3;"));
        for (const char* part : {"2 errors", "PTX line 6", "wmma.load.a", "PTX line 8", "mbarrier.init.shared.b64 [%r1], 3"})
            suite.check(mentions(said, part), std::string(part) + " in: " + said);
    });
    suite.add("a modifier that nobody knows is not ignored", [&] {
        for (const char* line :
             {"add.wrong.s32 %r1, %r2, 3;", "ld.global.sometimes.u32 %r1, [%rd1];", "cvt.f16.f32 %r1, %r2;", "bar.sync.maybe 0;"})
            suite.check(!refusal(kernel(line)).empty(), line);
    });
    suite.add("wrong operands", [&] {
        for (const char* line :
             {"add.s32 %r1, %r2;", "add.s32 %rd1, %r2, 3;", "mov.u32 %r1, nothing;", "bra nowhere;", "ld.param.u64 %rd1, [p+8];",
              "ld.param.u64 %rd1, [q];", "@%r1 bra x; x:", "ld.global.v4.u32 {%r1, %r2}, [%rd1];",
              "cp.async.ca.shared.global [%r1], [%rd1], 5;", "call (%r1), f;", "add.s32 _, %r1;", "st.const.u32 [%rd1], %r1;"})
            suite.check(!refusal(kernel(line)).empty(), line);
    });
    suite.add("texts that end too early", [&] {
        const std::string whole = ptx_of("control", 80);
        for (size_t length = 0; length < whole.size(); length += 97) {
            Machine machine;
            try {
                const Program program(machine.memory(), whole.substr(0, length));
            } catch (const LoadError&) {
            }
            suite.check(machine.memory().used() == 0, "a refused module leaves no memory behind, cut at " + std::to_string(length));
        }
    });
    suite.add("hostile numbers", [&] {
        for (const char* text :
             {".global .align 8 .b8 x[99999999999999999999];", ".global .b32 x[4294967295];", ".global .align 3 .b8 x[4];",
              ".shared .b8 x[400000];", ".file 4000000000 \"a\"", ".global .u64 x[2] = {generic(y), 1};",
              ".entry k(.param .align 8 .b8 p[9999999]) { ret; }", ".entry k() { .reg .b32 %r<99999999>; ret; }"})
            suite.check(!refusal(std::string(head) + text).empty(), text);
    });
    suite.add("what is checked in loads, and says what it needs", [&] {
        Machine machine;
        const Program program(machine.memory(), ptx_of("products", 90));
        const Function* blocked = program.kernel("product_blocked");
        suite.check(blocked != nullptr && blocked->max_threads == 256 && blocked->static_shared == 2 * 8 * 132 * 4 + 2 * 8 * 128 * 4 &&
                        blocked->parameters.size() == 6,
                    "product_blocked");
        suite.check(program.kernel("no_such") == nullptr, "an unknown kernel");
        const u32 registers = registers_per_thread(*blocked);
        suite.check(registers >= 64 && registers <= 255 && max_active_blocks(machine.properties(), *blocked, 256, 0) >= 1,
                    std::to_string(registers) + " registers");
    });
    suite.add("occupancy by what ptxas says", [&] {
        Machine machine;
        Program program(machine.memory(), ptx_of("threads", 90));
        suite.check(program.set_registers("recur", 32) && !program.set_registers("no_such", 32), "registers are set");
        const Function& f = *program.kernel("recur");
        const DeviceProperties h100 = DeviceProperties::h100();
        suite.check(max_active_blocks(h100, f, 128, 0) == 16, "by threads");
        suite.check(max_active_blocks(h100, f, 128, 100 << 10) == 2 && max_active_blocks(h100, f, 128, 228 << 10) == 0, "by shared memory");
        suite.check(max_active_blocks(h100, f, 256, 0) == 0, "beyond __launch_bounds__");
        program.set_registers("recur", 128);
        suite.check(max_active_blocks(h100, f, 128, 0) == 4, "by registers");
    });
}

// Texts made of the checked-in ones by cutting, doubling, swapping and spoiling.
class Fuzzer {
public:
    explicit Fuzzer(u64 seed) : generator_(seed) {
        for (const auto& entry : std::filesystem::directory_iterator(ptx_folder))
            if (entry.path().extension() == ".ptx")
                split(read_file(entry.path().string()));
    }

    std::string next() {
        // A handful of functions' worth of lines: whole modules would take a minute a thousand.
        const auto& lines = files_[below(files_.size())];
        const size_t begin = below(lines.size()), count = 1 + below(60);
        std::string text = below(8) == 0 ? "" : head;
        const bool inside = below(4) != 0;
        if (inside)
            text += ".visible .entry fuzzed(.param .u64 p0, .param .u32 p1)\n{\n.reg .pred %p<99>;\n.reg .b16 %rs<99>;\n.reg .b32 "
                    "%r<999>;\n.reg .f32 %f<999>;\n.reg .b64 %rd<299>;\n.reg .f64 %fd<99>;\n";
        for (size_t k = begin; k < std::min(begin + count, lines.size()); ++k)
            text += below(12) == 0 ? spoiled(lines[k]) : lines[k] + "\n";
        if (inside && below(8) != 0)
            text += "$done: ret;\n}\n";
        for (u64 k = below(4); k > 0 && !text.empty(); --k)
            spoil(text);
        return text;
    }

private:
    u64 below(u64 bound) { return generator_() % bound; }

    void split(const std::string& text) {
        std::vector<std::string> lines;
        std::istringstream stream(text);
        for (std::string line; std::getline(stream, line);)
            lines.push_back(line);
        files_.push_back(std::move(lines));
    }

    std::string spoiled(const std::string& line) {
        const auto& others = files_[below(files_.size())];
        switch (below(3)) {
        case 0:
            return "";
        case 1:
            return line + "\n" + line + "\n";
        default:
            return others[below(others.size())] + "\n";
        }
    }

    void spoil(std::string& text) {
        static const char* const pieces[] = {"{",  "}",  "[",  "]",           ";", ",", "%r1",    "-1", "0x", ".v4", ".b128", "@!", "|",
                                             "::", "\"", "/*", "99999999999", "_", "<", ".param", "0f", "=",  ":",   "(",     ")"};
        const size_t at = below(text.size());
        switch (below(4)) {
        case 0:
            text[at] = static_cast<char>(below(256));
            break;
        case 1:
            text.erase(at, 1 + below(20));
            break;
        case 2:
            text.insert(at, pieces[below(std::size(pieces))]);
            break;
        default:
            text.insert(at, text.substr(below(text.size()), below(60)));
        }
    }

    std::mt19937_64 generator_;
    std::vector<std::vector<std::string>> files_;
};

struct Outcome {
    u64 loaded = 0, refused = 0, left = 0; // left: bytes of device memory
};

Outcome load_hostile_texts(u64 seed, u64 inputs) {
    Fuzzer fuzzer(seed);
    Machine machine;
    Outcome outcome;
    for (u64 k = 0; k < inputs; ++k) {
        try {
            const Program program(machine.memory(), fuzzer.next());
            ++outcome.loaded;
        } catch (const LoadError&) {
            ++outcome.refused;
        }
        outcome.left += machine.memory().used();
    }
    return outcome;
}

void add_fuzzing(Suite& suite, u64 inputs) {
    suite.add("hostile texts, " + std::to_string(inputs), [&suite, inputs] {
        constexpr u64 parts = 4; // side by side; the same texts wherever they run
        std::vector<std::future<Outcome>> running;
        for (u64 part = 0; part < parts; ++part)
            running.push_back(std::async(std::launch::async, load_hostile_texts, 2 + part, inputs / parts + (part < inputs % parts)));
        u64 loaded = 0, refused = 0, left = 0;
        for (auto& part : running) {
            const Outcome outcome = part.get();
            loaded += outcome.loaded;
            refused += outcome.refused;
            left += outcome.left;
        }
        std::printf("  %llu loaded, %llu refused\n", static_cast<unsigned long long>(loaded), static_cast<unsigned long long>(refused));
        suite.check(left == 0, "no module leaves memory behind");
        suite.check(inputs < 1000 || (loaded > inputs / 100 && refused > inputs / 100), "both ends are met");
    });
}

} // namespace

int main(int count, char** argv) {
    ptx_folder = argv[1];
    const char* asked = count > 2 ? argv[2] : std::getenv("PCK_FUZZ_INPUTS");
    Suite suite;
    add_refusals(suite);
    add_fuzzing(suite, asked != nullptr ? std::strtoull(asked, nullptr, 10) : std::getenv("PCK_FULL") != nullptr ? 1'000'000 : 20'000);
    return suite.run();
}
