// A whole batch in one cooperative launch: the tiles of the waves' launches, with a barrier across the grid where one launch would end.
//
// A stage is what would be one launch. Its tiles are dealt out to the blocks round by round; each is computed exactly as in a launch of its
// own, so the bits are the same.
#pragma once

#include "pck/grid_barrier.cuh"
#include "pck/wave/wave.cuh"

namespace pck::wave {

struct Stage {
    std::int32_t first_tile, tiles;
    std::int32_t energy_row, update; // see WaveParameters
};

template <class T>
struct LoopParameters {
    WaveParameters<T> wave; // tiles: all of the table's; energy_row and update are the stages'
    const Stage* stages;
    GridBarrier* barrier; // zeroed before the launch
    std::int32_t stage_count;
    std::uint32_t spin_limit;
};

static_assert(sizeof(Stage) == 16);
static_assert(sizeof(LoopParameters<float>) == 80);

// Where a block stands. It lies in shared memory, written by thread 0: the products need the registers.
template <class T>
struct LoopState {
    WaveParameters<T> wave;
    Stage stage;
    std::int32_t number; // of the stage
    std::int32_t tile;   // within the stage; -1: the batch is done, or a wait was in vain
};

// To this block's next tile, and across as many barriers as lie before it. Thread 0.
template <class T>
__device__ __forceinline__ void advance(const LoopParameters<T>& loop, LoopState<T>& state) {
    state.tile += static_cast<std::int32_t>(gridDim.x);
    while (state.tile >= state.stage.tiles) {
        ++state.number;
        if (state.number == loop.stage_count || (state.number > 0 && !meet_all_blocks(loop.barrier, state.number - 1, loop.spin_limit))) {
            state.tile = -1;
            return;
        }
        state.stage = loop.stages[state.number];
        state.tile = static_cast<std::int32_t>(blockIdx.x);
        state.wave.energy_row = state.stage.energy_row;
        state.wave.update = state.stage.update;
    }
}

template <class Math, class T>
__device__ __forceinline__ void run_loop(const LoopParameters<T>& loop, LoopState<T>& state, BlockWork<T>& work, T* shared) {
    if (threadIdx.x == 0) {
        state.wave = loop.wave;
        state.stage.tiles = 0;
        state.number = -1;
        state.tile = 0;
    }
#pragma unroll 1
    for (;;) {
        __syncthreads(); // all threads' writes go along when thread 0 meets the other blocks; all have read the tile and its tasks
        if (threadIdx.x == 0)
            advance(loop, state);
        __syncthreads(); // the next tile, and what the other blocks wrote, are visible to all
        if (state.tile < 0)
            return;
        run_tile<Math>(state.wave, state.wave.tiles + state.stage.first_tile + state.tile, work, shared);
    }
}

} // namespace pck::wave
