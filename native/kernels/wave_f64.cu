// A wave of tasks on float64: pck/wave/task.cuh has the tables, predict, settle, learn and reduce.cuh have the equations.
//
// Source:    the planner's waves (src/PcKernels/Planning); optimisers as torch.optim. The naive products beside it are in
// products_naive.cu. Aliasing:  no tile reads what another tile of the same launch writes; within a tile, results may be written over what
// it has read. Launch:    one block of 128 threads per tile, grid = tiles. Budget:    at most 168 registers a thread, 46 KiB of shared
// memory: three blocks a multiprocessor.
#include "pck/wave/wave.cuh"

namespace {

using namespace pck::wave;

constexpr int blocks_per_multiprocessor = 3;

} // namespace

extern "C" __global__ void __launch_bounds__(threads, blocks_per_multiprocessor)
    pck_wave_f64(const __grid_constant__ WaveParameters<double> wave) {
    __shared__ alignas(128) double shared[shared_elements<double>];
    __shared__ alignas(16) unsigned char work[sizeof(BlockWork<double>)];
    run_tile<Exact>(wave, wave.tiles + blockIdx.x, *reinterpret_cast<BlockWork<double>*>(work), shared);
}
