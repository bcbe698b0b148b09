// One wave is one launch: block i does tile i of the table, whatever its task is.
//
// A product puts its results into shared memory, in one of the shapes; what follows it reads them there and is the same code for all
// shapes.
#pragma once

#include "pck/wave/learn.cuh"
#include "pck/wave/reduce.cuh"
#include "pck/wave/settle.cuh"

namespace pck::wave {

// The shapes that an element type has, its products rounded as Math says.
template <class T>
constexpr bool has_wide = sizeof(T) == 4;
template <class T, class Math>
using WideOrMiddle = typename OneOf<has_wide<T>, Wide<float, Math>, Middle<T, Math>>::Type;

constexpr int largest(int a, int b) { return a > b ? a : b; }
template <class T, class Math = Exact>
constexpr int shared_elements = largest(largest(Middle<T, Math>::shared_elements, Slim<T, Math>::shared_elements),
                                        WideOrMiddle<T, Math>::shared_elements);

// Calls f(S{}) for the tile's shape S.
template <class T, class Math, class F>
__device__ __forceinline__ void in_shape(std::int32_t shape, F f) {
    if (static_cast<ShapeName>(shape) == ShapeName::middle)
        f(Middle<T, Math>{});
    else if (static_cast<ShapeName>(shape) == ShapeName::slim)
        f(Slim<T, Math>{});
    else if constexpr (has_wide<T>)
        f(Wide<T, Math>{});
}

template <class Math, class T>
__device__ __forceinline__ Results<T> results_of(std::int32_t shape, T* shared) {
    Results<T> results{};
    in_shape<T, Math>(shape, [&](auto s) { results = Results<T>::template of<decltype(s)>(shared); });
    return results;
}

// What a block works on. It lies in shared memory and is read anew where it is needed: a product wants the registers.
template <class T>
struct BlockWork {
    Task<T> tasks[2]; // the tile's, and its partner
    Tile tile;
    Tile part; // what of it is computed now
};

// The next part; everybody is done with the last.
template <class T>
__device__ __forceinline__ void move_part(BlockWork<T>& work, int row, int column) {
    __syncthreads(); // all have read where the part was
    if (threadIdx.x == 0)
        work.part = Tile{work.tile.task, row, column, work.tile.shape};
    __syncthreads(); // where it is now is visible
}

// The ops beyond linear layers, sums and activations: none. pck/graph/graph.cuh has them all.
struct NoOps {
    static constexpr bool are_known = false;
};

// A prediction or an adjoint, then what follows from it. One copy of each: a branch more costs less than registers.
template <class Math, class Ops, class T>
__device__ __forceinline__ void value_part(const WaveParameters<T>& wave, const Task<T>& task, const Task<T>* partner, const Tile& part,
                                           T* shared) {
    const auto kind = static_cast<TaskKind>(task.kind);
    if (kind == TaskKind::sum)
        sum_inputs(task, wave.operands, part, results_of<Math>(part.shape, shared)); // what follows reads by the same threads
    else if (kind == TaskKind::settle || kind == TaskKind::dual_predict)
        in_shape<T, Math>(part.shape, [&](auto s) { settle_product<T, decltype(s)>(task, wave.operands, part, shared); });
    else
        in_shape<T, Math>(part.shape, [&](auto s) { predict_product<T, decltype(s)>(task, wave.operands, part, shared); });
    __syncthreads(); // the part's results are visible to the threads that go on with them
    const Results<T> results = results_of<Math>(part.shape, shared);
    if (static_cast<TaskKind>(task.kind) == TaskKind::settle)
        settle_epilogue<Ops::are_known>(task, task.partner < 0 ? nullptr : partner, wave.operands, part, results);
    else
        predict_epilogue(wave, task, part, results);
}

template <class Math, class T>
__device__ __forceinline__ void learn_part(const WaveParameters<T>& wave, const Task<T>& task, const Tile& part, T* shared) {
    if (static_cast<TaskKind>(task.kind) != TaskKind::update)
        in_shape<T, Math>(part.shape, [&](auto s) { learn_product<T, decltype(s)>(task, wave.operands, part, shared); });
    __syncthreads(); // the sums are visible to the threads that go on with them
    learn_epilogue(wave, task, wave.operands, part, results_of<Math>(part.shape, shared),
                   static_cast<TaskKind>(task.kind) == TaskKind::update, shared);
}

// learn_and_predict: a range of outputs is learned, all of their inputs, then predicted for the whole batch: W is read once from memory
// and once from cache. delta of these outputs is read before it is written anew, and nobody else touches it.
template <class Math, class T>
__device__ __forceinline__ void learn_all_parts(const WaveParameters<T>& wave, BlockWork<T>& work, T* shared) {
#pragma unroll 1
    for (;;) {
        learn_part<Math>(wave, work.tasks[0], work.part, shared);
        const Results<T> extent = results_of<Math>(work.tile.shape, shared);
        const bool is_row_done = work.part.column + extent.columns() >= work.tasks[0].columns;
        const int row = work.part.row + (is_row_done ? extent.rows : 0), column = is_row_done ? 0 : work.part.column + extent.columns();
        if (row >= min(work.tasks[0].rows, work.tile.column + extent.columns()))
            return;
        move_part(work, row, column);
    }
}

template <class Math, class Ops, class T>
__device__ __forceinline__ void product_tile(const WaveParameters<T>& wave, BlockWork<T>& work, T* shared) {
    const auto kind = static_cast<TaskKind>(work.tasks[0].kind);
    if (kind == TaskKind::learn || kind == TaskKind::update) {
        learn_part<Math>(wave, work.tasks[0], work.tile, shared);
        return;
    }
    if (kind == TaskKind::learn_and_predict) {
        learn_all_parts<Math>(wave, work, shared);
        move_part(work, work.tile.row, work.tile.column); // its barriers: a new W and b are visible to the whole block
    }
#pragma unroll 1
    for (;;) {
        const int value = static_cast<TaskKind>(work.tasks[0].kind) == TaskKind::learn_and_predict ? 1 : 0;
        value_part<Math, Ops>(wave, work.tasks[value], work.tasks + 1, work.part, shared);
        const int row = work.part.row + results_of<Math>(work.tile.shape, shared).rows;
        if (static_cast<TaskKind>(work.tasks[0].kind) != TaskKind::learn_and_predict || row >= work.tasks[1].rows)
            return;
        move_part(work, row, work.tile.column);
    }
}

template <class T>
__device__ __forceinline__ void other_tile(const WaveParameters<T>& wave, const Task<T>& task, const Tile& tile, T* shared) {
    const Results<T> extent = Results<T>::template of<Middle<T, Exact>>(shared);
    auto* sums = reinterpret_cast<double*>(shared);
    switch (static_cast<TaskKind>(task.kind)) {
    case TaskKind::error:
        error_epilogue(task, tile, extent);
        break;
    case TaskKind::categorical_error:
        categorical_rows(task, tile, 32);
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

// One tile.
template <class Math, class Ops = NoOps, class T>
__device__ __forceinline__ void run_tile(const WaveParameters<T>& wave, const Tile* from, BlockWork<T>& work, T* shared) {
    const Tile tile = *from;
    const int partner = wave.tasks[tile.task].partner;
    load_task(wave.tasks + tile.task, work.tasks);
    load_task(wave.tasks + (partner < 0 ? tile.task : partner), work.tasks + 1); // without a partner something harmless to read ahead
    if (threadIdx.x == 0) {
        work.tile = tile;
        // Who learns and predicts begins with its outputs' first inputs.
        const bool is_both = static_cast<TaskKind>(wave.tasks[tile.task].kind) == TaskKind::learn_and_predict;
        work.part = is_both ? Tile{tile.task, tile.column, 0, tile.shape} : tile;
    }
    __syncthreads(); // the tile and its tasks are visible to all
    switch (static_cast<TaskKind>(work.tasks[0].kind)) {
    case TaskKind::predict:
    case TaskKind::sum:
    case TaskKind::settle:
    case TaskKind::learn:
    case TaskKind::learn_and_predict:
    case TaskKind::update:
    case TaskKind::dual_predict:
        product_tile<Math, Ops>(wave, work, shared);
        break;
    default:
        if constexpr (Ops::are_known) {
            if (Ops::run(wave, work, shared))
                break;
        }
        other_tile(wave, work.tasks[0], work.tile, shared);
        break;
    }
}

} // namespace pck::wave
