// ldmatrix: lane 8i + r holds the address of row r of matrix i; lane l gets the two elements at row l / 4, columns 2 (l % 4) and the next
// (of the transposed matrix with .trans).
#include "memory/access.hpp"
#include "memory/operations.hpp"

#include <cstring>

namespace pck::emulator {

namespace {

void load_matrix(Warp& w, const Instruction& i, u32 lanes) {
    if (lanes != all_lanes)
        fault(w, i, first_lane(lanes), "ldmatrix.aligned by a part of the warp");
    alignas(32) u64 addresses[warp_size];
    lane_addresses(w, i, addresses);
    const u32 count = i.elements, rows = count == 4 ? all_lanes : (1u << count * 8) - 1;
    each_space(w, i, rows, addresses, [&](u32 these, Space space) {
        if (space != Space::shared)
            fault(w, i, first_lane(these), "ldmatrix from memory that is not shared", Fault::Kind::address);
    });
    const Access at = access(w, i, rows, addresses, 16, access_reads, Space::shared);
    const bool transposed = i.op != 0;
    u32 out[4][warp_size];
    for (u32 m = 0; m < count; ++m)
        for (u32 l = 0; l < warp_size; ++l) {
            const u64* row = at.pattern->delta + m * 8;
            if (!transposed) {
                std::memcpy(&out[m][l], at.base + row[l / 4] + l % 4 * 4, 4);
                continue;
            }
            u16 pair[2];
            for (u32 k = 0; k < 2; ++k)
                std::memcpy(&pair[k], at.base + row[l % 4 * 2 + k] + l / 4 * 2, 2);
            out[m][l] = static_cast<u32>(pair[0]) | static_cast<u32>(pair[1]) << 16;
        }
    const auto& registers = w.launch->program.extras[static_cast<size_t>(i.extra)];
    for (u32 m = 0; m < count; ++m)
        std::memcpy(destination<u32>(w, registers[m]), out[m], sizeof out[m]);
}

} // namespace

Handler load_matrix_handler() { return load_matrix; }

} // namespace pck::emulator
