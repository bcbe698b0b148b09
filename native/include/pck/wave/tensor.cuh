// The tensor cores' part of a product: a warp multiplies its part of a buffer by mma, operands rounded, sums in float32.
//
//   tf32   m16n8k8,  operands rounded to 11 bits of mantissa, ties away from zero (cvt.rna)
//   bf16   m16n8k16, operands rounded to 8 bits of mantissa, ties to even (cvt.rn)
//
// What is rounded is what a product reads; weights, moments, values and everything behind a product stay float32. With u = 2^-11 (tf32) or
// 2^-8 (bf16), half a unit of the mantissa, a result over depth K is off by at most (2 u + u^2 + K 2^-23) times the sum of |a b|.
// A warp holds 16 x 32 (wide: 32 x 64) results; lane 4 g + t has rows g and g + 8 of a fragment and columns 2 t, 2 t + 1.
#pragma once

#include "pck/wave/shape.cuh"

namespace pck::wave {

template <class S>
struct WarpPlace {
    int number, group, within, slice, row, column;

    __device__ __forceinline__ explicit WarpPlace(int thread) : number(thread) {
        const int lane = number % 32, warp = number / 32;
        group = lane / 4;
        within = lane % 4;
        slice = warp / (S::warps_down * S::warps_across);
        const int in_slice = warp % (S::warps_down * S::warps_across);
        row = in_slice / S::warps_across * (S::rows / S::warps_down);
        column = in_slice % S::warps_across * (S::columns / S::warps_across);
    }
};

__device__ __forceinline__ std::uint32_t round_tf32(float x) {
    std::uint32_t bits;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
    return bits;
}

__device__ __forceinline__ std::uint32_t round_bf16(float low, float high) {
    std::uint32_t bits;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(high), "f"(low));
    return bits;
}

// Fragments of one mma: A is 16 x depth, B is depth x 8; at(row, k) reads an operand, whose rows are those of A or the columns of B.
template <class Math>
struct Fragment;

template <>
struct Fragment<Tf32> {
    static constexpr int depth = 8, a_registers = 4, b_registers = 2;

    template <class At>
    __device__ __forceinline__ static void load_a(std::uint32_t (&a)[a_registers], int group, int within, At at) {
        a[0] = round_tf32(at(group, within));
        a[1] = round_tf32(at(group + 8, within));
        a[2] = round_tf32(at(group, within + 4));
        a[3] = round_tf32(at(group + 8, within + 4));
    }
    template <class At>
    __device__ __forceinline__ static void load_b(std::uint32_t (&b)[b_registers], int group, int within, At at) {
        b[0] = round_tf32(at(group, within));
        b[1] = round_tf32(at(group, within + 4));
    }
    __device__ __forceinline__ static void multiply(float (&sum)[4], const std::uint32_t (&a)[a_registers],
                                                    const std::uint32_t (&b)[b_registers]) {
        asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
            : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
    }
};

template <>
struct Fragment<Bf16> {
    static constexpr int depth = 16, a_registers = 4, b_registers = 2;

    template <class At>
    __device__ __forceinline__ static std::uint32_t pair(int row, int k, At at) {
        return round_bf16(at(row, k), at(row, k + 1));
    }
    template <class At>
    __device__ __forceinline__ static void load_a(std::uint32_t (&a)[a_registers], int group, int within, At at) {
        a[0] = pair(group, 2 * within, at);
        a[1] = pair(group + 8, 2 * within, at);
        a[2] = pair(group, 2 * within + 8, at);
        a[3] = pair(group + 8, 2 * within + 8, at);
    }
    template <class At>
    __device__ __forceinline__ static void load_b(std::uint32_t (&b)[b_registers], int group, int within, At at) {
        b[0] = pair(group, 2 * within, at);
        b[1] = pair(group, 2 * within + 8, at);
    }
    __device__ __forceinline__ static void multiply(float (&sum)[4], const std::uint32_t (&a)[a_registers],
                                                    const std::uint32_t (&b)[b_registers]) {
        asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
            : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
    }
};

// A and B: how the operands lie in a buffer, Staged of product.cuh.
template <class S, class A, class B>
struct TensorUnits {
    using F = Fragment<typename S::Math>;
    using Threads = WarpPlace<S>;
    static constexpr int down = S::rows / S::warps_down / 16, across = S::columns / S::warps_across / 8;
    static constexpr int slice_depth = S::slice_chunks * S::vector;
    static constexpr int group = 2; // results side by side
    static_assert(slice_depth % F::depth == 0);

    struct Sums {
        float at[down][across][4];

        __device__ __forceinline__ Sums() {
#pragma unroll
            for (int i = 0; i < down; ++i)
#pragma unroll
                for (int j = 0; j < across; ++j)
#pragma unroll
                    for (int e = 0; e < 4; ++e)
                        at[i][j][e] = 0;
        }
    };

    __device__ __forceinline__ static void multiply(const Threads& at, const float* a, const float* b, Sums& to) {
#pragma unroll
        for (int k0 = 0; k0 < slice_depth; k0 += F::depth) {
            const int k = at.slice * slice_depth + k0;
            std::uint32_t x[down][F::a_registers];
#pragma unroll
            for (int i = 0; i < down; ++i)
                F::load_a(x[i], at.group, at.within, [&](int row, int depth) { return A::one(a, at.row + 16 * i + row, k + depth); });
#pragma unroll
            for (int j = 0; j < across; ++j) {
                std::uint32_t y[F::b_registers];
                F::load_b(y, at.group, at.within, [&](int column, int depth) { return B::one(b, at.column + 8 * j + column, k + depth); });
#pragma unroll
                for (int i = 0; i < down; ++i)
                    F::multiply(to.at[i][j], x[i], y);
            }
        }
    }

    // Calls f(row, column, values) for groups of results that lie side by side.
    template <class Call>
    __device__ __forceinline__ static void for_each_group(const Threads& at, const Sums& from, Call f) {
#pragma unroll
        for (int i = 0; i < down; ++i)
#pragma unroll
            for (int j = 0; j < across; ++j)
#pragma unroll
                for (int half = 0; half < 2; ++half) {
                    const float values[group] = {from.at[i][j][2 * half], from.at[i][j][2 * half + 1]};
                    f(at.row + 16 * i + 8 * half + at.group, at.column + 8 * j + 2 * at.within, values);
                }
    }
};

} // namespace pck::wave
