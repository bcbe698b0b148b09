// Pooling: y = the largest element or the mean of a window, channel by channel; the adjoint of an element sums over the windows that cover
// it, in row-major order.
//
//   max    delta goes to the first of equal ones in row-major order (a NaN counts as the largest): which one that is is found anew
//   mean   windows of one side that move by a stride, or (kernel 0) place i of n over an extent e: floor(i e / n) to ceil((i + 1) e / n),
//          as torch.nn.AdaptiveAvgPool2d
//
// Source: src/PcKernels/Execution/Kernels/Ops/PoolKernels.cs. Images are [channels, height, width]; one thread an element.
#pragma once

#include "pck/graph/op.cuh"

namespace pck::wave {

struct Range {
    int from, to;
};

// Place i of a window over an extent.
template <class T>
__device__ __forceinline__ Range window_of(const OpWork<T>& work, int i, int places, int extent) {
    if (work.kernel > 0)
        return {i * work.stride, i * work.stride + work.kernel};
    const long long first = static_cast<long long>(i) * extent, past = static_cast<long long>(i + 1) * extent;
    return {static_cast<int>(first / places), static_cast<int>((past + places - 1) / places)};
}

// The places whose windows cover an element.
template <class T>
__device__ __forceinline__ Range covering(const OpWork<T>& work, int at, int places, int extent) {
    if (work.kernel == 0) {
        const long long first = static_cast<long long>(at) * places, past = static_cast<long long>(at + 1) * places;
        return {static_cast<int>(first / extent), static_cast<int>((past - 1) / extent) + 1};
    }
    return {at < work.kernel ? 0 : (at - work.kernel) / work.stride + 1, min(at / work.stride + 1, places)};
}

// The element, counted within the sample, that the window at a place takes.
template <class T>
__device__ __forceinline__ int largest_of(const OpWork<T>& work, const OpInput<T>& x, int sample, int channel, int top, int left) {
    const int first = (channel * x.height + top) * x.width + left;
    int largest = first;
    T value = x.get(sample, first);
    for (int i = 0; i < work.kernel; ++i)
        for (int j = 0; j < work.kernel; ++j) {
            const int at = first + i * x.width + j;
            const T other = x.get(sample, at);
            if (other > value || (other != other && value == value)) {
                value = other;
                largest = at;
            }
        }
    return largest;
}

// height, width of the work: of the result.
template <class T>
__device__ __forceinline__ T max_pooled(const OpWork<T>& work, const OpInput<T>& x, int sample, int element) {
    const int across = element % work.width, down = element / work.width % work.height, channel = element / (work.width * work.height);
    return x.get(sample, largest_of(work, x, sample, channel, down * work.stride, across * work.stride));
}

template <class T>
__device__ __forceinline__ T max_pool_adjoint(const OpWork<T>& work, const OpInput<T>& x, const OpInput<T>& delta, int sample,
                                              int element) {
    const int across = element % work.width, down = element / work.width % work.height, channel = element / (work.width * work.height);
    const Range rows = covering(work, down, delta.height, work.height), columns = covering(work, across, delta.width, work.width);
    T sum = T(0);
    for (int y = rows.from; y < rows.to; ++y)
        for (int z = columns.from; z < columns.to; ++z)
            if (largest_of(work, x, sample, channel, y * work.stride, z * work.stride) == element)
                sum += delta.get(sample, (channel * delta.height + y) * delta.width + z);
    return sum;
}

template <class T>
__device__ __forceinline__ T mean_pooled(const OpWork<T>& work, const OpInput<T>& x, int sample, int element) {
    const int channel = element / (work.width * work.height);
    const Range rows = window_of(work, element / work.width % work.height, work.height, x.height),
                columns = window_of(work, element % work.width, work.width, x.width);
    T sum = T(0);
    for (int y = rows.from; y < rows.to; ++y)
        for (int z = columns.from; z < columns.to; ++z)
            sum += x.get(sample, (channel * x.height + y) * x.width + z);
    return sum / static_cast<T>((rows.to - rows.from) * (columns.to - columns.from));
}

template <class T>
__device__ __forceinline__ T mean_pool_adjoint(const OpWork<T>& work, const OpInput<T>& delta, int sample, int element) {
    const int across = element % work.width, down = element / work.width % work.height, channel = element / (work.width * work.height);
    const Range rows = covering(work, down, delta.height, work.height), columns = covering(work, across, delta.width, work.width);
    T sum = T(0);
    for (int y = rows.from; y < rows.to; ++y)
        for (int z = columns.from; z < columns.to; ++z) {
            const Range high = window_of(work, y, delta.height, work.height), wide = window_of(work, z, delta.width, work.width);
            sum += delta.get(sample, (channel * delta.height + y) * delta.width + z) /
                   static_cast<T>((high.to - high.from) * (wide.to - wide.from));
        }
    return sum;
}

} // namespace pck::wave
