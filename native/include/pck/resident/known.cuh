// What the kernel knows of the one program that it is compiled for: NVRTC is told by macros
// (src/PcKernels.Cuda/Resident/ResidentSpecialisation.cs), and what the program does not have falls away. The kernels that ship are told
// nothing and have everything in.
#pragma once

#ifndef PCK_RESIDENT_SAMPLES
#define PCK_RESIDENT_SAMPLES 0 // of the one kernel to make; 0: all
#endif
#ifndef PCK_RESIDENT_WIDTH
#define PCK_RESIDENT_WIDTH 256 // the widest input of a layer, rounded up to 64: it sets the shared memory
#endif
#ifndef PCK_RESIDENT_WORK
#define PCK_RESIDENT_WORK 0xff // bits of Work that stand anywhere in the table
#endif
#ifndef PCK_RESIDENT_ACTIVATIONS
#define PCK_RESIDENT_ACTIVATIONS 0 // a bit for each that a layer has; 0: any
#endif
#ifndef PCK_RESIDENT_OPTIMIZER
#define PCK_RESIDENT_OPTIMIZER 0 // an OptimizerKind, that of all layers; none: any
#endif
#ifndef PCK_RESIDENT_CATEGORICAL
#define PCK_RESIDENT_CATEGORICAL 1 // whether the output may be
#endif
#ifndef PCK_RESIDENT_MEAN_START
#define PCK_RESIDENT_MEAN_START 1 // whether a value may start as its prediction
#endif

#include "pck/wave/activation.cuh"
#include "pck/wave/stepper.cuh"

namespace pck::resident {

constexpr int known_work = PCK_RESIDENT_WORK | ~0xff; // numbers of updates stand behind the bits
constexpr unsigned known_activations = PCK_RESIDENT_ACTIVATIONS;
constexpr auto known_optimizer = static_cast<wave::OptimizerKind>(PCK_RESIDENT_OPTIMIZER);
constexpr bool may_be_categorical = PCK_RESIDENT_CATEGORICAL != 0, may_start_as_mean = PCK_RESIDENT_MEAN_START != 0;

// Whether an update whose first moment is there, or is not, has moments.
__device__ __forceinline__ bool has_moments(bool is_there) {
    return known_optimizer == wave::OptimizerKind::none ? is_there : known_optimizer != wave::OptimizerKind::sgd;
}

__device__ __forceinline__ wave::Stepper<float> stepper_of(const wave::UpdateWork<float>& update, int number, const wave::RunNumbers& run) {
    if constexpr (known_optimizer == wave::OptimizerKind::none)
        return wave::Stepper<float>(update, number, run);
    else {
        wave::UpdateWork<float> known = update;
        known.optimizer = static_cast<std::int32_t>(known_optimizer);
        return wave::Stepper<float>(known, number, run);
    }
}

// The activations of the program one after another, each by formulas of its own.
template <int F = 0>
__device__ __forceinline__ wave::Activated<float> activate(std::int32_t f, float z) {
    if constexpr (known_activations == 0)
        return wave::activate(f, z);
    else if constexpr ((known_activations >> F) <= 1)
        return wave::activate(F, z);
    else if constexpr ((known_activations >> F & 1) == 0)
        return activate<F + 1>(f, z);
    else
        return f == F ? wave::activate(F, z) : activate<F + 1>(f, z);
}

} // namespace pck::resident
