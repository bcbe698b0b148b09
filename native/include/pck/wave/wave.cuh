// One wave is one launch: block i does tile i of the table, whatever its task is.
//
// A product puts its results into shared memory, in one of the shapes; what follows it reads them there and is the same code for all
// shapes.
#pragma once

#include "pck/wave/learn.cuh"
#include "pck/wave/reduce.cuh"
#include "pck/wave/settle.cuh"

namespace pck::wave {

// The shapes that an element type has.
template <class T>
constexpr bool has_wide = sizeof(T) == 4;
template <class T>
struct WideOrMiddle {
    using Shape = Wide<T>;
};
template <>
struct WideOrMiddle<double> {
    using Shape = Middle<double>;
};

constexpr int largest(int a, int b) { return a > b ? a : b; }
template <class T>
constexpr int shared_elements = largest(largest(Middle<T>::shared_elements, Slim<T>::shared_elements),
                                        WideOrMiddle<T>::Shape::shared_elements);

// Calls f.template run<S>() for the tile's shape S.
template <class T, class F>
__device__ __forceinline__ void in_shape(std::int32_t shape, F f) {
    if (static_cast<ShapeName>(shape) == ShapeName::middle)
        f(Middle<T>{});
    else if (static_cast<ShapeName>(shape) == ShapeName::slim)
        f(Slim<T>{});
    else if constexpr (has_wide<T>)
        f(Wide<T>{});
}

template <class T>
__device__ __forceinline__ Results<T> results_of(std::int32_t shape, T* shared) {
    Results<T> results{};
    in_shape<T>(shape, [&](auto s) { results = Results<T>::template of<decltype(s)>(shared); });
    return results;
}

template <class T>
__device__ __forceinline__ void predict_tile(const WaveParameters<T>& wave, const Task<T>& task, const Tile& tile,
                                             const Results<T>& results, T* shared) {
    if (static_cast<TaskKind>(task.kind) == TaskKind::sum)
        sum_inputs(task, wave.operands, tile, results); // what follows reads by the same threads
    else
        in_shape<T>(tile.shape, [&](auto s) { predict_product<T, decltype(s)>(task, wave.operands, tile, shared); });
    __syncthreads(); // the tile's results are visible to the threads that go on with them
    predict_epilogue(task, tile, results);
}

template <class T>
__device__ __forceinline__ void learn_tile(const WaveParameters<T>& wave, const Task<T>& task, const Tile& tile, const Results<T>& results,
                                           T* shared) {
    const bool is_update = static_cast<TaskKind>(task.kind) == TaskKind::update;
    if (!is_update)
        in_shape<T>(tile.shape, [&](auto s) { learn_product<T, decltype(s)>(task, wave.operands, tile, shared); });
    __syncthreads(); // the sums are visible to the threads that go on with them
    learn_epilogue(wave, task, wave.operands, tile, results, is_update, shared);
}

// learn_and_predict: a range of outputs is learned, all of their inputs, then predicted for the whole batch: W is read once from memory
// and once from cache. delta of these outputs is read before it is written anew, and nobody else touches it.
template <class T>
__device__ __forceinline__ void product_tile(const WaveParameters<T>& wave, const Task<T>& task, const Task<T>& partner, const Tile& tile,
                                             T* shared) {
    const auto kind = static_cast<TaskKind>(task.kind);
    const Results<T> results = results_of(tile.shape, shared);
    const bool is_both = kind == TaskKind::learn_and_predict;
    if (is_both || kind == TaskKind::learn || kind == TaskKind::update) {
        const int row_end = is_both ? min(task.rows, tile.column + results.columns()) : tile.row + 1;
        const int column_end = is_both ? task.columns : tile.column + 1;
#pragma unroll 1
        for (int row = is_both ? tile.column : tile.row; row < row_end; row += results.rows)
#pragma unroll 1
            for (int column = is_both ? 0 : tile.column; column < column_end; column += results.columns())
                learn_tile(wave, task, Tile{tile.task, row, column, tile.shape}, results, shared);
    }
    if (is_both || kind == TaskKind::predict || kind == TaskKind::sum) {
        const Task<T>& predict = is_both ? partner : task;
        __syncthreads(); // a new W and b are visible to the whole block
#pragma unroll 1
        for (int row = tile.row; row < (is_both ? predict.rows : tile.row + 1); row += results.rows)
            predict_tile(wave, predict, Tile{tile.task, row, tile.column, tile.shape}, results, shared);
    }
    if (kind == TaskKind::settle) {
        in_shape<T>(tile.shape, [&](auto s) { settle_product<T, decltype(s)>(task, wave.operands, tile, shared); });
        __syncthreads(); // the adjoint is visible to the threads that go on with it
        settle_epilogue(task, task.partner < 0 ? nullptr : &partner, wave.operands, tile, results);
    }
}

template <class T>
__device__ __forceinline__ void other_tile(const WaveParameters<T>& wave, const Task<T>& task, const Tile& tile, T* shared) {
    const Results<T> extent = Results<T>::template of<Middle<T>>(shared);
    auto* sums = reinterpret_cast<double*>(shared);
    switch (static_cast<TaskKind>(task.kind)) {
    case TaskKind::error:
        error_epilogue(task, tile, extent);
        break;
    case TaskKind::categorical_error:
        categorical_rows(task, tile);
        break;
    case TaskKind::energy:
        energy_tile(wave, task, tile, sums);
        break;
    case TaskKind::categorical_energy:
        categorical_energy_tile(wave, task, tile, sums);
        break;
    case TaskKind::clip_squares:
        clip_squares_tile(task, wave.operands, tile, sums);
        break;
    case TaskKind::clip_factor:
        clip_factor_tile(task, sums);
        break;
    case TaskKind::discount:
        discount_tile(wave, task);
        break;
    case TaskKind::fill:
        fill_tile(task, tile, extent);
        break;
    case TaskKind::random:
        random_tile(wave, task, tile, extent);
        break;
    case TaskKind::precision:
        precision_tile(task, tile);
        break;
    case TaskKind::precision_gradient:
        precision_gradient_tile(task, tile, sums);
        break;
    default:
        break;
    }
}

// Copies a task to shared memory: its fields are then read by broadcast, however often.
template <class T>
__device__ __forceinline__ void load_task(const Task<T>* from, Task<T>* to) {
    constexpr int words = sizeof(Task<T>) / sizeof(std::uint64_t);
    static_assert(words <= threads && sizeof(Task<T>) % sizeof(std::uint64_t) == 0);
    if (threadIdx.x < words)
        reinterpret_cast<std::uint64_t*>(to)[threadIdx.x] = reinterpret_cast<const std::uint64_t*>(from)[threadIdx.x];
}

// The work of one block. tasks: room for two.
template <class T>
__device__ __forceinline__ void run_block(const WaveParameters<T>& wave, Task<T>* tasks, T* shared) {
    const Tile tile = wave.tiles[blockIdx.x];
    const int partner = wave.tasks[tile.task].partner;
    load_task(wave.tasks + tile.task, tasks);
    load_task(wave.tasks + (partner < 0 ? tile.task : partner), tasks + 1); // without a partner something harmless that may be read ahead
    __syncthreads();                                                        // the tasks are visible to all
    switch (static_cast<TaskKind>(tasks[0].kind)) {
    case TaskKind::predict:
    case TaskKind::sum:
    case TaskKind::settle:
    case TaskKind::learn:
    case TaskKind::learn_and_predict:
    case TaskKind::update:
        product_tile(wave, tasks[0], tasks[1], tile, shared);
        break;
    default:
        other_tile(wave, tasks[0], tile, shared);
        break;
    }
}

} // namespace pck::wave
