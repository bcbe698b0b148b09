// Predictive coding on a chain of linear layers with the weights on the chip for all steps of a batch.
//
//   mu = f(W a + b), epsilon = x - mu, delta = f' pi epsilon;   x -= gamma (pi epsilon - g),  g = delta W of the layer above
//   W -= rate (scale delta^T a + decay W), b likewise by the sum of delta; or by an optimiser with moments      (iPC paper Alg. 1 and 2;
//   which of it a step does is in the work table). Of a categorical output epsilon = x - softmax(mu): its units lie in one block, those of
//   a sample in one warp.
//
// x that starts as mu is taken by the same instructions as mu later: an optimiser that divides by a gradient's size makes whole steps of
// its last bits. Everything of a step is taken from the values and weights of its beginning. A step of a block:
//   wait for x below, copy it; predict; settle: send g; learn, first half; wait for g above; move x, publish it; learn, second half.
#pragma once

#include "pck/resident/exchange.cuh"

namespace pck::resident {

// A block's view of its layer.
struct Mine {
    int layer, first_unit, units; // units: of this block, rounded up to 16; those behind the layer's are zero
    int inputs;                   // rounded up to 16
    int warp, lane;
    int column; // of this thread's values: 4 units from here, samples warp + 8 j
};

template <class Products>
struct Values {
    static constexpr int samples = Products::batch / warps;
    float4 at[samples];
};

__device__ __forceinline__ float4 masked(float4 x, int column, int columns) {
    return make_float4(column < columns ? x.x : 0, column + 1 < columns ? x.y : 0, column + 2 < columns ? x.z : 0,
                       column + 3 < columns ? x.w : 0);
}

// Weights and biases of the block's units; zeros behind the layer's units and inputs.
template <class Products>
__device__ __forceinline__ void load_weights(float* shared, const Layer& layer, const Mine& mine) {
    using M = typename Products::Memory;
#pragma unroll 1
    for (int u = mine.warp; u < rows; u += warps)
        for (int c = mine.lane * 4; c < width; c += 128) {
            const bool is_there = mine.first_unit + u < layer.units && c < mine.inputs;
            store4(shared + M::weight + u * M::weight_stride + c,
                   is_there ? load4(layer.weight.at(mine.first_unit + u, c)) : make_float4(0, 0, 0, 0));
        }
    const int u = static_cast<int>(threadIdx.x);
    if (u < rows)
        shared[M::bias + u] = layer.bias && mine.first_unit + u < layer.units ? *layer.bias.at(0, mine.first_unit + u) : 0;
}

template <class Products>
__device__ __forceinline__ void store_weights(const float* shared, const Layer& layer, const Mine& mine) {
    using M = typename Products::Memory;
#pragma unroll 1
    for (int u = mine.warp; u < rows && mine.first_unit + u < layer.units; u += warps)
        for (int c = mine.lane * 4; c < mine.inputs; c += 128)
            store4(layer.weight.at(mine.first_unit + u, c), masked(load4(shared + M::weight + u * M::weight_stride + c), c, layer.inputs));
    const int u = static_cast<int>(threadIdx.x);
    if (layer.bias && u < rows && mine.first_unit + u < layer.units)
        *layer.bias.at(0, mine.first_unit + u) = shared[M::bias + u];
}

__device__ __forceinline__ float warp_maximum(float x) {
#pragma unroll
    for (int distance = 16; distance > 0; distance /= 2)
        x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, distance));
    return x;
}

// The same order in every lane.
template <class T>
__device__ __forceinline__ T warp_sum(T x) {
#pragma unroll
    for (int distance = 16; distance > 0; distance /= 2)
        x += __shfl_xor_sync(0xffffffffu, x, distance);
    return x;
}

// softmax(mu) of a sample, whose units lie in the lanes of one warp; logarithm: of the sum of e^mu.
__device__ __forceinline__ float4 softmax(float4 mu, int column, int columns, float& logarithm) {
    float largest = -3.402823466e38f, sum = 0;
#pragma unroll
    for (int e = 0; e < 4; ++e)
        largest = column + e < columns ? fmaxf(largest, part(mu, e)) : largest;
    largest = warp_maximum(largest);
#pragma unroll
    for (int e = 0; e < 4; ++e) {
        element(mu, e) = column + e < columns ? wave::exponential(part(mu, e) - largest) : 0;
        sum += part(mu, e);
    }
    sum = warp_sum(sum);
    logarithm = largest + logf(sum);
#pragma unroll
    for (int e = 0; e < 4; ++e)
        element(mu, e) /= sum;
    return mu;
}

