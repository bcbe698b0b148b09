#include "ptx/lexer.hpp"

#include <algorithm>
#include <array>

namespace pck::emulator {

namespace {

enum Sort : unsigned char { other, blank, part_of_word };

// By character; looking it up is quicker than asking the locale for each of some millions.
constexpr std::array<Sort, 256> sorts = [] {
    std::array<Sort, 256> all{};
    for (const char c : std::string_view(" \t\n\v\f\r\0", 7))
        all[static_cast<unsigned char>(c)] = blank;
    for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$%."))
        all[static_cast<unsigned char>(c)] = part_of_word;
    return all;
}();

Sort sort_of(char c) { return sorts[static_cast<unsigned char>(c)]; }
bool in_word(char c) { return sort_of(c) == part_of_word; }

} // namespace

std::vector<Token> tokenize(std::string_view text) {
    std::vector<Token> tokens;
    tokens.reserve(text.size() / 4);
    const size_t n = text.size();
    auto at = [&](size_t i) { return i < n ? text[i] : '\0'; };
    int line = 1;
    size_t i = 0;
    while (i < n) {
        const char c = text[i];
        if (c == '\n')
            ++line;
        if (sort_of(c) == blank) {
            ++i;
        } else if (c == '/' && at(i + 1) == '/') {
            while (i < n && text[i] != '\n')
                ++i;
        } else if (c == '/' && at(i + 1) == '*') {
            size_t end = text.find("*/", i + 2);
            end = end == std::string_view::npos ? n : end + 2;
            line += static_cast<int>(std::count(text.begin() + static_cast<long>(i), text.begin() + static_cast<long>(end), '\n'));
            i = end;
        } else if (c == '"') {
            size_t end = text.find_first_of("\"\n", i + 1);
            end = end == std::string_view::npos ? n : text[end] == '"' ? end + 1 : end;
            tokens.push_back({text.substr(i, end - i), line});
            i = end;
        } else if (in_word(c)) {
            const size_t begin = i;
            while (i < n && (in_word(text[i]) || (text[i] == ':' && at(i + 1) == ':'))) // "shared::cta" is one word
                i += text[i] == ':' ? 2 : 1;
            i = std::min(i, n);
            tokens.push_back({text.substr(begin, i - begin), line});
        } else {
            tokens.push_back({text.substr(i, 1), line});
            ++i;
        }
    }
    tokens.push_back({text.substr(n), line});
    return tokens;
}

} // namespace pck::emulator
