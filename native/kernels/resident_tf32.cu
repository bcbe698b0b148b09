// Predictive coding with the weights on the chip in float32 and products rounded to tf32 on the tensor cores: resident_f32.cu's kernel over
// pck/resident/tensor_products.cuh; the same tables, protocol and order of a step.
//
// Source:    iPC paper Alg. 1 and 2, as the planner's program has them; the results of wave_tf32.cu, operands rounded alike, to rounding.
// Operands:  W [units, inputs], batch x [batch, units], row-major, rows on 64 bytes; up to 256 inputs, any number of units and layers.
// Aliasing:  a block alone reads and writes its units' weights; values and sums go through memory, behind flags.
// Launch:    cooperative, 256 threads a block, one block per 128 units of a layer, all resident at once.
// Budget:    up to 255 registers a thread; 218 KiB of shared memory at 32 samples and 256 inputs: one block a multiprocessor.
#include "pck/resident/resident.cuh"
#include "pck/resident/tensor_products.cuh"

namespace {

using namespace pck::resident;

extern __shared__ float4 resident_shared[];

template <int Batch>
__device__ __forceinline__ void resident(const Parameters& p) {
    __shared__ alignas(16) unsigned char tables[3 * sizeof(Layer)];
    run<TensorProducts<Batch>>(p, reinterpret_cast<Layer*>(tables), reinterpret_cast<float*>(resident_shared));
}

} // namespace

#if PCK_RESIDENT_SAMPLES == 0 || PCK_RESIDENT_SAMPLES == 8
extern "C" __global__ void __launch_bounds__(threads, 1) pck_resident_tf32_b8(const __grid_constant__ Parameters p) { resident<8>(p); }
#endif
#if PCK_RESIDENT_SAMPLES == 0 || PCK_RESIDENT_SAMPLES == 16
extern "C" __global__ void __launch_bounds__(threads, 1) pck_resident_tf32_b16(const __grid_constant__ Parameters p) { resident<16>(p); }
#endif
#if PCK_RESIDENT_SAMPLES == 0 || PCK_RESIDENT_SAMPLES == 32
extern "C" __global__ void __launch_bounds__(threads, 1) pck_resident_tf32_b32(const __grid_constant__ Parameters p) { resident<32>(p); }
#endif