// mu and f' of a sample's four units, from the two partial sums of a prediction.
template <class Products>
__device__ __forceinline__ float4 mean(const float* shared, const Layer& layer, const Mine& mine, int sample, float4& slope) {
    using M = typename Products::Memory;
    const int local = mine.lane * 4;
    float4 z = load4(shared + M::exchange + sample * M::part_stride + local);
    const float4 more = load4(shared + M::exchange + (Products::batch + sample) * M::part_stride + local),
                 bias = load4(shared + M::bias + local);
#pragma unroll
    for (int e = 0; e < 4; ++e) {
        const wave::Activated<float> mu = activate(layer.activation, part(z, e) + part(more, e) + part(bias, e));
        element(z, e) = mu.y;
        element(slope, e) = mu.d;
    }
    return z;
}

// What follows a prediction: delta to shared memory, x - gamma pi epsilon into the values where the layer settles, the energy's terms.
template <class Products>
__device__ __forceinline__ double predict_epilogue(const Parameters& p, float* shared, const Layer& layer, const Mine& mine, int work,
                                                   Values<Products>& x) {
    using M = typename Products::Memory;
    const float precision = static_cast<float>(layer.precision);
    const float step = (work & settles) != 0 ? static_cast<float>(layer.gamma) * precision : 0;
    double energy = 0;
    float4 sums = make_float4(0, 0, 0, 0);
#pragma unroll
    for (int j = 0; j < Values<Products>::samples; ++j) {
        const int b = mine.warp + warps * j;
        float4 delta, error, slope;
        float4 z = mean<Products>(shared, layer, mine, b, slope);
        float logarithm = 0;
        const bool is_categorical = may_be_categorical && layer.is_categorical != 0;
        const float4 expected = is_categorical ? softmax(z, mine.column, layer.units, logarithm) : z;
#pragma unroll
        for (int e = 0; e < 4; ++e) {
            const bool is_there = b < p.batch && mine.column + e < layer.units;
            const float epsilon = is_there ? part(x.at[j], e) - part(expected, e) : 0;
            if (!is_categorical)
                energy += static_cast<double>(epsilon) * static_cast<double>(epsilon);
            else if (is_there)
                energy += static_cast<double>(part(x.at[j], e)) * static_cast<double>(logarithm - part(z, e));
            element(error, e) = epsilon;
            element(delta, e) = precision * epsilon * part(slope, e);
            element(x.at[j], e) -= step * epsilon;
        }
        store4(shared + M::delta + b * M::delta_stride + mine.lane * 4, Products::operand(delta));
        if constexpr (!M::is_exact)
#pragma unroll
            for (int e = 0; e < 4; ++e)
                element(sums, e) += part(delta, e);
        if ((work & keeps_error) != 0 && b < p.batch && mine.column < layer.error.stride) {
            store4(layer.error.at(b, mine.column), error);
            if (layer.prediction)
                store4(layer.prediction.at(b, mine.column), masked(z, mine.column, layer.units));
        }
    }
    if constexpr (!M::is_exact)
        store4(shared + M::delta_sums + mine.warp * rows + mine.lane * 4, sums);
    return energy;
}

// The block's share of the layer's energy, in a fixed order, by thread 0. Its barrier also makes delta visible to all and frees the
// exchange.
template <class Products>
__device__ __forceinline__ void put_energy(const Parameters& p, float* shared, const Layer& layer, const Mine& mine, int part_number,
                                           int step, int work, double energy) {
    auto* sums = reinterpret_cast<double*>(shared + Products::Memory::energy);
    energy = warp_sum(energy);
    if (mine.lane == 0)
        sums[mine.warp] = energy;
    __syncthreads(); // delta and the warps' energies are visible; the exchange has been read
    if (threadIdx.x != 0 || (work & has_energy) == 0)
        return;
    double sum = 0;
#pragma unroll
    for (int w = 0; w < warps; ++w)
        sum += sums[w];
    const int units = min(rows, layer.units - mine.first_unit);
    p.energies[static_cast<std::ptrdiff_t>(p.energy_rows[step]) * p.energy_stride + layer.first_partial + part_number] =
        layer.is_categorical != 0 ? sum / p.batch
                                  : 0.5 / p.batch * (layer.precision * sum - static_cast<double>(p.batch) * units * layer.log_precision);
}

// Of a unit's delta over the batch, as it was before any rounding: a bias reads no product.
template <class Products>
__device__ __forceinline__ float delta_sum(const float* shared, int unit) {
    using M = typename Products::Memory;
    float sum = 0;
    if constexpr (M::is_exact) {
#pragma unroll 8
        for (int b = 0; b < Products::batch; ++b)
            sum += shared[M::delta + b * M::delta_stride + unit];
    } else {
#pragma unroll
        for (int w = 0; w < warps; ++w)
            sum += shared[M::delta_sums + w * rows + unit];
    }
    return sum;
}

