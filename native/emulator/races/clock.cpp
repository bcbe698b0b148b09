#include "races/clock.hpp"

#include <cstdlib>
#include <cstring>
#include <new>

namespace pck::emulator {

namespace {

constexpr u64 row = 8; // granules that are looked at together may reach this far past the end

u32* zeroes(u64 count) {
    void* memory = std::calloc(count + row, sizeof(u32)); // untouched pages of it cost nothing
    if (memory == nullptr)
        throw std::bad_alloc();
    return static_cast<u32*>(memory);
}

u32* split(u32* old, u64 count, u64 pieces) {
    u32* fresh = zeroes(count * pieces);
    for (u64 i = 0; i < count * pieces; ++i)
        fresh[i] = old[i / pieces];
    std::free(old);
    return fresh;
}

} // namespace

Shadow::Shadow(u64 bytes) : granules((bytes + 3) / 4), write(zeroes(granules)), read(zeroes(granules)), other_read(zeroes(granules)) {}

Shadow::~Shadow() {
    std::free(write);
    std::free(read);
    std::free(other_read);
}

void Shadow::refine(u32 finer) {
    const u64 pieces = 1ull << (shift - finer);
    write = split(write, granules, pieces);
    read = split(read, granules, pieces);
    other_read = split(other_read, granules, pieces);
    granules *= pieces;
    shift = finer;
}

void Shadow::clear(u64 begin, u64 end) {
    const u64 first = begin >> shift, count = ((end + 3) >> shift) - first;
    for (u32* tags : {write, read, other_read})
        std::memset(tags + first, 0, count * sizeof(u32));
}

} // namespace pck::emulator
