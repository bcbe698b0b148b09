// The three products of a block on the tensor cores (mma m16n8k8, tf32): operands rounded as tensor.cuh has it, sums and weights float32.
//
//   predict   z^T = W a^T                         warp: 32 units x a half of the inputs   A = W, B = a
//   settle    g^T = W^T delta^T                   warp: 32 inputs x all units             A = W, B = delta
//   learn     W = kept W - rate scale delta^T a   warp: 32 units x 64 inputs, twice       A = delta, B = a
//
// a and delta lie rounded in shared memory, W as it is: it is rounded whenever it is read. A lane is 4 g + t. Which row, column or depth of
// a matrix stands where in a fragment is free as long as both operands agree. It is chosen so that a lane finds side by side what it needs,
// and that loads and stores of 16 bytes (of a settle's delta: 8) meet all banks, with rows that lie 4 banks apart:
//
//             rows g, g + 8 of two fragments   columns g                     depth t, t + 4, one fragment after another
//   predict   units 4 g + i                    sample g / 2 + 4 (g % 2)      inputs 4 t + e
//   settle    inputs 4 g + i                   sample 2 (g % 4) + g / 4      units 2 t + e
//   learn     units 4 g + i                    inputs spread(g) + j, of      samples 2 t + e
//                                              the j-th of four fragments
//
// All chains ascend and parts are added in a fixed order: the same bits run after run.
#pragma once

#include "pck/resident/products.cuh"
#include "pck/wave/tensor.cuh"

namespace pck::resident {

// By float4: groups 0, 2, 4, 6 are 64 bytes in a row and so are 1, 3, 5, 7, which a warp stores at once; neighbours are on different banks.
__device__ __forceinline__ int spread(int g) { return g / 2 * 4 ^ g % 2 * 20; }

// wave::round_tf32 in two instructions for three, a move among them that an mma's four registers in a row would ask for: every weight is
// rounded twice a step. The thirteen bits that tf32 has not are left as they are; an mma does not read them. The bound keeps the NaN of the
// arithmetic units, 0x7fffffff, from running over; lost are NaNs from 0xfffff000 on, which no unit makes.
__device__ __forceinline__ std::uint32_t rounded_weight(float x) {
    return static_cast<std::uint32_t>(min(__float_as_int(x), 0x7fffefff)) + 0x1000u;
}

template <int Batch>
struct TensorProducts {
    static constexpr int batch = Batch;
    using Memory = Shared<Batch, wave::Tf32>;
    using M = Memory;
    using F = wave::Fragment<wave::Tf32>;
    static constexpr int samples = Batch / 8; // fragments across the batch

    // 32 rows (two fragments) by the batch.
    struct Sums {
        float at[2][samples][4];

        __device__ __forceinline__ Sums() {
#pragma unroll
            for (int m = 0; m < 2; ++m)
#pragma unroll
                for (int n = 0; n < samples; ++n)
#pragma unroll
                    for (int e = 0; e < 4; ++e)
                        at[m][n][e] = 0;
        }

        // Rows 4 g + i, i = 0 to 3, of column 2 t + e.
        __device__ __forceinline__ float4 rows_of(int n, int e) const {
            return make_float4(at[0][n][e], at[0][n][2 + e], at[1][n][e], at[1][n][2 + e]);
        }
    };

    __device__ __forceinline__ static float4 operand(float4 x) {
        return make_float4(__uint_as_float(wave::round_tf32(x.x)), __uint_as_float(wave::round_tf32(x.y)),
                           __uint_as_float(wave::round_tf32(x.z)), __uint_as_float(wave::round_tf32(x.w)));
    }

    // Rows of A and their next depth: a fragment of W.
    __device__ __forceinline__ static void multiply(float (&sum)[samples][4], float row, float row_8, float next, float next_8,
                                                    const float2 (&b)[samples]) {
        const std::uint32_t a[4] = {rounded_weight(row), rounded_weight(row_8), rounded_weight(next), rounded_weight(next_8)};
#pragma unroll
        for (int n = 0; n < samples; ++n) {
            const std::uint32_t y[2] = {__float_as_uint(b[n].x), __float_as_uint(b[n].y)};
            F::multiply(sum[n], a, y);
        }
    }

    // The halves are of whole 16 inputs: behind the inputs a and W are zero.
    __device__ __forceinline__ static void predict(float* shared, int units, int inputs, int warp, int lane) {
        const int g = lane / 4, t = lane % 4, first_unit = warp % 4 * 32, half = (inputs + 31) / 32 * 16;
        Sums z;
        if (first_unit < units) {
            const float* w = shared + M::weight + (first_unit + 4 * g) * M::weight_stride + warp / 4 * half + 4 * t;
            const float* a = shared + M::input + (g / 2 + g % 2 * 4) * M::input_stride + warp / 4 * half + 4 * t;
#pragma unroll 2
            for (int k = 0; k < half; k += 16) {
                float4 v[4], x[samples];
#pragma unroll
                for (int i = 0; i < 4; ++i)
                    v[i] = load4(w + i * M::weight_stride + k);
#pragma unroll
                for (int n = 0; n < samples; ++n)
                    x[n] = load4(a + 8 * n * M::input_stride + k);
#pragma unroll
                for (int e = 0; e < 4; e += 2) {
                    float2 y[samples];
#pragma unroll
                    for (int n = 0; n < samples; ++n)
                        y[n] = make_float2(part(x[n], e), part(x[n], e + 1));
#pragma unroll
                    for (int m = 0; m < 2; ++m)
                        multiply(z.at[m], part(v[2 * m], e), part(v[2 * m + 1], e), part(v[2 * m], e + 1), part(v[2 * m + 1], e + 1), y);
                }
            }
        }
        float* to = shared + M::exchange + (warp / 4 * Batch + t) * M::part_stride + first_unit + 4 * g;
#pragma unroll
        for (int n = 0; n < samples; ++n)
#pragma unroll
            for (int e = 0; e < 2; ++e)
                store4(to + (8 * n + 4 * e) * M::part_stride, z.rows_of(n, e));
    }