template <class Products>
__device__ __forceinline__ void learn_half(float* shared, const Layer& layer, const RunNumbers* run, const Mine& mine, int work, int pass) {
    using M = typename Products::Memory;
    if ((work & learns) == 0)
        return;
    const bool keeps = (work & keeps_gradient) != 0;
    Learning how;
    how.rate = static_cast<float>(layer.rate);
    how.scale = static_cast<float>(layer.scale);
    how.kept = static_cast<float>(1 - layer.rate * layer.decay);
    how.gradient = keeps ? layer.weight_gradient : View<float>{};
    how.first_unit = mine.first_unit;
    how.unit_limit = layer.units;
    how.update = layer.weight_update.first ? &layer.weight_update : nullptr;
    how.number = work >> update_shift;
    how.run = run;
    Products::learn(shared, mine.units, mine.inputs, mine.warp, mine.lane, pass, how);
    const int u = static_cast<int>(threadIdx.x), unit = mine.first_unit + u;
    if (pass == 0 || u >= rows || unit >= layer.units)
        return;
    const float g = how.scale * delta_sum<Products>(shared, u);
    if (keeps && layer.bias_gradient)
        *layer.bias_gradient.at(0, unit) = g;
    float& bias = shared[M::bias + u];
    const UpdateWork<float>& update = layer.bias_update;
    if (!has_moments(static_cast<bool>(update.first))) {
        bias = how.kept * bias - how.rate * g;
        return;
    }
    float first = *update.first.at(0, unit), second = update.second ? *update.second.at(0, unit) : 0;
    bias = stepper_of(update, how.number, *run).moved(bias, g, first, second);
    *update.first.at(0, unit) = first;
    if (update.second)
        *update.second.at(0, unit) = second;
}

// x += gamma g, with g the sum over the blocks of the layer above in their order.
template <class Products>
__device__ __forceinline__ void move_values(const Parameters& p, const Layer& layer, const Layer& above, const Mine& mine, int work,
                                            Values<Products>& x) {
    const auto gamma = static_cast<float>(layer.gamma);
#pragma unroll
    for (int j = 0; j < Values<Products>::samples; ++j) {
        const int b = mine.warp + warps * j;
        if (b >= p.batch || mine.column >= layer.value.stride)
            continue;
        if ((work & settles) != 0) {
            float4 g = make_float4(0, 0, 0, 0);
#pragma unroll 1
            for (int block = 0; block < above.blocks; ++block) {
                const float* from =
                    p.sums + (static_cast<std::ptrdiff_t>(above.first_block + block) * Products::batch + b) * width + mine.column;
                const float4 more = __ldcg(reinterpret_cast<const float4*>(from));
#pragma unroll
                for (int e = 0; e < 4; ++e)
                    element(g, e) += part(more, e);
            }
            g = masked(g, mine.column, layer.units);
#pragma unroll
            for (int e = 0; e < 4; ++e)
                element(x.at[j], e) = fmaf(gamma, part(g, e), part(x.at[j], e));
        }
        __stcg(reinterpret_cast<float4*>(layer.value.at(b, mine.column)), x.at[j]);
    }
}

template <class Products>
__device__ __forceinline__ void predict_step(const Parameters& p, float* shared, const Layer& layer, const Mine& mine, int part_number,
                                             int step, int work, Values<Products>& x) {
    Products::predict(shared, mine.units, mine.inputs, mine.warp, mine.lane);
    __syncthreads(); // the two partial sums are visible
    put_energy<Products>(p, shared, layer, mine, part_number, step, work, predict_epilogue<Products>(p, shared, layer, mine, work, x));
}

template <class Products>
__device__ __forceinline__ void send_step(const Parameters& p, float* shared, const Mine& mine) {
    Products::settle(shared, p.sums + static_cast<std::ptrdiff_t>(blockIdx.x) * Products::batch * width, mine.units, mine.inputs, mine.warp,
                     mine.lane);
}

// x before the first step, where the next layer finds it; is_mean: from the prediction in the exchange.
template <class Products>
__device__ __forceinline__ void start_values(const Parameters& p, const float* shared, const Layer& layer, const Mine& mine, bool is_mean,
                                             Values<Products>& x) {
#pragma unroll
    for (int j = 0; j < Values<Products>::samples; ++j) {
        const int b = mine.warp + warps * j;
        const bool is_there = b < p.batch && mine.column < layer.start.stride;
        float4 slope;
        x.at[j] = make_float4(0, 0, 0, 0);
        if (is_there && is_mean)
            x.at[j] = masked(mean<Products>(shared, layer, mine, b, slope), mine.column, layer.units);
        else if (is_there)
            x.at[j] = load4(layer.start.at(b, mine.column));
        if (is_there && layer.value)
            __stcg(reinterpret_cast<float4*>(layer.value.at(b, mine.column)), x.at[j]);
    }
}

