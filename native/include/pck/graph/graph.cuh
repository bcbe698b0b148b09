// The ops of the catalogue beside linear layers, sums and activations: tasks of a wave like all others, in the same launch.
#pragma once

#include "pck/graph/convolution.cuh"
#include "pck/graph/elements.cuh"
#include "pck/graph/lines.cuh"
#include "pck/wave/wave.cuh"

namespace pck::wave {

struct AllOps {
    static constexpr bool are_known = true;

    // Whether the block's task is an op; then its tile is done.
    template <class T>
    __device__ __forceinline__ static bool run(const WaveParameters<T>& wave, BlockWork<T>& work, T* shared) {
        static_assert(Gathered::shared_elements <= shared_elements<T> && 2 * threads <= shared_elements<T>);
        const Task<T>& task = work.tasks[0];
        const Task<T>* partner = task.partner < 0 ? nullptr : work.tasks + 1;
        switch (static_cast<TaskKind>(task.kind)) {
        case TaskKind::op_elements:
            elements_tile(wave, task, partner, work.tile);
            return true;
        case TaskKind::op_lines:
            lines_tile(wave, task, partner, work.tile);
            return true;
        case TaskKind::op_attention:
            attention_tile(wave, task, work.tile);
            return true;
        case TaskKind::op_convolution:
            convolution_tile(wave, task, partner, work.tile, shared);
            return true;
        case TaskKind::op_column_sums:
            column_sums_tile(wave, task, work.tile, shared);
            return true;
        case TaskKind::op_channel_sums:
            channel_sums_tile(wave, task, work.tile, reinterpret_cast<double*>(shared));
            return true;
        default:
            return false;
        }
    }
};

} // namespace pck::wave
