// A whole batch on float64 in one cooperative launch: pck/wave/loop.cuh, over the tables of wave_f64.cu.
//
// Source:    the planner's waves (src/PcKernels/Planning). The same tiles as wave_f64.cu, the same bits.
// Aliasing:  no tile reads what another tile of the same stage writes; between stages all blocks wait for one another.
// Launch:    cooperative, 128 threads a block, as many blocks as the widest stage has tiles or are resident at once, whichever is less.
// Budget:    at most 168 registers a thread, 46 KiB of shared memory: three blocks a multiprocessor.
#include "pck/wave/loop.cuh"

namespace {

using namespace pck::wave;

constexpr int blocks_per_multiprocessor = 3;

} // namespace

extern "C" __global__ void __launch_bounds__(threads, blocks_per_multiprocessor)
    pck_loop_f64(const __grid_constant__ LoopParameters<double> loop) {
    __shared__ alignas(128) double shared[shared_elements<double>];
    __shared__ alignas(16) unsigned char work[sizeof(BlockWork<double>)];
    __shared__ LoopState<double> state;
    run_loop<Exact>(loop, state, *reinterpret_cast<BlockWork<double>*>(work), shared);
}
