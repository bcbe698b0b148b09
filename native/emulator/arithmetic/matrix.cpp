// mma.sync: a warp's fragments gathered into plain matrices by the ISA's formulas, multiplied in order of k with fused sums, scattered
// back. The hardware's own order of summation is not documented: agree to rounding, not to the bit.
#include "arithmetic/lanes.hpp"
#include "arithmetic/narrow_floats.hpp"
#include "execution/launch.hpp"
#include "ptx/table.hpp"

#include <array>

namespace pck::emulator {

namespace {

// extra(..) holds d, a, b, c in this order. m16n8kK: group g = lane / 4 is a row of A and a column of B, t = lane % 4 the place within.
struct Fragments {
    size_t sums, a, b;
};

Fragments fragments_of(Matrix kind, size_t depth) {
    const size_t sums = kind == Matrix::f16_sums ? 2 : 4;
    return kind == Matrix::tf32 ? Fragments{sums, depth / 2, depth / 4} : Fragments{sums, depth / 4, depth / 8};
}

struct Tile {
    alignas(32) float a[16][16], b[16][8], c[16][8];
};

float tf32(u32 bits) { return std::bit_cast<float>(bits & ~0x1fffu); }

template <class Widen> void load_pairs(Tile& tile, const std::array<const u32*, 10>& reg, const Fragments& f, Widen widen) {
    for (u32 lane = 0; lane < warp_size; ++lane) {
        const u32 g = lane / 4, t = lane % 4 * 2;
        for (size_t i = 0; i < f.a; ++i) {
            float* row = tile.a[g + (i & 1) * 8] + t + i / 2 * 8;
            row[0] = widen(reg[i][lane] & 0xffff);
            row[1] = widen(reg[i][lane] >> 16);
        }
        for (size_t i = 0; i < f.b; ++i) {
            tile.b[t + i * 8][g] = widen(reg[f.a + i][lane] & 0xffff);
            tile.b[t + i * 8 + 1][g] = widen(reg[f.a + i][lane] >> 16);
        }
    }
}

void load_tf32(Tile& tile, const std::array<const u32*, 10>& reg, const Fragments& f) {
    for (u32 lane = 0; lane < warp_size; ++lane) {
        const u32 g = lane / 4, t = lane % 4;
        for (size_t i = 0; i < f.a; ++i)
            tile.a[g + (i & 1) * 8][t + i / 2 * 4] = tf32(reg[i][lane]);
        for (size_t i = 0; i < f.b; ++i)
            tile.b[t + i * 4][g] = tf32(reg[f.a + i][lane]);
    }
}

void multiply_f64(Warp& w, const std::vector<s32>& operands) {
    const double *a = source<double>(w, operands[2]), *b = source<double>(w, operands[3]);
    const double* c[2] = {source<double>(w, operands[4]), source<double>(w, operands[5])};
    double out[2][warp_size];
    for (u32 lane = 0; lane < warp_size; ++lane)
        for (u32 h = 0; h < 2; ++h) {
            double sum = c[h][lane];
            for (u32 k = 0; k < 4; ++k)
                sum = std::fma(a[lane / 4 * 4 + k], b[(lane % 4 * 2 + h) * 4 + k], sum);
            out[h][lane] = sum;
        }
    for (u32 h = 0; h < 2; ++h)
        std::copy_n(out[h], warp_size, destination<double>(w, operands[h]));
}

void multiply(Warp& w, const Instruction& i, u32 lanes) {
    if (lanes != all_lanes)
        fault(w, i, first_lane(lanes), "mma.aligned by a part of the warp");
    const auto kind = static_cast<Matrix>(i.op);
    const auto& operands = w.launch->program.extras[static_cast<size_t>(i.extra)];
    if (kind == Matrix::f64) {
        multiply_f64(w, operands);
        return;
    }
    const auto depth = static_cast<size_t>(i.immediate);
    const Fragments f = fragments_of(kind, depth);
    std::array<const u32*, 10> reg{};
    for (size_t k = 0; k < f.a + f.b + f.sums; ++k)
        reg[k] = source<u32>(w, operands[f.sums + k]);
    const u32* const* c = reg.data() + f.a + f.b;

    Tile tile;
    if (kind == Matrix::tf32)
        load_tf32(tile, reg, f);
    else if (kind == Matrix::bf16)
        load_pairs(tile, reg, f, bfloat_to_float);
    else
        load_pairs(tile, reg, f, half_to_float);
    for (u32 lane = 0; lane < warp_size; ++lane)
        for (size_t h = 0; h < 2; ++h) {
            float* at = tile.c[lane / 4 + h * 8] + lane % 4 * 2;
            const bool halves = kind == Matrix::f16_sums;
            at[0] = halves ? half_to_float(c[h][lane] & 0xffff) : std::bit_cast<float>(c[h * 2][lane]);
            at[1] = halves ? half_to_float(c[h][lane] >> 16) : std::bit_cast<float>(c[h * 2 + 1][lane]);
        }
    for (auto r = 0u; r < 16; ++r) {
        alignas(32) float sum[8];
        std::copy_n(tile.c[r], 8, sum);
        for (size_t k = 0; k < depth; ++k)
            for (auto n = 0u; n < 8; ++n)
                sum[n] = __builtin_fmaf(tile.a[r][k], tile.b[k][n], sum[n]);
        std::copy_n(sum, 8, tile.c[r]);
    }
    for (size_t h = 0; h < 2; ++h)
        for (u32 lane = 0; lane < warp_size; ++lane) {
            const float* at = tile.c[lane / 4 + h * 8] + lane % 4 * 2;
            if (kind == Matrix::f16_sums) {
                destination<u32>(w, operands[h])[lane] = float_to_half(at[0]) | float_to_half(at[1]) << 16;
            } else {
                destination<float>(w, operands[h * 2])[lane] = at[0];
                destination<float>(w, operands[h * 2 + 1])[lane] = at[1];
            }
        }
}

} // namespace

Handler matrix_handler() { return multiply; }

} // namespace pck::emulator
