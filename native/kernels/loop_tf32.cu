// A whole batch on float32 in one cooperative launch, products rounded to tf32: pck/wave/loop.cuh, over the tables of wave_f32.cu.
//
// Source:    the planner's waves (src/PcKernels/Planning). The same tiles as wave_tf32.cu, the same bits.
// Aliasing:  no tile reads what another tile of the same stage writes; between stages all blocks wait for one another.
// Launch:    cooperative, 128 threads a block, as many blocks as the widest stage has tiles or are resident at once, whichever is less.
// Budget:    at most 168 registers a thread, 46 KiB of shared memory: three blocks a multiprocessor.
#include "pck/wave/loop.cuh"

namespace {

using namespace pck::wave;

constexpr int blocks_per_multiprocessor = 3;

} // namespace

extern "C" __global__ void __launch_bounds__(threads, blocks_per_multiprocessor)
    pck_loop_tf32(const __grid_constant__ LoopParameters<float> loop) {
    __shared__ alignas(128) float shared[shared_elements<float, Tf32>];
    __shared__ alignas(16) unsigned char work[sizeof(BlockWork<float>)];
    __shared__ LoopState<float> state;
    run_loop<Tf32>(loop, state, *reinterpret_cast<BlockWork<float>*>(work), shared);
}
