// Ops whose every result follows from a formula of its own: one thread an element, values and derivatives alike.
//
//   scale       y = factor x                                  multiply    y = x_0 x_1 ...; adjoint: delta times the others
//   dropout     y = 0 where u < p, else x / (1 - p)           positional  y = x + weight; gradient: scale sum over samples of delta
//   rearranging y = an element of an input; adjoint: delta of where it went, or 0
//   embedding   y = weight[x]; gradient: scale sum of delta over the positions that hold the row's number
//   attention   y = sum of weights times values, and the like (lines.cuh makes the weights)
//
// Source: src/PcKernels/Execution/Kernels/Ops has the same formulas. An adjoint is gathered, not scattered: no two threads write one
// element, and every sum runs in ascending order, so the bits hang on nothing else. A tile is 32 x 64 elements of the result, which is
// [batch * rows of a sample, columns]; nothing is shared between threads.
#pragma once

#include "pck/graph/pool.cuh"
#include "pck/philox.cuh"

namespace pck::wave {

// Elements are counted row-major within a sample.
template <class T>
__device__ __forceinline__ T transposed(const OpWork<T>& work, const OpInput<T>& x, int sample, int element) {
    const int i = element % work.inner;
    element /= work.inner;
    const int second = element % work.second;
    element /= work.second;
    const int middle = element % work.middle;
    element /= work.middle;
    const int first = element % work.first, outer = element / work.first;
    return x.get(sample, (((outer * work.second + second) * work.middle + middle) * work.first + first) * work.inner + i);
}

template <class T>
__device__ __forceinline__ T picked(const OpWork<T>& work, const OpInput<T>& x, int sample, int element) {
    const int slice = element / work.inner;
    return x.get(sample,
                 (slice / work.count * work.extent + work.start + slice % work.count * work.step) * work.inner + element % work.inner);
}

template <class T>
__device__ __forceinline__ T spread(const OpWork<T>& work, const OpInput<T>& delta, int sample, int element) {
    const int slice = element / work.inner, past = slice % work.extent - work.start;
    if (past < 0 || past % work.step != 0 || past / work.step >= work.count)
        return T(0);
    return delta.get(sample, (slice / work.extent * work.count + past / work.step) * work.inner + element % work.inner);
}

template <class T>
__device__ __forceinline__ T concatenated(const OpWork<T>& work, const OpInput<T>* x, int sample, int element) {
    const int slice = element / work.inner;
    int index = slice % work.extent;
    while (index >= x->extent)
        index -= (x++)->extent;
    return x->get(sample, (slice / work.extent * x->extent + index) * work.inner + element % work.inner);
}

// u is the element's number in the batch, offset by the batches before: the same in every step, segment and device.
template <class T>
__device__ __forceinline__ T dropped(const WaveParameters<T>& wave, const OpWork<T>& work, const OpInput<T>& x, int sample, int element) {
    const Philox random{wave.run->seed, work.stream};
    const std::uint64_t before = wave.run->batch * static_cast<std::uint64_t>(work.batch) + static_cast<std::uint64_t>(sample);
    const std::uint64_t number =
        before * static_cast<std::uint64_t>(work.rows) * static_cast<std::uint64_t>(work.columns) + static_cast<std::uint64_t>(element);
    return random.uniform_single(number) < work.probability ? T(0) : x.get(sample, element) * static_cast<T>(work.number);
}

template <class T>
__device__ __forceinline__ T multiplied(const OpWork<T>& work, const OpInput<T>* x, int row, int column) {
    T product = *x[0].at.at(row, column);
    for (int k = 1; k < work.inputs; ++k)
        product *= *x[k].at.at(row, column);
    return product;
}

// The host refuses numbers outside of the vocabulary; one written to device memory by others becomes NaN, which an energy reports.
template <class T>
__device__ __forceinline__ T embedded(const OpWork<T>& work, const OpInput<T>& tokens, int sample, int position, int column) {
    const T token = tokens.get(sample, position);
    return token >= T(0) && token < static_cast<T>(work.extent) ? *work.weight.at(static_cast<int>(token), column)
                                                                : static_cast<T>(__int_as_float(0x7fc00000));
}

template <class T>
__device__ __forceinline__ T embedding_gradient(const Task<T>& task, const OpInput<T>* uses, int row, int column) {
    T sum = T(0);
    for (int use = 0; use < task.operands; use += 2)
        for (int sample = 0; sample < task.op.batch; ++sample)
            for (int position = 0; position < uses[use + 1].rows; ++position)
                if (const T token = uses[use].get(sample, position); token >= static_cast<T>(row) && token < static_cast<T>(row + 1))
                    sum += *uses[use + 1].at.at(sample * uses[use + 1].rows + position, column);
    return static_cast<T>(task.op.number) * sum;
}

template <class T>
__device__ __forceinline__ T sample_sum(const Task<T>& task, const OpInput<T>* uses, int row, int column) {
    T sum = T(0);
    for (int use = 0; use < task.operands; ++use)
        for (int sample = 0; sample < task.op.batch; ++sample)
            sum += *uses[use].at.at(sample * task.rows + row, column);
    return static_cast<T>(task.op.number) * sum;
}

// Of query s and head h, the weights are row (sample * heads + h) * queries + s. Operands: x, and the queries for their number.
template <class T>
__device__ __forceinline__ T weights_times_keys(const OpWork<T>& work, const OpInput<T>* x, int sample, int query, int column) {
    const int head = column / (work.columns / work.heads), keys = x[0].rows, queries = x[1].rows;
    const T* weights = work.weight.at((sample * work.heads + head) * queries + query, 0);
    T sum = T(0);
    for (int key = 0; key < (work.is_causal != 0 ? query + 1 : keys); ++key)
        sum = multiply_add(weights[key], *x[0].at.at(sample * keys + key, column), sum);
    return sum;
}

template <class T>
__device__ __forceinline__ T weights_times_queries(const OpWork<T>& work, const OpInput<T>* x, int sample, int key, int column) {
    const int head = column / (work.columns / work.heads), queries = x[1].rows;
    T sum = T(0);
    for (int query = work.is_causal != 0 ? key : 0; query < queries; ++query)
        sum = multiply_add(*work.weight.at((sample * work.heads + head) * queries + query, key),
                           *x[0].at.at(sample * queries + query, column), sum);
    return sum;
}

template <class T>
__device__ __forceinline__ T element_of(const WaveParameters<T>& wave, const Task<T>& task, int row, int column) {
    const OpWork<T>& work = task.op;
    const OpInput<T>* x = inputs_of(wave, task);
    const int sample = row / work.rows, within = row % work.rows, element = within * work.columns + column;
    switch (work.formula) {
    case Formula::scale:
        return static_cast<T>(work.number) * x->get(sample, element);
    case Formula::product:
        return multiplied(work, x, row, column);
    case Formula::dropout:
        return dropped(wave, work, *x, sample, element);
    case Formula::transpose:
        return transposed(work, *x, sample, element);
    case Formula::pick:
        return picked(work, *x, sample, element);
    case Formula::spread:
        return spread(work, *x, sample, element);
    case Formula::concat:
        return concatenated(work, x, sample, element);
    case Formula::positional:
        return *x->at.at(row, column) + *work.weight.at(within, column);
    case Formula::sample_sum:
        return sample_sum(task, x, row, column);
    case Formula::embedding:
        return embedded(work, *x, sample, within, column);
    case Formula::embedding_gradient:
        return embedding_gradient(task, x, row, column);
    case Formula::max_pool:
        return max_pooled(work, *x, sample, element);
    case Formula::max_pool_adjoint:
        return max_pool_adjoint(work, x[0], x[1], sample, element);
    case Formula::mean_pool:
        return mean_pooled(work, *x, sample, element);
    case Formula::mean_pool_adjoint:
        return mean_pool_adjoint(work, *x, sample, element);
    case Formula::weights_times_keys:
        return weights_times_keys(work, x, sample, within, column);
    case Formula::weights_times_queries:
        return weights_times_queries(work, x, sample, within, column);
    default:
        return T(0);
    }
}

template <class T>
__device__ __forceinline__ void elements_tile(const WaveParameters<T>& wave, const Task<T>& task, const Task<T>* partner,
                                              const Tile& tile) {
    constexpr int rows = 32, columns = 64;
#pragma unroll 1
    for (int i = static_cast<int>(threadIdx.x); i < rows * columns; i += threads) {
        const int row = tile.row + i / columns, column = tile.column + i % columns;
        if (row < task.rows && column < task.columns)
            put_element(task, partner, row, column, element_of(wave, task, row, column));
    }
}

} // namespace pck::wave
