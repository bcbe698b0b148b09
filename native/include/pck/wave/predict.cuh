// What follows a prediction while its tile is in shared memory:
//
//   y = f(z + b); epsilon = x - y, or x - softmax(y); delta = f' * pi * epsilon
//
// z is the product a W^T (predict), the sum of inputs (sum), or mu as kept (error). Every result is optional and [rows, columns].
// A categorical row lies whole in one tile here; where it is wider, the last of its tiles takes it from memory.
#pragma once

#include "pck/grid_barrier.cuh"
#include "pck/wave/activation.cuh"
#include "pck/wave/product.cuh"

namespace pck::wave {

// epsilon and delta of 16 bytes, given x, mu and f'.
template <class T>
__device__ __forceinline__ void store_error(const PredictWork<T>& work, int row, int column, int columns, const Vector<T>& x,
                                            const Vector<T>& mu, const Vector<T>& slope) {
    Vector<T> error, delta;
    const Vector<T> precision = work.precision ? Vector<T>::load(work.precision.at(0, column)) : splat(static_cast<T>(work.weight));
#pragma unroll
    for (int e = 0; e < Vector<T>::size; ++e) {
        error.v[e] = x.v[e] - mu.v[e];
        delta.v[e] = precision.v[e] * error.v[e] * slope.v[e];
    }
    store_masked(error, work.error.at(row, column), column, columns);
    if (work.delta)
        store_masked(delta, work.delta.at(row, column), column, columns);
}

// The error of a prediction that stands, for a value x.
template <class T>
__device__ __forceinline__ void standing_error(const PredictWork<T>& work, int row, int column, int columns, const Vector<T>& x) {
    const Vector<T> mu = work.prediction ? Vector<T>::load(work.prediction.at(row, column)) : splat(T(0));
    const Vector<T> slope = work.kept_derivative ? Vector<T>::load(work.kept_derivative.at(row, column)) : splat(T(1));
    store_error(work, row, column, columns, x, mu, slope);
}

template <class T>
__device__ __forceinline__ T warp_maximum(T x) {
#pragma unroll
    for (int distance = 16; distance > 0; distance /= 2) {
        const T other = __shfl_xor_sync(0xffffffffu, x, distance);
        x = x > other ? x : other;
    }
    return x;
}

// In a fixed order, the same result in every lane.
template <class T>
__device__ __forceinline__ T warp_sum(T x) {
#pragma unroll
    for (int distance = 16; distance > 0; distance /= 2)
        x += __shfl_xor_sync(0xffffffffu, x, distance);
    return x;
}

// x - softmax(mu) of one row by one warp; logit(c) is mu, slope(c) is f'.
template <class T, class Logit, class Slope>
__device__ __forceinline__ void categorical_row(const PredictWork<T>& work, int row, int columns, Logit logit, Slope slope) {
    const int lane = static_cast<int>(threadIdx.x) % 32;
    T largest = logit(0);
    for (int c = lane; c < columns; c += 32) {
        const T z = logit(c);
        largest = z > largest ? z : largest;
    }
    largest = warp_maximum(largest);
    T sum = T(0);
    for (int c = lane; c < columns; c += 32)
        sum += exponential(logit(c) - largest);
    sum = warp_sum(sum);
    for (int c = lane; c < columns; c += 32) {
        const T error = *work.value.at(row, c) - exponential(logit(c) - largest) / sum;
        *work.error.at(row, c) = error;
        if (work.delta)
            *work.delta.at(row, c) = (work.precision ? *work.precision.at(0, c) : static_cast<T>(work.weight)) * error * slope(c);
    }
}

// Rows of a categorical output that is wider than a tile, or whose prediction stands: mu and f' from memory, one warp a row.
template <class T>
__device__ __forceinline__ void categorical_rows(const Task<T>& task, const Tile& tile, int rows) {
    const PredictWork<T>& work = task.predict;
    for (int row = tile.row + static_cast<int>(threadIdx.x) / 32; row < tile.row + rows && row < task.rows; row += threads / 32)
        categorical_row(
            work, row, task.columns, [&](int c) { return work.prediction ? *work.prediction.at(row, c) : T(0); },
            [&](int c) { return work.kept_derivative ? *work.kept_derivative.at(row, c) : T(1); });
}

// The tiles of a row of tiles count themselves; the last has seen what all wrote, and takes their rows. Whoever it is, the numbers are the
// same. It also takes the counter back, for the next launch.
template <class T>
__device__ __forceinline__ void last_of_row(const Task<T>& task, const Tile& tile, int rows) {
    const PredictWork<T>& work = task.predict;
    std::uint32_t* arrivals = work.arrivals + tile.row / rows;
    __syncthreads(); // all threads have written mu and f', which go along with thread 0's arrival
    bool is_last = false;
    if (threadIdx.x == 0) {
        is_last = add_acquire_release(arrivals, 1) == static_cast<std::uint32_t>(work.across - 1);
        if (is_last)
            *arrivals = 0;
    }
    if (__syncthreads_or(is_last) != 0) // what thread 0 has seen of the other tiles is visible to all
        categorical_rows(task, tile, rows);
}

template <class T>
__device__ __forceinline__ void predict_epilogue(const WaveParameters<T>& wave, const Task<T>& task, const Tile& tile,
                                                 const Results<T>& results) {
    const PredictWork<T>& work = task.predict;
    const bool is_categorical = work.error && work.is_categorical != 0 && work.arrivals == nullptr;
    results.for_each_chunk(task.rows - tile.row, task.columns - tile.column, [&](int r, int c) {
        const int row = tile.row + r, column = tile.column + c;
        Vector<T> z = results.get(r, c), slope;
        if (work.bias) {
            const Vector<T> bias = Vector<T>::load(work.bias.at(0, column));
#pragma unroll
            for (int e = 0; e < Vector<T>::size; ++e)
                z.v[e] += bias.v[e];
        }
        if (work.base) {
            const Vector<T> base = Vector<T>::load(work.base.at(row, column));
            const T factor = static_cast<T>(work.factor * wave.run->rate_factor);
#pragma unroll
            for (int e = 0; e < Vector<T>::size; ++e)
                z.v[e] = base.v[e] + factor * z.v[e];
        } else if (work.offset != 0) {
#pragma unroll
            for (int e = 0; e < Vector<T>::size; ++e)
                z.v[e] += static_cast<T>(work.offset);
        }
        if (work.preactivation)
            store_masked(z, work.preactivation.at(row, column), column, task.columns);
#pragma unroll
        for (int e = 0; e < Vector<T>::size; ++e) {
            const Activated<T> result = activate(work.activation, z.v[e]);
            z.v[e] = result.y;
            slope.v[e] = result.d;
        }
        if (work.output)
            store_masked(z, work.output.at(row, column), column, task.columns);
        if (work.start)
            store_masked(z, work.start.at(row, column), column, task.columns);
        if (work.derivative)
            store_masked(slope, work.derivative.at(row, column), column, task.columns);
        if (is_categorical)
            z.store(results.data + r * results.stride + c); // the first slice's place now has all of mu
        else if (work.error && work.arrivals == nullptr)
            store_error(work, row, column, task.columns, Vector<T>::load(work.value.at(row, column)), z, slope);
    });
    if (work.arrivals != nullptr)
        last_of_row(task, tile, results.rows);
    if (!is_categorical)
        return;
    __syncthreads(); // mu of whole rows, and f' where the activation has one, are visible to the warps that take them
#pragma unroll 1
    for (int r = static_cast<int>(threadIdx.x) / 32; r < results.rows && tile.row + r < task.rows; r += threads / 32)
        categorical_row(
            work, tile.row + r, task.columns, [&](int c) { return results.data[r * results.stride + c]; },
            [&](int c) { return work.derivative ? *work.derivative.at(tile.row + r, c) : T(1); });
}

// The sum of some inputs, as if it were a product.
template <class T>
__device__ __forceinline__ void sum_inputs(const Task<T>& task, const Operand<T>* operands, const Tile& tile, const Results<T>& results) {
    results.for_each_chunk(task.rows - tile.row, task.columns - tile.column, [&](int r, int c) {
        Vector<T> sum = splat(T(0));
        for (int i = 0; i < task.operands; ++i) {
            const Vector<T> x = Vector<T>::load(operands[task.operand + i].a.at(tile.row + r, tile.column + c));
#pragma unroll
            for (int e = 0; e < Vector<T>::size; ++e)
                sum.v[e] += x.v[e];
        }
        sum.store(results.data + r * results.stride + c);
    });
}

template <class T>
__device__ __forceinline__ void error_epilogue(const Task<T>& task, const Tile& tile, const Results<T>& results) {
    const PredictWork<T>& work = task.predict;
    results.for_each_chunk(task.rows - tile.row, task.columns - tile.column, [&](int r, int c) {
        const int row = tile.row + r, column = tile.column + c;
        standing_error(work, row, column, task.columns, Vector<T>::load(work.value.at(row, column)));
    });
}

template <class T, class S>
__device__ __forceinline__ void predict_product(const Task<T>& task, const Operand<T>* operands, const Tile& tile, T* shared) {
    const Operand<T>& of = operands[task.operand];
    using P = Product<T, S, Lay::along_depth, Lay::along_depth>;
    typename P::Sums sums;
    P::run(shared, of.a, of.b, tile.row, task.rows, tile.column, task.columns, of.depth, sums);
    Results<T>::template put<P, S>(shared, sums, View<T>{}, false, tile.row, task.rows, tile.column, task.columns);
}

} // namespace pck::wave
