// The tile shapes: rows x columns of a result that one block of 128 threads computes, and how they are shared out.
//
//   wide    64 x 128, 8 x 8 results a thread (float only)        large products
//   middle  32 x  64, 4 x 4 results a thread                     the common one
//   slim    16 x  32, 4 x 4 results a thread, depth in 4 slices  small batches, few outputs: four warps share one tile's depth
//
// A warp is 4 x 8 threads. Depth goes through shared memory in steps of 64 bytes a slice (middle: 128), twice buffered.
// Shared memory, bytes: two buffers of both operands, then (wide: in their place) the results that the epilogue reads.
#pragma once

#include "pck/wave/task.cuh"

namespace pck::wave {

// How a product's operands are rounded before they are multiplied.
struct Exact { // not at all: ordinary units
    static constexpr bool is_exact = true;
};
struct Tf32 { // tensor cores, see tensor.cuh
    static constexpr bool is_exact = false;
};
struct Bf16 {
    static constexpr bool is_exact = false;
};

// One of two types. (NVRTC comes without <type_traits>.)
template <bool is_first, class First, class Second>
struct OneOf {
    using Type = First;
};
template <class First, class Second>
struct OneOf<false, First, Second> {
    using Type = Second;
};

template <class T, class Rounding, int Rows, int Columns, int ThreadRows, int ThreadColumns, int Slices, int SliceChunks, bool InPlace>
struct TileShape {
    using Math = Rounding;
    static constexpr bool is_exact = Math::is_exact;
    // Lanes of an mma read single elements of four lines: with eight elements between lines they fall on different banks.
    static constexpr int pad = is_exact ? 0 : 8;
    static constexpr int rows = Rows, columns = Columns, slices = Slices;
    static constexpr int thread_rows = ThreadRows, thread_columns = ThreadColumns; // results of one thread
    static constexpr int vector = 16 / static_cast<int>(sizeof(T));
    static constexpr int slice_chunks = SliceChunks; // of 16 bytes: depth of one step
    static constexpr int chunks = slice_chunks * slices;
    static constexpr int depth = chunks * vector;
    static constexpr int lanes_down = rows / thread_rows, lanes_across = columns / thread_columns;
    static constexpr int warps_down = lanes_down / 4, warps_across = lanes_across / 8;
    // Chunks of depth whose instructions are laid out side by side: with 64 sums a thread, more of them would not fit the registers.
    static constexpr int unrolled_chunks = thread_rows * thread_columns > 16 ? 1 : slice_chunks;
    // Eight elements more than the columns: the four rows that a warp writes at once fall on different banks.
    static constexpr int result_stride = columns + 8;
    static constexpr bool in_place = InPlace;
    static constexpr int buffer_elements = (rows + columns + 2 * pad) * depth;
    static constexpr int result_offset = in_place ? 0 : 2 * buffer_elements;
    static constexpr int result_elements = rows * result_stride;
    static constexpr int shared_elements =
        in_place ? (2 * buffer_elements > result_elements * slices ? 2 * buffer_elements : result_elements * slices)
                 : 2 * buffer_elements + result_elements * slices;

    static_assert(lanes_down * lanes_across * slices == threads);
    static_assert(thread_rows % vector == 0 && thread_columns % vector == 0);
};

enum class ShapeName : std::int32_t { middle, slim, wide };

template <class T, class Math>
using Middle = TileShape<T, Math, 32, 64, 4, 4, 1, 8, false>;
template <class T, class Math>
using Slim = TileShape<T, Math, 16, 32, 4, 4, 4, 4, false>;
template <class T, class Math>
using Wide = TileShape<T, Math, 64, 128, 8, 8, 1, 4, true>;

} // namespace pck::wave