// All steps of one block. layers: its own and its neighbours', below, own, above, in shared memory.
template <class Products>
__device__ __forceinline__ void run_block(const Parameters& p, const Layer* layers, int layer_number, int part_number, float* shared) {
    using M = typename Products::Memory;
    const Layer &below = layers[0], &layer = layers[1], &above = layers[2];
    const bool is_lowest = layer_number == 0, is_highest = layer_number == p.layer_count - 1;
    Mine mine;
    mine.layer = layer_number;
    mine.first_unit = part_number * rows;
    mine.units = min(rows, (layer.units - mine.first_unit + 15) / 16 * 16);
    mine.inputs = (layer.inputs + 15) / 16 * 16;
    mine.warp = static_cast<int>(threadIdx.x) / 32;
    mine.lane = static_cast<int>(threadIdx.x) % 32;
    mine.column = mine.first_unit + mine.lane * 4;

    load_weights<Products>(shared, layer, mine);
    // delta of a layer that no error has reached
    for (int i = static_cast<int>(threadIdx.x); i < Products::batch * M::delta_stride; i += threads)
        shared[M::delta + i] = 0;
    if constexpr (!M::is_exact)
        for (int i = static_cast<int>(threadIdx.x); i < warps * rows; i += threads)
            shared[M::delta_sums + i] = 0;
    Values<Products> x;
    const bool starts_as_mean = may_start_as_mean && layer.starts_as_mean != 0;
    if (!starts_as_mean) {
        start_values<Products>(p, shared, layer, mine, false, x);
        if (!is_highest)
            publish(p.values, 0);
    }
    if (is_lowest)
        load_input<Products>(shared, layer.input, p.batch, mine.inputs, mine.warp, mine.lane);
#pragma unroll 1
    for (int t = 0; t < p.step_count; ++t) {
        const std::int32_t* row = p.work + t * p.layer_count + layer_number;
        const int work = row[0] & known_work;
        if (!is_lowest) {
            if (!wait_for_layer(p, p.values, below.first_block, below.blocks, t, WaitKind::value_below))
                return;
            if ((work & (predicts | learns)) != 0 || (t == 0 && starts_as_mean))
                load_input<Products>(shared, layer.input, p.batch, mine.inputs, mine.warp, mine.lane);
        }
        __syncthreads(); // the input, and the weights and biases as loaded or learned, are visible
        if (t == 0 && starts_as_mean) {
            Products::predict(shared, mine.units, mine.inputs, mine.warp, mine.lane);
            __syncthreads(); // the two partial sums are visible
            start_values<Products>(p, shared, layer, mine, true, x);
            publish(p.values, 0); // its barrier: the sums have been read
        }
        if ((work & predicts) != 0)
            predict_step<Products>(p, shared, layer, mine, part_number, t, work, x);
        if (!is_lowest) {
            if ((row[-1] & settles) != 0)
                send_step<Products>(p, shared, mine);
            publish(p.sent, t); // its barrier: the weights have been read, and may be changed
        }
        learn_half<Products>(shared, layer, p.run, mine, work, 0);
        if (!is_highest) {
            if (!wait_for_layer(p, p.sent, above.first_block, above.blocks, t, WaitKind::sum_above))
                return;
            move_values<Products>(p, layer, above, mine, work, x);
            publish(p.values, t + 1);
        }
        learn_half<Products>(shared, layer, p.run, mine, work, 1);
    }
    __syncthreads(); // all have learned
    store_weights<Products>(shared, layer, mine);
}

// tables: room for three layers.
template <class Products>
__device__ __forceinline__ void run(const Parameters& p, Layer* tables, float* shared) {
    const BlockPlace place = p.blocks[blockIdx.x];
    constexpr int words = sizeof(Layer) / 4;
#pragma unroll
    for (int n = 0; n < 3; ++n) {
        const int layer = min(max(place.layer + n - 1, 0), p.layer_count - 1);
        if (static_cast<int>(threadIdx.x) < words)
            reinterpret_cast<std::uint32_t*>(tables + n)[threadIdx.x] =
                reinterpret_cast<const std::uint32_t*>(p.layers + layer)[threadIdx.x];
    }
    __syncthreads(); // the tables are visible
    if (threadIdx.x == 0)
        tables[1].rate *= p.run->rate_factor; // read behind the first step's barriers
    run_block<Products>(p, tables, place.layer, place.part, shared);
}

} // namespace pck::resident
