// PTX text cut into words. Names keep their %, $ and dots; every other sign is a word of its own.
#pragma once

#include <string_view>
#include <vector>

namespace pck::emulator {

struct Token {
    std::string_view text;
    int line = 0;
};

// The last token is empty.
std::vector<Token> tokenize(std::string_view text);

} // namespace pck::emulator
