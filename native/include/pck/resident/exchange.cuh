// What travels between neighbours, through the level-2 cache: values x [batch, units] upwards, partial sums g = delta W [batch, inputs]
// downwards, each behind a flag per block that counts steps.
//
//   values[block] = t + 1   x(t) of the block's units is there.        It also says that the block has read the sums of step t - 1.
//   sent[block]   = t + 1   the block's sums of step t are there.      It also says that the block has copied x(t) of the layer below.
//
// One buffer of each is enough: sums of step t are written only once x(t) below was seen, whose writers had then read the sums of t - 1;
// x(t + 1) is written only once the sums of step t above were seen, whose writers had then copied x(t).
#pragma once

#include "pck/resident/products.cuh"

namespace pck::resident {

__device__ __forceinline__ void store_release(std::uint32_t* to, std::uint32_t value) {
    asm volatile("st.release.gpu.global.u32 [%0], %1;" ::"l"(to), "r"(value) : "memory");
}

// All threads wait until every block of a layer has set its flag. False: one has not in time.
__device__ __forceinline__ bool wait_for_layer(const Parameters& p, const std::uint32_t* flags, int first_block, int blocks, int step,
                                               WaitKind kind) {
    bool is_there = true;
    if (static_cast<int>(threadIdx.x) < blocks)
        is_there = wait_for(flags + (first_block + static_cast<int>(threadIdx.x)) * flag_stride, static_cast<std::uint32_t>(step + 1),
                            p.spin_limit, kind, step, p.fault);
    return __syncthreads_and(is_there) != 0; // what the waiting threads have seen is visible to all
}

// Sets this block's flag behind what all its threads have written.
__device__ __forceinline__ void publish(std::uint32_t* flags, int step) {
    __syncthreads(); // all threads have written; the release takes it along
    if (threadIdx.x == 0)
        store_release(flags + blockIdx.x * flag_stride, static_cast<std::uint32_t>(step + 1));
}

// a of the step into shared memory as products read it, zeros behind the batch and behind the inputs.
template <class Products>
__device__ __forceinline__ void load_input(float* shared, const View<float>& input, int batch, int inputs, int warp, int lane) {
    using M = typename Products::Memory;
#pragma unroll 1
    for (int b = warp; b < Products::batch; b += warps)
        for (int c = lane * 4; c < width; c += 128) {
            const bool is_there = b < batch && c < inputs;
            const float4 x = is_there ? __ldcg(reinterpret_cast<const float4*>(input.at(b, c))) : make_float4(0, 0, 0, 0);
            store4(shared + M::input + b * M::input_stride + c, Products::operand(x));
        }
}

} // namespace pck::resident
