// A wave of tasks on float32, ops of any graph among them: pck/graph has the ops' equations, wave_f32.cu all else.
//
// Source:    the planner's waves (src/PcKernels/Planning), CPU kernels of the same formulas in src/PcKernels/Execution/Kernels/Ops.
// Aliasing:  no tile reads what another tile of the same launch writes; an op writes nothing that it reads but a gradient that adds up.
// Launch:    one block of 128 threads per tile, grid = tiles.
// Budget:    at most 168 registers a thread, 35 KiB of shared memory: three blocks a multiprocessor.
#include "pck/graph/graph.cuh"

namespace {

using namespace pck::wave;

constexpr int blocks_per_multiprocessor = 3;

} // namespace

extern "C" __global__ void __launch_bounds__(threads, blocks_per_multiprocessor)
    pck_graph_f32(const __grid_constant__ WaveParameters<float> wave) {
    __shared__ alignas(128) float shared[shared_elements<float>];
    __shared__ alignas(16) unsigned char work[sizeof(BlockWork<float>)];
    run_tile<Exact, AllOps>(wave, wave.tiles + blockIdx.x, *reinterpret_cast<BlockWork<float>*>(work), shared);
}
