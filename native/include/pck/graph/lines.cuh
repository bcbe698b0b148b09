// Ops that look at a whole line of elements first: one warp a line, the lanes' shares added by a fixed tree.
//
//   softmax      p = e^(x - max) / sum; adjoint: p (delta - sum p delta)
//   layer norm   y = (x - mean) r w + b, r = 1 / sqrt(variance + eps); adjoint, g = w delta: (g - mean g - x^ mean(g x^)) r, x^ = (x -
//   mean) r;
//                gradients: scale sum over rows of delta x^ and of delta. Mean and r of each row come from the launch before (moments)
//   attention    p = softmax(q k^T / sqrt(width)) of one query and head; for a derivative also ds = p (e - sum p e) / sqrt(width),
//                e = delta v^T. What is summed over keys or queries follows in the next launch (elements.cuh)
//   bias of a convolution: scale sum over samples and places of delta, one block a channel, in double as all sums of reduce.cuh
//
// Source: src/PcKernels/Execution/Kernels/Ops/SequenceKernels.cs, AttentionKernel.cs; Vaswani et al. 2017, eq. 1. Launch: a tile is 16
// lines (column sums: 32 columns; channel sums: a channel). Shared memory: sums of columns and channels alone, up to 256 elements.
#pragma once

#include "pck/graph/op.cuh"
#include "pck/wave/reduce.cuh"

namespace pck::wave {

constexpr int lines_per_tile = 16, warps = threads / 32;

__device__ __forceinline__ int lane_number() { return static_cast<int>(threadIdx.x) % 32; }
__device__ __forceinline__ int warp_number() { return static_cast<int>(threadIdx.x) / 32; }

// The largest element and the sum of powers of a line, by its warp.
template <class T>
struct Powers {
    T largest, sum;

    template <class Element>
    __device__ __forceinline__ Powers(int count, Element element) : largest(element(0)), sum(T(0)) {
        for (int e = lane_number(); e < count; e += 32) {
            const T x = element(e);
            largest = x > largest ? x : largest;
        }
        largest = warp_maximum(largest);
        for (int e = lane_number(); e < count; e += 32)
            sum += exponential(element(e) - largest);
        sum = warp_sum(sum);
    }

    __device__ __forceinline__ T weight(T x) const { return exponential(x - largest) / sum; }
};

template <class T>
__device__ __forceinline__ void softmax_line(const Task<T>& task, const Task<T>* partner, const OpInput<T>* x, int line) {
    const OpWork<T>& work = task.op;
    const int lines = work.count * work.inner, sample = line / lines, within = line % lines; // count: slices outside of the line
    const int first = within / work.inner * work.extent * work.inner + within % work.inner;
    const Powers<T> powers(work.extent, [&](int e) { return x->get(sample, first + e * work.inner); });
    T along = T(0);
    if (work.formula == Formula::adjoint) {
        for (int e = lane_number(); e < work.extent; e += 32)
            along += powers.weight(x->get(sample, first + e * work.inner)) * x[1].get(sample, first + e * work.inner);
        along = warp_sum(along);
    }
    for (int e = lane_number(); e < work.extent; e += 32) {
        const int element = first + e * work.inner;
        const T weight = powers.weight(x->get(sample, element));
        put_of_sample(task, partner, sample, element,
                      work.formula == Formula::adjoint ? weight * (x[1].get(sample, element) - along) : weight);
    }
}

// Of one row.
template <class T>
struct Moments {
    T mean, inverse;

