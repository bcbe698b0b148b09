// Everything that is no product: energies, norms, precisions, fills, random starts.
//
// Sums are taken in double, each thread's in ascending order and the threads' by a fixed tree, one partial sum a tile; whoever needs the
// whole (the host, the discount, the clipping factor) adds the tiles' in order. No atomics: the same bits run after run.
#pragma once

#include "pck/philox.cuh"
#include "pck/wave/predict.cuh"

namespace pck::wave {

constexpr double norm_margin = 1e-6; // torch.nn.utils.clip_grad_norm_

// The sum over all threads of a block, in thread 0; once a tile.
__device__ __forceinline__ double block_sum(double x, double* shared) {
    x = warp_sum(x);
    if (threadIdx.x % 32 == 0)
        shared[threadIdx.x / 32] = x;
    __syncthreads(); // the warps' sums are visible to thread 0
    return (shared[0] + shared[1]) + (shared[2] + shared[3]);
}

// Sum of pi e^2 over the tile's rows, without the half and the logarithm of pi, which belong to the first tile.
template <class T>
__device__ __forceinline__ void energy_tile(const WaveParameters<T>& wave, const Task<T>& task, const Tile& tile, double* shared) {
    const ReduceWork<T>& work = task.reduce;
    const int last = min(task.rows, tile.row + work.rows_per_tile);
    double sum = 0;
    for (int row = work.error ? tile.row : last; row < last; ++row)
        for (int c = static_cast<int>(threadIdx.x); c < task.columns; c += threads) {
            const double e = static_cast<double>(*work.error.at(row, c));
            sum += (work.precision ? static_cast<double>(*work.precision.at(0, c)) : work.weight) * e * e;
        }
    double logarithms = 0;
    if (tile.row == 0)
        for (int c = static_cast<int>(threadIdx.x); c < task.columns; c += threads)
            logarithms += work.precision ? log(static_cast<double>(*work.precision.at(0, c))) : log(work.weight);
    sum = block_sum(sum - task.rows * logarithms, shared);
    if (threadIdx.x == 0)
        wave.energies[static_cast<std::ptrdiff_t>(wave.energy_row + work.step) * wave.energy_stride + work.first_partial +
                      tile.row / work.rows_per_tile] = work.scale * 0.5 * sum;
}

// Minus the sum of x ln softmax(mu): one warp a row.
template <class T>
__device__ __forceinline__ void categorical_energy_tile(const WaveParameters<T>& wave, const Task<T>& task, const Tile& tile,
                                                        double* shared) {
    const ReduceWork<T>& work = task.reduce;
    const int lane = static_cast<int>(threadIdx.x) % 32, last = min(task.rows, tile.row + work.rows_per_tile);
    double energy = 0;
    for (int row = tile.row + static_cast<int>(threadIdx.x) / 32; row < last; row += threads / 32) {
        double largest = static_cast<double>(*work.prediction.at(row, 0)), sum = 0;
        for (int c = lane; c < task.columns; c += 32)
            largest = fmax(largest, static_cast<double>(*work.prediction.at(row, c)));
        largest = warp_maximum(largest);
        for (int c = lane; c < task.columns; c += 32)
            sum += exp(static_cast<double>(*work.prediction.at(row, c)) - largest);
        const double logarithm = log(warp_sum(sum));
        for (int c = lane; c < task.columns; c += 32) {
            const double x = static_cast<double>(*work.value.at(row, c));
            if (x != 0)
                energy -= x * (static_cast<double>(*work.prediction.at(row, c)) - largest - logarithm);
        }
    }
    energy = block_sum(energy, shared);
    if (threadIdx.x == 0)
        wave.energies[static_cast<std::ptrdiff_t>(wave.energy_row + work.step) * wave.energy_stride + work.first_partial +
                      tile.row / work.rows_per_tile] = work.scale * energy;
}

// tile.column: which gradient.
template <class T>
__device__ __forceinline__ void clip_squares_tile(const Task<T>& task, const Operand<T>* operands, const Tile& tile, double* shared) {
    const ReduceWork<T>& work = task.reduce;
    const Operand<T>& gradient = operands[task.operand + tile.column];
    const int last = min(gradient.rows, tile.row + work.rows_per_tile);
    double sum = 0;
    for (int row = tile.row; row < last; ++row)
        for (int c = static_cast<int>(threadIdx.x); c < gradient.a.columns; c += threads) {
            const double g = static_cast<double>(*gradient.a.at(row, c));
            sum += g * g;
        }
    sum = block_sum(sum, shared);
    // The grid's blocks of this task are consecutive, and so are the partials: `depth` holds the first of this gradient.
    if (threadIdx.x == 0)
        work.partials[gradient.depth + tile.row / work.rows_per_tile] = sum;
}

template <class T>
__device__ __forceinline__ void clip_factor_tile(const Task<T>& task, double* shared) {
    const ReduceWork<T>& work = task.reduce;
    double sum = 0;
    for (int i = static_cast<int>(threadIdx.x); i < work.partial_count; i += threads)
        sum += work.partials[i];
    sum = block_sum(sum, shared);
    if (threadIdx.x == 0)
        *work.result.data = static_cast<T>(fmin(1.0, work.scale / (sqrt(sum) + norm_margin)));
}

template <class T>
__device__ __forceinline__ void discount_tile(const WaveParameters<T>& wave, const Task<T>& task) {
    if (threadIdx.x != 0)
        return;
    const ReduceWork<T>& work = task.reduce;
    const double* now = wave.energies + static_cast<std::ptrdiff_t>(wave.energy_row + work.step) * wave.energy_stride;
    double energy = 0, before = 0;
    for (int i = 0; i < wave.energy_stride; ++i) {
        energy += now[i];
        before += now[i - wave.energy_stride];
    }
    if (energy >= before)
        *work.result.data *= static_cast<T>(work.scale);
}

template <class T>
__device__ __forceinline__ void fill_tile(const Task<T>& task, const Tile& tile, const Results<T>& extent) {
    extent.for_each_chunk(task.rows - tile.row, task.columns - tile.column, [&](int r, int c) {
        store_masked(splat(static_cast<T>(task.reduce.scale)), task.reduce.result.at(tile.row + r, tile.column + c), tile.column + c,
                     task.columns);
    });
}

// x ~ U(-1, 1): the element's number, offset by the batch's, is the counter.
template <class T>
__device__ __forceinline__ void random_tile(const WaveParameters<T>& wave, const Task<T>& task, const Tile& tile,
                                            const Results<T>& extent) {
    const Philox random{wave.run->seed, task.reduce.stream};
    const std::uint64_t before = wave.run->batch * static_cast<std::uint64_t>(task.rows) * static_cast<std::uint64_t>(task.columns);
    extent.for_each_chunk(task.rows - tile.row, task.columns - tile.column, [&](int r, int c) {
        const std::uint64_t first = before + static_cast<std::uint64_t>(tile.row + r) * static_cast<std::uint64_t>(task.columns) +
                                    static_cast<std::uint64_t>(tile.column + c);
        Vector<T> x;
#pragma unroll
        for (int e = 0; e < Vector<T>::size; ++e)
            x.v[e] = static_cast<T>(2 * random.uniform_single(first + static_cast<std::uint64_t>(e)) - 1);
        store_masked(x, task.reduce.result.at(tile.row + r, tile.column + c), tile.column + c, task.columns);
    });
}

template <class T>
__device__ __forceinline__ void precision_tile(const Task<T>& task, const Tile& tile) {
    const ReduceWork<T>& work = task.reduce;
    const int c = tile.column + static_cast<int>(threadIdx.x);
    if (c < task.columns) // a channel of an image spans several columns
        *work.precision.at(0, c) =
            static_cast<T>(work.scale * exp(-static_cast<double>(*work.value.at(0, c / (task.columns / work.value.columns)))));
}

// One unit a thread, a column or, of an image, a channel's columns; a precision of the whole vertex is one tile, whose columns are added by
// the fixed tree.
template <class T>
__device__ __forceinline__ void precision_gradient_tile(const Task<T>& task, const Tile& tile, double* shared) {
    const ReduceWork<T>& work = task.reduce;
    const bool is_whole = work.result.columns == 1;
    const int units = is_whole ? task.columns : work.result.columns, span = task.columns / units;
    double all = 0;
    for (int u = tile.column + static_cast<int>(threadIdx.x); u < units; u += threads) {
        double gradient = 0;
        for (int c = u * span; c < (u + 1) * span; ++c) {
            double squares = 0;
            for (int r = 0; work.error && r < task.rows; ++r) {
                const double e = static_cast<double>(*work.error.at(r, c));
                squares += e * e;
            }
            gradient += 0.5 * work.scale * (task.rows - static_cast<double>(*work.precision.at(0, c)) * squares);
        }
        all += gradient;
        if (!is_whole) {
            *work.result.at(0, u) = static_cast<T>(gradient);
            return;
        }
    }
    if (!is_whole)
        return;
    all = block_sum(all, shared);
    if (threadIdx.x == 0)
        *work.result.data = static_cast<T>(all);
}

} // namespace pck::wave
