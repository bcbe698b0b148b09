// Sixteen bytes of elements: the width of the loads and stores of all kernels.
#pragma once

#include <cstdint>

namespace pck::wave {

template <class T>
struct Vector;

template <>
struct Vector<float> {
    static constexpr int size = 4;
    float v[size];

    __device__ __forceinline__ static Vector load(const float* from) {
        const float4 x = *reinterpret_cast<const float4*>(from);
        return {{x.x, x.y, x.z, x.w}};
    }
    __device__ __forceinline__ void store(float* to) const { *reinterpret_cast<float4*>(to) = make_float4(v[0], v[1], v[2], v[3]); }
};

template <>
struct Vector<double> {
    static constexpr int size = 2;
    double v[size];

    __device__ __forceinline__ static Vector load(const double* from) {
        const double2 x = *reinterpret_cast<const double2*>(from);
        return {{x.x, x.y}};
    }
    __device__ __forceinline__ void store(double* to) const { *reinterpret_cast<double2*>(to) = make_double2(v[0], v[1]); }
};

// Columns beyond the matrix's width are pads, which stay zero.
template <class T>
__device__ __forceinline__ void store_masked(Vector<T> x, T* to, int column, int columns) {
#pragma unroll
    for (int e = 0; e < Vector<T>::size; ++e)
        if (column + e >= columns)
            x.v[e] = T(0);
    x.store(to);
}

// Elements side by side, by one store; to is aligned to all of them.
template <class T, int Count>
__device__ __forceinline__ void store_group(T* to, const T (&values)[Count]) {
    if constexpr (Count == 1) {
        *to = values[0];
    } else if constexpr (Count == Vector<T>::size) {
        Vector<T> whole;
#pragma unroll
        for (int e = 0; e < Count; ++e)
            whole.v[e] = values[e];
        whole.store(to);
    } else {
        static_assert(Count == 2 && sizeof(T) == 4);
        *reinterpret_cast<float2*>(to) = make_float2(values[0], values[1]);
    }
}

template <class T>
__device__ __forceinline__ Vector<T> splat(T x) {
    Vector<T> result;
#pragma unroll
    for (int e = 0; e < Vector<T>::size; ++e)
        result.v[e] = x;
    return result;
}

// Copies 16 bytes to shared memory beside the computation; zeros where the source is not there.
__device__ __forceinline__ void copy_async(void* to, const void* from, bool is_there) {
    const auto address = static_cast<std::uint32_t>(__cvta_generic_to_shared(to));
    const int bytes = is_there ? 16 : 0;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(address), "l"(from), "r"(bytes) : "memory");
}

// Waits for this thread's own copies; a barrier has to follow before others read them.
__device__ __forceinline__ void wait_for_copies() { asm volatile("cp.async.wait_all;" ::: "memory"); }

} // namespace pck::wave
