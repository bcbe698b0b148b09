// y = f(z) and d = f'(z), by the same formulas as src/PcKernels/Execution/Kernels/*Function.cs, with the device's own exponential and erfc.
//
// tanh = t / (t + 2), t = e^2|z| - 1: no cancellation near zero nor in the tails. NaN passes through all of them.
#pragma once

#include "pck/wave/task.cuh"

namespace pck::wave {

template <class T>
struct Activated {
    T y, d;
};

__device__ __forceinline__ float exponential(float x) { return expf(x); }
__device__ __forceinline__ double exponential(double x) { return exp(x); }
__device__ __forceinline__ float exponential_minus_one(float x) { return expm1f(x); }
__device__ __forceinline__ double exponential_minus_one(double x) { return expm1(x); }
__device__ __forceinline__ float error_complement(float x) { return erfcf(x); }
__device__ __forceinline__ double error_complement(double x) { return erfc(x); }
__device__ __forceinline__ float square_root(float x) { return sqrtf(x); }
__device__ __forceinline__ double square_root(double x) { return sqrt(x); }

template <class T>
__device__ __forceinline__ Activated<T> activated_tanh(T z) {
    const T limit = sizeof(T) == 4 ? T(87) : T(700); // past it tanh is 1 to the last bit
    const T magnitude = z < T(0) ? -z : z, twice = magnitude + magnitude;
    const T t = exponential_minus_one(twice > limit ? limit : twice);
    const T inverse = T(1) / (t + T(2));
    const T y = t * inverse;
    return {z < T(0) ? -y : y, twice > limit ? T(0) : (t + T(1)) * inverse * (T(4) * inverse)};
}

template <class T>
__device__ __forceinline__ Activated<T> activated_sigmoid(T z) {
    const T power = exponential(z < T(0) ? z : -z), inverse = T(1) / (T(1) + power);
    return {(z < T(0) ? power : T(1)) * inverse, power * inverse * inverse};
}

// Phi by erfc of whichever side is small; beyond 40 both Phi(-|z|) and e^(-z^2/2) are zero, and finite factors keep 0 * infinity away.
template <class T>
__device__ __forceinline__ Activated<T> activated_gelu(T z) {
    const T above = z < T(-40) ? T(-40) : z, bounded = above > T(40) ? T(40) : above;
    const T phi = T(0.5) * error_complement(bounded * T(-0.70710678118654752440));
    const T density = T(0.39894228040143267794) * exponential(T(-0.5) * bounded * bounded);
    return {above * phi, bounded * density + phi};
}

template <class T>
__device__ __forceinline__ Activated<T> activated_silu(T z) {
    const Activated<T> sigma = activated_sigmoid(z);
    const T above = z < T(-1e4) ? T(-1e4) : z, below = z > T(1e4) ? T(1e4) : z;
    return {above * sigma.y, below * sigma.d + sigma.y};
}

template <class T>
__device__ __forceinline__ Activated<T> activate(std::int32_t f, T z) {
    switch (static_cast<Activation>(f)) {
    case Activation::tanh:
        return activated_tanh(z);
    case Activation::relu:
        return z <= T(0) ? Activated<T>{T(0), T(0)} : Activated<T>{z, z > T(0) ? T(1) : z};
    case Activation::leaky_relu:
        return z > T(0) ? Activated<T>{z, T(1)} : Activated<T>{T(0.01) * z, z <= T(0) ? T(0.01) : z};
    case Activation::sigmoid:
        return activated_sigmoid(z);
    case Activation::gelu:
        return activated_gelu(z);
    case Activation::silu:
        return activated_silu(z);
    default:
        return {z, T(1)};
    }
}

} // namespace pck::wave
