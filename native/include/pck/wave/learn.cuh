// A parameter learns: gradient = scale * sum over uses of delta^T a (bias: of column sums of delta), then one step of its optimiser.
//
// A tile is [outputs, inputs] of W; tiles of column 0 take the bias along.
// W, its moments and its gradient are read and written by the tile's block alone.
#pragma once

#include "pck/wave/product.cuh"
#include "pck/wave/stepper.cuh"

namespace pck::wave {

// Gradients of some biases: each column of delta by `groups` threads, whose sums are added in order.
template <class T>
__device__ __forceinline__ void learn_bias(const WaveParameters<T>& wave, const Task<T>& task, const Operand<T>* operands, int first,
                                           int outputs, T* shared) {
    const int groups = threads / outputs;
    const LearnWork<T>& work = task.learn;
    const int local = static_cast<int>(threadIdx.x) % outputs, group = static_cast<int>(threadIdx.x) / outputs, output = first + local;
    __syncthreads(); // the results of the weights' tile have been read by all
    T sum = T(0);
    if (output < task.rows)
        for (int i = 0; i < task.operands; ++i) {
            const Operand<T>& use = operands[task.operand + i];
#pragma unroll 4
            for (int r = group; r < use.depth; r += groups)
                sum += *use.a.at(r, output);
        }
    shared[group * outputs + local] = sum;
    __syncthreads(); // all groups' sums are visible to the first
    if (group > 0 || output >= task.rows)
        return;
    for (int g = 1; g < groups; ++g)
        sum += shared[g * outputs + local];
    sum *= static_cast<T>(work.scale);
    if (work.bias_gradient) {
        if (work.accumulates != 0)
            sum += *work.bias_gradient.at(0, output);
        *work.bias_gradient.at(0, output) = sum;
    }
    if (!work.bias.parameter)
        return;
    T m = work.bias.first ? *work.bias.first.at(0, output) : T(0), v = work.bias.second ? *work.bias.second.at(0, output) : T(0);
    *work.bias.parameter.at(0, output) = Stepper<T>(work.bias, wave.update, *wave.run).moved(*work.bias.parameter.at(0, output), sum, m, v);
    if (work.bias.first)
        *work.bias.first.at(0, output) = m;
    if (work.bias.second)
        *work.bias.second.at(0, output) = v;
}

template <class T, class S>
__device__ __forceinline__ void learn_product(const Task<T>& task, const Operand<T>* operands, const Tile& tile, T* shared) {
    using P = Product<T, S, Lay::across_depth, Lay::across_depth>;
    typename P::Sums sums;
#pragma unroll 1
    for (int i = 0; i < task.operands; ++i) {
        const Operand<T>& use = operands[task.operand + i];
        if (i > 0)
            __syncthreads(); // the buffers of the use before have been read by all
        P::run(shared, use.a, use.b, tile.row, task.rows, tile.column, task.columns, use.depth, sums);
    }
    Results<T>::template put<P, S>(shared, sums, View<T>{}, false, tile.row, task.rows, tile.column, task.columns);
}

// update: the gradient is not a product but lies in memory, times a factor or not: after clipping, or of a learned precision.
template <class T>
__device__ __forceinline__ void learn_epilogue(const WaveParameters<T>& wave, const Task<T>& task, const Operand<T>* operands,
                                               const Tile& tile, const Results<T>& results, bool is_update, T* shared) {
    const LearnWork<T>& work = task.learn;
    const Stepper<T> stepper(work.weight, wave.update, *wave.run);
    const T factor = !is_update ? static_cast<T>(work.scale) : work.gradient_factor ? *work.gradient_factor.data : T(1);
    results.for_each_chunk(task.rows - tile.row, task.columns - tile.column, [&](int r, int c) {
        const int row = tile.row + r, column = tile.column + c;
        Vector<T> g = !is_update ? results.get(r, c) : work.gradient ? Vector<T>::load(work.gradient.at(row, column)) : splat(T(0));
#pragma unroll
        for (int e = 0; e < Vector<T>::size; ++e)
            g.v[e] *= factor;
        if (!is_update && work.gradient) {
            if (work.accumulates != 0) {
                const Vector<T> before = Vector<T>::load(work.gradient.at(row, column));
#pragma unroll
                for (int e = 0; e < Vector<T>::size; ++e)
                    g.v[e] += before.v[e];
            }
            store_masked(g, work.gradient.at(row, column), column, task.columns);
        }
        if (work.weight.parameter)
            stepper.run(work.weight, row, column, task.columns, g);
    });
    if (!is_update && tile.column == 0 && work.has_bias != 0)
        learn_bias(wave, task, operands, tile.row, results.rows, shared);
}

} // namespace pck::wave
