// A wave of tasks on float32 whose products round their operands to tf32 and run on the tensor cores: pck/wave/tensor.cuh has the rounding.
//
// Source:    as wave_f32.cu, whose tables it reads; weights, moments, values and errors stay float32.
// Aliasing:  no tile reads what another tile of the same launch writes; within a tile, results may be written over what it has read.
// Launch:    one block of 128 threads per tile, grid = tiles.
// Budget:    at most 168 registers a thread, 46 KiB of shared memory: three blocks a multiprocessor.
#include "pck/wave/wave.cuh"

namespace {

using namespace pck::wave;

constexpr int blocks_per_multiprocessor = 3;

} // namespace

extern "C" __global__ void __launch_bounds__(threads, blocks_per_multiprocessor)
    pck_wave_tf32(const __grid_constant__ WaveParameters<float> wave) {
    __shared__ alignas(128) float shared[shared_elements<float, Tf32>];
    __shared__ alignas(16) unsigned char work[sizeof(BlockWork<float>)];
    run_tile<Tf32>(wave, wave.tiles + blockIdx.x, *reinterpret_cast<BlockWork<float>*>(work), shared);
}
