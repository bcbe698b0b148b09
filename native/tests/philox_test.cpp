// Philox against the answers published with Random123 and against the table that the C# tests read too (its path is the only argument).
#include "check.hpp"
#include "pck/philox.cuh"

#include <bit>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace {

using pck::Philox;
using pck::PhiloxBlock;
using pck::tests::Suite;

bool same(const PhiloxBlock& a, const PhiloxBlock& b) {
    return a.word0 == b.word0 && a.word1 == b.word1 && a.word2 == b.word2 && a.word3 == b.word3;
}

void published_answers(Suite& suite) {
    constexpr std::uint64_t ones = ~0ull;
    suite.check(same(Philox{0, 0}.block(0, 0), {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}), "counter and key of zeros");
    suite.check(same(Philox{ones, 0}.block(ones, ones), {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}), "counter and key of ones");
    suite.check(
        same(Philox{0x299f31d0a4093822, 0}.block(0x85a308d3243f6a88, 0x0370734413198a2e), {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}),
        "digits of pi");
}

void shared_table(Suite& suite, const std::string& path) {
    std::ifstream file(path);
    if (!file)
        throw std::runtime_error("cannot read " + path);
    int lines = 0;
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line.front() == '#')
            continue;
        std::istringstream words(line);
        std::uint64_t seed = 0, stream = 0, index = 0, uniform_bits = 0;
        std::uint32_t word = 0;
        words >> seed >> stream >> index >> std::hex >> word >> uniform_bits;
        suite.check(static_cast<bool>(words), "five numbers in \"" + line + "\"");
        const Philox random{seed, stream};
        suite.check(random.uint32(index) == word, "uint32 of \"" + line + "\"");
        suite.check(std::bit_cast<std::uint64_t>(random.uniform(index)) == uniform_bits, "uniform of \"" + line + "\"");
        ++lines;
    }
    suite.check(lines == 20, "20 lines in the table, found " + std::to_string(lines));
}

// Draws are fixed by the seed, so the bounds (5 standard errors) either always hold or never.
void moments(Suite& suite) {
    constexpr int draws = 200000;
    const Philox random{1, 2};
    double uniforms = 0, singles = 0, normals = 0, squares = 0;
    for (int i = 0; i < draws; ++i) {
        const double z = random.normal(static_cast<std::uint64_t>(i));
        uniforms += random.uniform(static_cast<std::uint64_t>(i));
        singles += static_cast<double>(random.uniform_single(static_cast<std::uint64_t>(i)));
        normals += z;
        squares += z * z;
    }
    const double error = 1 / std::sqrt(static_cast<double>(draws));
    suite.check(std::abs(uniforms / draws - 0.5) < 5 * error * std::sqrt(1 / 12.0), "mean of uniform");
    suite.check(std::abs(singles / draws - 0.5) < 5 * error * std::sqrt(1 / 12.0), "mean of uniform_single");
    suite.check(std::abs(normals / draws) < 5 * error, "mean of normal");
    suite.check(std::abs(squares / draws - 1) < 5 * error * std::sqrt(2.0), "variance of normal");
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::puts("usage: philox_test TABLE");
        return 2;
    }
    Suite suite;
    suite.add("the published answers", [&] { published_answers(suite); });
    suite.add("the table shared with C#", [&] { shared_table(suite, argv[1]); });
    suite.add("moments of the draws", [&] { moments(suite); });
    return suite.run();
}