    __device__ __forceinline__ Moments(const OpInput<T>& x, int row, int columns, double epsilon) : mean(T(0)) {
        for (int c = lane_number(); c < columns; c += 32)
            mean += *x.at.at(row, c);
        mean = warp_sum(mean) / static_cast<T>(columns);
        T squares = T(0);
        for (int c = lane_number(); c < columns; c += 32) {
            const T off = *x.at.at(row, c) - mean;
            squares += off * off;
        }
        inverse = T(1) / square_root(warp_sum(squares) / static_cast<T>(columns) + static_cast<T>(epsilon));
    }
};

template <class T>
__device__ __forceinline__ void norm_line(const Task<T>& task, const Task<T>* partner, const OpInput<T>* x, int row) {
    const OpWork<T>& work = task.op;
    const Moments<T> moments(*x, row, work.columns, work.number);
    if (work.formula == Formula::moments) {
        if (lane_number() == 0) {
            *work.target.at(row, 0) = moments.mean;
            *work.target.at(row, 1) = moments.inverse;
        }
        return;
    }
    const auto normal = [&](int c) { return (*x->at.at(row, c) - moments.mean) * moments.inverse; };
    if (work.formula == Formula::value) {
        for (int c = lane_number(); c < work.columns; c += 32)
            put_element(task, partner, row, c, normal(c) * *work.weight.at(0, c) + *work.bias.at(0, c));
        return;
    }
    T sum = T(0), along = T(0);
    for (int c = lane_number(); c < work.columns; c += 32) {
        const T g = *work.weight.at(0, c) * *x[1].at.at(row, c);
        sum += g;
        along += g * normal(c);
    }
    sum = warp_sum(sum) / static_cast<T>(work.columns);
    along = warp_sum(along) / static_cast<T>(work.columns);
    for (int c = lane_number(); c < work.columns; c += 32)
        put_element(task, partner, row, c, (*work.weight.at(0, c) * *x[1].at.at(row, c) - sum - normal(c) * along) * moments.inverse);
}

template <class T>
__device__ __forceinline__ void lines_tile(const WaveParameters<T>& wave, const Task<T>& task, const Task<T>* partner, const Tile& tile) {
    const OpInput<T>* x = inputs_of(wave, task);
#pragma unroll 1
    for (int line = tile.row + warp_number(); line < min(task.rows, tile.row + lines_per_tile); line += warps) {
        if (task.op.weight || task.op.formula == Formula::moments)
            norm_line(task, partner, x, line);
        else
            softmax_line(task, partner, x, line);
    }
}

// Rows a of sample's part of a head and b of another's.
template <class T>
__device__ __forceinline__ T dot_of_head(const OpInput<T>& a, int row, const OpInput<T>& b, int other, int first, int width) {
    const T *x = a.at.at(row, first), *y = b.at.at(other, first);
    T sum = T(0);
    for (int f = 0; f < width; ++f)
        sum = multiply_add(x[f], y[f], sum);
    return sum;
}

// Operands: queries, keys; for a derivative values and delta too. A lane goes on with what it wrote itself.
template <class T>
__device__ __forceinline__ void attention_line(const OpWork<T>& work, const OpInput<T>* x, int line) {
    const int queries = x[0].rows, keys = x[1].rows, width = work.columns / work.heads;
    const int query = line % queries, head = line / queries % work.heads, sample = line / queries / work.heads;
    const int row = sample * queries + query, first = head * width, seen = work.is_causal != 0 ? query + 1 : keys;
    const T scale = T(1) / square_root(static_cast<T>(width));
    T *weights = work.target.at(line, 0), *scores = work.second_target.at(line, 0);
    for (int key = lane_number(); key < seen; key += 32)
        weights[key] = dot_of_head(x[0], row, x[1], sample * keys + key, first, width) * scale;
    T largest = lane_number() < seen ? weights[lane_number()] : static_cast<T>(__int_as_float(static_cast<int>(0xff800000u))), sum = T(0);
    for (int key = lane_number(); key < seen; key += 32)
        largest = weights[key] > largest ? weights[key] : largest;
    largest = warp_maximum(largest);
    for (int key = lane_number(); key < seen; key += 32) {
        weights[key] = exponential(weights[key] - largest);
        sum += weights[key];
    }
    sum = warp_sum(sum);
    T along = T(0);
    for (int key = lane_number(); key < seen; key += 32) {
        weights[key] /= sum;
        if (work.second_target) {
            scores[key] = dot_of_head(x[3], row, x[2], sample * keys + key, first, width);
            along += weights[key] * scores[key];
        }
    }
    if (!work.second_target)
        return;
    along = warp_sum(along);
    for (int key = lane_number(); key < seen; key += 32)
        scores[key] = weights[key] * (scores[key] - along) * scale;
}

template <class T>
__device__ __forceinline__ void attention_tile(const WaveParameters<T>& wave, const Task<T>& task, const Tile& tile) {
#pragma unroll 1
    for (int line = tile.row + warp_number(); line < min(task.rows, tile.row + lines_per_tile); line += warps)
        attention_line(task.op, inputs_of(wave, task), line);
}

template <class T>
__device__ __forceinline__ void put_gradient(const OpWork<T>& work, const View<T>& target, int column, T sum) {
    T* to = target.at(0, column);
    const T g = static_cast<T>(work.number) * sum;
    *to = work.accumulates != 0 ? *to + g : g;
}

// Each warp sums every fourth row of 32 columns; the first adds what the others found.
template <class T>
__device__ __forceinline__ void column_sums_tile(const WaveParameters<T>& wave, const Task<T>& task, const Tile& tile, T* shared) {
    const OpWork<T>& work = task.op;
    const OpInput<T>* uses = inputs_of(wave, task);
    const int column = tile.column + lane_number();
    T weight = T(0), bias = T(0);
    for (int use = 0; use < task.operands && column < task.columns; use += 2)
        for (int row = warp_number(); row < work.batch * uses[use].rows; row += warps) {
            const T delta = *uses[use + 1].at.at(row, column), *moments = uses[use].statistics.at(row, 0);
            weight += delta * ((*uses[use].at.at(row, column) - moments[0]) * moments[1]);
            bias += delta;
        }
    shared[threadIdx.x] = weight;
    shared[threads + threadIdx.x] = bias;
    __syncthreads(); // all warps' sums are visible to the first
    if (warp_number() > 0 || column >= task.columns)
        return;
    for (int warp = 1; warp < warps; ++warp) {
        weight += shared[warp * 32 + lane_number()];
        bias += shared[threads + warp * 32 + lane_number()];
    }
    put_gradient(work, work.target, column, weight);
    put_gradient(work, work.second_target, column, bias);
}

template <class T>
__device__ __forceinline__ void channel_sums_tile(const WaveParameters<T>& wave, const Task<T>& task, const Tile& tile, double* shared) {
    const OpWork<T>& work = task.op;
    const OpInput<T>* uses = inputs_of(wave, task);
    double sum = 0;
    for (int use = 0; use < task.operands; ++use) {
        const int places = uses[use].height * uses[use].width;
        for (int i = static_cast<int>(threadIdx.x); i < work.batch * places; i += threads)
            sum += static_cast<double>(uses[use].get(i / places, tile.column * places + i % places));
    }
    sum = block_sum(sum, shared);
    if (threadIdx.x == 0)
        put_gradient(work, work.target, tile.column, static_cast<T>(sum));
}

} // namespace pck::wave