    // units: a multiple of 8. A warp whose columns lie behind the inputs has nothing to do.
    __device__ __forceinline__ static void settle(float* shared, float* to, int units, int inputs, int warp, int lane) {
        const int g = lane / 4, t = lane % 4, column = warp * 32;
        if (column >= inputs || column >= width)
            return;
        const float* w = shared + M::weight + 2 * t * M::weight_stride + column + 4 * g;
        const float* d = shared + M::delta + (g % 4 * 2 + g / 4) * M::delta_stride + 2 * t;
        Sums sums;
#pragma unroll 2
        for (int k = 0; k < units; k += 8) {
            const float4 u = load4(w + k * M::weight_stride), v = load4(w + (k + 1) * M::weight_stride);
            float2 y[samples];
#pragma unroll
            for (int n = 0; n < samples; ++n)
                y[n] = *reinterpret_cast<const float2*>(d + 8 * n * M::delta_stride + k);
            multiply(sums.at[0], u.x, u.y, v.x, v.y, y);
            multiply(sums.at[1], u.z, u.w, v.z, v.w, y);
        }
        float* at = to + (t % 2 * 4 + t / 2) * width + column + 4 * g;
#pragma unroll
        for (int n = 0; n < samples; ++n)
#pragma unroll
            for (int e = 0; e < 2; ++e)
                __stcg(reinterpret_cast<float4*>(at + (8 * n + 2 * e) * width), sums.rows_of(n, e));
    }

    // A warp's first or second tile, as learn_product has them.
    __device__ __forceinline__ static void learn(float* shared, int units, int inputs, int warp, int lane, int pass, const Learning& how) {
        constexpr int across = width / 64;
        const int tile = warp + pass * warps, u0 = tile / across * 32, i0 = tile % across * 64, g = lane / 4, t = lane % 4;
        if (u0 >= units || i0 >= inputs)
            return;
        const float* d = shared + M::delta + 2 * t * M::delta_stride + u0 + 4 * g;
        const float* x = shared + M::input + 2 * t * M::input_stride + i0 + spread(g);
        float sum[2][8][4] = {}; // units 4 g + 2 m, + 1; inputs of 32 q + j
#pragma unroll
        for (int b = 0; b < Batch; b += 8) {
            const float4 now = load4(d + b * M::delta_stride), next = load4(d + (b + 1) * M::delta_stride);
#pragma unroll
            for (int q = 0; q < 2; ++q) {
                const float4 y = load4(x + b * M::input_stride + 32 * q), z = load4(x + (b + 1) * M::input_stride + 32 * q);
#pragma unroll
                for (int m = 0; m < 2; ++m) {
                    const std::uint32_t a[4] = {__float_as_uint(part(now, 2 * m)), __float_as_uint(part(now, 2 * m + 1)),
                                                __float_as_uint(part(next, 2 * m)), __float_as_uint(part(next, 2 * m + 1))};
#pragma unroll
                    for (int j = 0; j < 4; ++j) {
                        const std::uint32_t c[2] = {__float_as_uint(part(y, j)), __float_as_uint(part(z, j))};
                        F::multiply(sum[m][4 * q + j], a, c);
                    }
                }
            }
        }
        // Of row i of the thread's four, the e-th four of half q; of the row's sums, c is the first one's element of a fragment.
        const auto four = [&](int i, int q, int e, const float(&s)[8][4], int c) {
            const int unit = u0 + 4 * g + i, input = i0 + 32 * q + spread(2 * t + e);
            return Four{shared + M::weight + unit * M::weight_stride + input,
                        unit,
                        input,
                        {s[4 * q][c + e], s[4 * q + 1][c + e], s[4 * q + 2][c + e], s[4 * q + 3][c + e]}};
        };
        if (!has_moments(how.update != nullptr)) {
#pragma unroll
            for (int i = 0; i < 4; ++i)
#pragma unroll
                for (int q = 0; q < 2; ++q)
#pragma unroll
                    for (int e = 0; e < 2; ++e)
                        move_weights(how, four(i, q, e, sum[i / 2], i % 2 * 2));
            return;
        }
        // As in learn_product: the sums come by, one row after another.
        const wave::Stepper<float> stepper = stepper_of(*how.update, how.number, *how.run);
#pragma unroll 1
        for (int i = 0; i < 4; ++i) {
            const Four fours[] = {four(i, 0, 0, sum[0], 0), four(i, 0, 1, sum[0], 0), four(i, 1, 0, sum[0], 0), four(i, 1, 1, sum[0], 0)};
            move_weights(how, stepper, fours);
#pragma unroll
            for (int n = 0; n < 8; ++n)
#pragma unroll
                for (int e = 0; e < 2; ++e) {
                    sum[0][n][e] = sum[0][n][2 + e];
                    sum[0][n][2 + e] = sum[1][n][e];
                    sum[1][n][e] = sum[1][n][2 + e];
                }
        }
    }
};

} // namespace pck::resident
