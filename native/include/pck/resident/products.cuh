// The three products of a block on the ordinary units, from shared memory: a (batch x inputs), delta (batch x units), W (units x inputs).
//
//   predict   z = a W^T          warp: 64 units x a quarter of the inputs     thread: batch/4 samples x 8 units
//   settle    g = delta W        warp: 64 inputs x a half of the units        thread: batch/4 samples x 8 inputs
//   learn     W = kept W - rate scale delta^T a   warp: 32 units x 64 inputs, twice   thread: 8 units x 8 inputs
//
// A thread's samples are lane / 8 + 4 j. All chains ascend and parts are added in a fixed order: the same bits run after run.
#pragma once

#include "pck/resident/config.cuh"

namespace pck::resident {

template <int Batch>
struct Sums {
    static constexpr int samples = Batch / 4; // of one thread
    static constexpr int half = samples / 2;
    float at[samples][8];

    __device__ __forceinline__ Sums() {
#pragma unroll
        for (int j = 0; j < samples; ++j)
#pragma unroll
            for (int i = 0; i < 8; ++i)
                at[j][i] = 0;
    }
};

__device__ __forceinline__ float4 load4(const float* from) { return *reinterpret_cast<const float4*>(from); }
__device__ __forceinline__ void store4(float* to, float4 x) { *reinterpret_cast<float4*>(to) = x; }
__device__ __forceinline__ float part(const float4& x, int i) { return i == 0 ? x.x : i == 1 ? x.y : i == 2 ? x.z : x.w; }
__device__ __forceinline__ float& element(float4& x, int i) { return i == 0 ? x.x : i == 1 ? x.y : i == 2 ? x.z : x.w; }

// How a block's weights move in a step.
struct Learning {
    float rate, scale, kept;         // kept: 1 - rate decay
    View<float> gradient;            // where the mean gradient is wanted as well, or null
    int first_unit, unit_limit;      // of the block; units of the layer
    const UpdateWork<float>* update; // an optimiser with moments, instead of rate and kept; or null
    int number;                      // of the update, in this run
    const RunNumbers* run;
};

// Four weights beside each other, and the sums that are their gradient.
struct Four {
    float* weights; // in shared memory
    int unit, input;
    float sums[4];
};

// sums by scale, kept where they are wanted.
__device__ __forceinline__ float4 keep_gradient(const Learning& how, const Four& four) {
    const float4 g = make_float4(how.scale * four.sums[0], how.scale * four.sums[1], how.scale * four.sums[2], how.scale * four.sums[3]);
    if (how.gradient && how.first_unit + four.unit < how.unit_limit && four.input < how.gradient.stride)
        store4(how.gradient.at(how.first_unit + four.unit, four.input), g);
    return g;
}

// By plain SGD.
__device__ __forceinline__ void move_weights(const Learning& how, const Four& four) {
    const float step = -how.rate * how.scale, *s = four.sums;
    const float4 v = load4(four.weights);
    store4(four.weights, make_float4(fmaf(step, s[0], how.kept * v.x), fmaf(step, s[1], how.kept * v.y), fmaf(step, s[2], how.kept * v.z),
                                     fmaf(step, s[3], how.kept * v.w)));
    keep_gradient(how, four);
}

// By an optimiser with moments. Those of a weight belong to the thread that moves it, in every step; all are asked for before any is
// written.
template <int Count>
__device__ __forceinline__ void move_weights(const Learning& how, const wave::Stepper<float>& stepper, const Four (&fours)[Count]) {
    const UpdateWork<float>& update = *how.update;
    float4 first[Count], second[Count];
#pragma unroll
    for (int n = 0; n < Count; ++n) {
        const int row = how.first_unit + fours[n].unit, column = fours[n].input;
        const bool is_there = row < how.unit_limit && column < update.first.stride;
        first[n] = is_there ? __ldcg(reinterpret_cast<const float4*>(update.first.at(row, column))) : make_float4(0, 0, 0, 0);
        second[n] =
            is_there && update.second ? __ldcg(reinterpret_cast<const float4*>(update.second.at(row, column))) : make_float4(0, 0, 0, 0);
    }
#pragma unroll
    for (int n = 0; n < Count; ++n) {
        const int row = how.first_unit + fours[n].unit, column = fours[n].input;
        const float4 g = keep_gradient(how, fours[n]);
        float4 theta = load4(fours[n].weights);
#pragma unroll
        for (int e = 0; e < 4; ++e)
            element(theta, e) = stepper.moved(part(theta, e), part(g, e), element(first[n], e), element(second[n], e));
        if (row >= how.unit_limit || column >= update.first.stride)
            continue;
        store4(fours[n].weights, theta);
        __stcg(reinterpret_cast<float4*>(update.first.at(row, column)), first[n]);
        if (update.second)
            __stcg(reinterpret_cast<float4*>(update.second.at(row, column)), second[n]);
    }
}

// inputs: a multiple of 16, so that a quarter is one of 4.
template <int Batch>
__device__ __forceinline__ void predict_product(const float* shared, int inputs, int warp, int lane, Sums<Batch>& z) {
    using M = Shared<Batch>;
    const int quarter = inputs / 4;
    const float* a = shared + M::input + lane / 8 * M::input_stride + warp / 2 * quarter;
    const float* w = shared + M::weight + (warp % 2 * 64 + lane % 8) * M::weight_stride + warp / 2 * quarter;
#pragma unroll 2
    for (int k = 0; k < quarter; k += 4) {
        float4 x[Sums<Batch>::samples], v[8];
#pragma unroll
        for (int j = 0; j < Sums<Batch>::samples; ++j)
            x[j] = load4(a + 4 * j * M::input_stride + k);
#pragma unroll
        for (int i = 0; i < 8; ++i)
            v[i] = load4(w + 8 * i * M::weight_stride + k);
#pragma unroll
        for (int e = 0; e < 4; ++e)
#pragma unroll
            for (int j = 0; j < Sums<Batch>::samples; ++j)
#pragma unroll
                for (int i = 0; i < 8; ++i)
                    z.at[j][i] = fmaf(part(x[j], e), part(v[i], e), z.at[j][i]);
    }
}

// Adds the four quarters of the inputs, two and two, and leaves two partial sums [batch, rows] in the exchange. Quarters 0 and 1 keep the
// first half of the samples and send the second; 2 and 3 the other way round.
template <int Batch, int Keep, int Send>
__device__ __forceinline__ void exchange_halves(float* mine, int warp, int lane, const Sums<Batch>& z) {
    using M = Shared<Batch>;
    constexpr int half = Sums<Batch>::half;
    float* at = mine + lane / 8 * M::part_stride + warp % 2 * 64 + lane % 8;
#pragma unroll
    for (int j = 0; j < half; ++j)
#pragma unroll
        for (int i = 0; i < 8; ++i)
            at[4 * (Send + j) * M::part_stride + 8 * i] = z.at[Send + j][i];
    __syncthreads(); // what the partner sends is visible
#pragma unroll
    for (int j = 0; j < half; ++j)
#pragma unroll
        for (int i = 0; i < 8; ++i) {
            float* to = at + 4 * (Keep + j) * M::part_stride + 8 * i;
            *to = z.at[Keep + j][i] + *to;
        }
}

template <int Batch>
__device__ __forceinline__ void put_prediction(float* shared, int warp, int lane, const Sums<Batch>& z) {
    using M = Shared<Batch>;
    constexpr int half = Sums<Batch>::half;
    float* mine = shared + M::exchange + warp / 2 % 2 * Batch * M::part_stride;
    if (warp / 4 == 0)
        exchange_halves<Batch, 0, half>(mine, warp, lane, z);
    else
        exchange_halves<Batch, half, 0>(mine, warp, lane, z);
}

// units: a multiple of 8, the slices are halves of it. A warp whose columns lie behind the inputs has nothing to do.
template <int Batch>
__device__ __forceinline__ void settle_product(const float* shared, int units, int warp, int lane, Sums<Batch>& g) {
    using M = Shared<Batch>;
    const int slice = units / 2, first = warp % 2 * slice;
    const float* d = shared + M::delta + lane / 8 * M::delta_stride + first;
    const float* w = shared + M::weight + first * M::weight_stride + warp / 2 * 64 + lane % 8 * 4;
#pragma unroll 2
    for (int k = 0; k < slice; k += 4) {
        float4 x[Sums<Batch>::samples];
#pragma unroll
        for (int j = 0; j < Sums<Batch>::samples; ++j)
            x[j] = load4(d + 4 * j * M::delta_stride + k);
#pragma unroll
        for (int e = 0; e < 4; ++e) {
            const float4 u = load4(w + (k + e) * M::weight_stride), v = load4(w + (k + e) * M::weight_stride + 32);
#pragma unroll
            for (int j = 0; j < Sums<Batch>::samples; ++j)
#pragma unroll
                for (int i = 0; i < 8; ++i)
                    g.at[j][i] = fmaf(part(x[j], e), part(i < 4 ? u : v, i % 4), g.at[j][i]);
        }
    }
}

// Adds the two slices of the units and publishes [batch, width]: slice 0 the first half of the samples, slice 1 the second.
template <int Batch, int Keep, int Send>
__device__ __forceinline__ void send_halves(float* exchange, float* to, int warp, int lane, bool is_inside, const Sums<Batch>& g) {
    using M = Shared<Batch>;
    constexpr int half = Sums<Batch>::half;
    const int column = warp / 2 * 64 + lane % 8 * 4;
    float* at = exchange + lane / 8 * M::sum_stride + column;
    if (is_inside)
#pragma unroll
        for (int j = 0; j < half; ++j)
#pragma unroll
            for (int q = 0; q < 2; ++q)
                store4(at + 4 * (Send + j) * M::sum_stride + 32 * q,
                       make_float4(g.at[Send + j][4 * q], g.at[Send + j][4 * q + 1], g.at[Send + j][4 * q + 2], g.at[Send + j][4 * q + 3]));
    __syncthreads(); // what the other slice sends is visible
    if (is_inside)
#pragma unroll
        for (int j = 0; j < half; ++j)
#pragma unroll
            for (int q = 0; q < 2; ++q) {
                const float4 more = load4(at + 4 * (Keep + j) * M::sum_stride + 32 * q);
                const float* own = g.at[Keep + j] + 4 * q;
                __stcg(reinterpret_cast<float4*>(to + (lane / 8 + 4 * (Keep + j)) * width + column + 32 * q),
                       make_float4(own[0] + more.x, own[1] + more.y, own[2] + more.z, own[3] + more.w));
            }
}

template <int Batch>
__device__ __forceinline__ void send_sums(float* shared, float* to, int inputs, int warp, int lane, const Sums<Batch>& g) {
    constexpr int half = Sums<Batch>::half;
    const bool is_inside = warp / 2 * 64 < inputs && warp / 2 * 64 < width;
    float* exchange = shared + Shared<Batch>::exchange;
    if (warp % 2 == 0)
        send_halves<Batch, 0, half>(exchange, to, warp, lane, is_inside, g);
    else
        send_halves<Batch, half, 0>(exchange, to, warp, lane, is_inside, g);
}

// A warp's first or second tile.
template <int Batch>
__device__ __forceinline__ void learn_product(float* shared, int units, int inputs, int warp, int lane, int pass, const Learning& how) {
    using M = Shared<Batch>;
    constexpr int across = width / 64;
    const int tile = warp + pass * warps, u0 = tile / across * 32, i0 = tile % across * 64;
    if (u0 >= units || i0 >= inputs)
        return;
    const float* d = shared + M::delta + u0 + lane / 8 * 4;
    const float* x = shared + M::input + i0 + lane % 8 * 4;
    float sum[8][8] = {};
#pragma unroll 4
    for (int b = 0; b < Batch; ++b) {
        const float4 d0 = load4(d + b * M::delta_stride), d1 = load4(d + b * M::delta_stride + 16);
        const float4 x0 = load4(x + b * M::input_stride), x1 = load4(x + b * M::input_stride + 32);
#pragma unroll
        for (int j = 0; j < 8; ++j)
#pragma unroll
            for (int i = 0; i < 8; ++i)
                sum[j][i] = fmaf(part(j < 4 ? d0 : d1, j % 4), part(i < 4 ? x0 : x1, i % 4), sum[j][i]);
    }
    const int first_unit = u0 + lane / 8 * 4, first_input = i0 + lane % 8 * 4;
    // Of row j of the thread's eight, the q-th four, where s are the row's sums.
    const auto four = [&](int j, int q, const float(&s)[8]) {
        const int unit = first_unit + j % 4 + 16 * (j / 4), input = first_input + 32 * q;
        return Four{
            shared + M::weight + unit * M::weight_stride + input, unit, input, {s[4 * q], s[4 * q + 1], s[4 * q + 2], s[4 * q + 3]}};
    };
    if (!has_moments(how.update != nullptr)) {
#pragma unroll
        for (int j = 0; j < 8; ++j)
#pragma unroll
            for (int q = 0; q < 2; ++q)
                move_weights(how, four(j, q, sum[j]));
        return;
    }
    // Sixty-four such moves would be most of the kernel: the sums come by, two rows after two.
    const wave::Stepper<float> stepper = stepper_of(*how.update, how.number, *how.run);
#pragma unroll 1
    for (int j = 0; j < 8; j += 2) {
        const Four fours[] = {four(j, 0, sum[0]), four(j, 1, sum[0]), four(j + 1, 0, sum[1]), four(j + 1, 1, sum[1])};
        move_weights(how, stepper, fours);
#pragma unroll
        for (int k = 0; k < 6; ++k)
#pragma unroll
            for (int i = 0; i < 8; ++i)
                sum[k][i] = sum[k + 2][i];
    }
}

// What the kernel asks of its products; TensorProducts has the same.
template <int Batch>
struct OrdinaryProducts {
    static constexpr int batch = Batch;
    using Memory = Shared<Batch>;

    // As an operand lies in shared memory.
    __device__ __forceinline__ static float4 operand(float4 x) { return x; }

    // Leaves two partial sums of z in the exchange; a barrier has to follow.
    __device__ __forceinline__ static void predict(float* shared, int units, int inputs, int warp, int lane) {
        Sums<Batch> z;
        if (warp % 2 * 64 < units)
            predict_product<Batch>(shared, inputs, warp, lane, z);
        put_prediction<Batch>(shared, warp, lane, z);
    }

    // g to memory, [batch, width].
    __device__ __forceinline__ static void settle(float* shared, float* to, int units, int inputs, int warp, int lane) {
        Sums<Batch> g;
        if (warp / 2 * 64 < inputs && warp / 2 * 64 < width)
            settle_product<Batch>(shared, units, warp, lane, g);
        send_sums<Batch>(shared, to, inputs, warp, lane, g);
    }

    __device__ __forceinline__ static void learn(float* shared, int units, int inputs, int warp, int lane, int pass, const Learning& how) {
        learn_product<Batch>(shared, units, inputs, warp, lane, pass, how);
    }
};

} // namespace pck::resident
