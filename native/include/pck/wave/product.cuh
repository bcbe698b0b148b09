// One tile of a product, C[i, j] += sum over k of A(i, k) B(j, k), by a block; the results go to shared memory for the epilogue.
//
//   along_depth   the operand lies [row, k] in memory, k contiguous   (predict: a and W; settle: delta)
//   across_depth  it lies [k, row], rows contiguous                   (settle: W; learn: delta and a)
//
// Neither is transposed: along_depth is kept as [row][k] and read 16 bytes along k, across_depth as [k][row] and read 16 bytes along rows.
// The chunks of an along_depth row are permuted by its number, so that eight rows read or written together fall on different banks.
// One chain of fused multiply-adds per result (and slice) over ascending k: the same bits whatever the tile's place.
// K runs to the next 16: the pads of operands are zero. Rows and columns outside the matrices are filled with zeros.
#pragma once

#include "pck/wave/shape.cuh"
#include "pck/wave/tensor.cuh"
#include "pck/wave/vector.cuh"

namespace pck::wave {

enum class Lay { along_depth, across_depth };

__device__ __forceinline__ float multiply_add(float a, float b, float c) { return fmaf(a, b, c); }
__device__ __forceinline__ double multiply_add(double a, double b, double c) { return fma(a, b, c); }

// The thread's number, read anew: what follows from it is then computed where it is used, and not once for all shapes, kept in registers
// that a product needs.
__device__ __forceinline__ int thread_number() {
    int number;
    asm volatile("mov.u32 %0, %%tid.x;" : "=r"(number));
    return number;
}

// Where a thread stands in its block's tile.
template <class S>
struct Place {
    int number, down, across, slice;

    __device__ __forceinline__ explicit Place(int thread) : number(thread) {
        const int lane = number % 32, warp = number / 32;
        slice = warp / (S::warps_down * S::warps_across);
        const int in_slice = warp % (S::warps_down * S::warps_across);
        down = in_slice / S::warps_across * 4 + lane / 8;
        across = in_slice % S::warps_across * 8 + lane % 8;
    }

    // Row, or column, of the tile that a thread's i-th result is in.
    template <Lay lay>
    __device__ __forceinline__ static int index(int thread, int lanes, int i) {
        return lay == Lay::along_depth ? thread + i * lanes : i / S::vector * lanes * S::vector + thread * S::vector + i % S::vector;
    }
};

// One operand's part of a buffer: Extent rows of the tile by the depth of one step.
template <class T, class S, Lay lay, int Extent>
struct Staged {
    static constexpr int elements = (lay == Lay::along_depth ? Extent : Extent + S::pad) * S::depth;
    static constexpr int line = Extent + S::pad; // elements from one k to the next, across depth

    // Chunks of 16 bytes per line: along depth a line is a row of the tile, across depth it is one k.
    static constexpr int line_chunks = lay == Lay::along_depth ? S::chunks : Extent / S::vector;

    __device__ __forceinline__ static int chunk(int row, int c) {
        constexpr int rows_per_128_bytes = S::chunks < 8 ? 8 / S::chunks : 1;
        constexpr int mask = (S::chunks < 8 ? S::chunks : 8) - 1;
        return row * S::chunks + (c ^ (row / rows_per_128_bytes & mask));
    }

    // A pass is one chunk of every thread; between passes a thread keeps its place in the line, so that addresses differ by constants.
    static constexpr int passes = Extent * S::chunks / threads, lines_per_pass = threads / line_chunks;
    static constexpr int pass_elements = lay == Lay::along_depth ? threads * S::vector : lines_per_pass * line;
    static_assert(passes * threads == Extent * S::chunks && lines_per_pass * line_chunks == threads);
    static_assert(lay == Lay::across_depth || lines_per_pass % 8 == 0, "a chunk's permutation is the same in every pass");

    // What a thread copies, step by step. Along depth a line is a row, of which `lines` are there, and depth is padded to 16; across depth
    // it is one of `lines` values of k, and rows end at the matrix's width.
    struct Feed {
        const T* from;
        std::ptrdiff_t pass, step;
        int first_line, lines, position, positions, to;

        __device__ __forceinline__ Feed(int thread, const View<T>& matrix, int first, int limit, int depth) {
            first_line = thread / line_chunks;
            const int part = thread % line_chunks;
            pass = static_cast<std::ptrdiff_t>(lines_per_pass) * matrix.stride;
            if constexpr (lay == Lay::along_depth) {
                to = chunk(first_line, part) * S::vector;
                from = matrix.at(first + first_line, part * S::vector);
                step = S::depth;
                lines = limit - first;
                position = part * S::vector;
                positions = (depth + 15) / 16 * 16;
            } else {
                to = first_line * line + part * S::vector;
                from = matrix.at(first_line, first + part * S::vector);
                step = static_cast<std::ptrdiff_t>(S::depth) * matrix.stride;
                lines = depth;
                position = first + part * S::vector;
                positions = limit;
            }
        }

        // Starts the copies of the next step.
        __device__ __forceinline__ void fetch(T* stage) {
#pragma unroll
            for (int n = 0; n < passes; ++n)
                copy_async(stage + to + n * pass_elements, from + n * pass,
                           first_line + n * lines_per_pass < lines && position < positions);
            from += step;
            (lay == Lay::along_depth ? position : first_line) += S::depth;
        }
    };

    __device__ __forceinline__ static Vector<T> along(const T* stage, int row, int c) {
        return Vector<T>::load(stage + chunk(row, c) * S::vector);
    }
    __device__ __forceinline__ static Vector<T> across(const T* stage, int k, int row) { return Vector<T>::load(stage + k * line + row); }
    __device__ __forceinline__ static T one(const T* stage, int row, int k) {
        return lay == Lay::along_depth ? stage[chunk(row, k / S::vector) * S::vector + k % S::vector] : stage[k * line + row];
    }
};

template <class T, class S>
struct Accumulators {
    T sum[S::thread_rows][S::thread_columns];

    __device__ __forceinline__ Accumulators() {
#pragma unroll
        for (int i = 0; i < S::thread_rows; ++i)
#pragma unroll
            for (int j = 0; j < S::thread_columns; ++j)
                sum[i][j] = T(0);
    }
};

// The ordinary units' part of a product: each thread its own results.
template <class T, class S, Lay lay_a, Lay lay_b>
struct OrdinaryUnits {
    using A = Staged<T, S, lay_a, S::rows>;
    using B = Staged<T, S, lay_b, S::columns>;
    using Threads = Place<S>;
    using Sums = Accumulators<T, S>;
    static constexpr int v = S::vector;
    // Across depth a thread's columns come in groups of 16 bytes, along depth one by one.
    static constexpr int group = lay_b == Lay::across_depth ? S::vector : 1;

    // Calls f(row, column, values) for groups of results that lie side by side.
    template <class Call>
    __device__ __forceinline__ static void for_each_group(const Threads& at, const Sums& from, Call f) {
#pragma unroll
        for (int i = 0; i < S::thread_rows; ++i)
#pragma unroll
            for (int j = 0; j < S::thread_columns; j += group) {
                T values[group];
#pragma unroll
                for (int e = 0; e < group; ++e)
                    values[e] = from.sum[i][j + e];
                f(Threads::template index<lay_a>(at.down, S::lanes_down, i), Threads::template index<lay_b>(at.across, S::lanes_across, j),
                  values);
            }
    }

    __device__ __forceinline__ static void across_step(const Threads& at, const T* b, int k, const T (&column)[S::thread_rows],
                                                       Accumulators<T, S>& to) {
#pragma unroll
        for (int q = 0; q < S::thread_columns / v; ++q) {
            const Vector<T> y = B::across(b, k, Threads::template index<lay_b>(at.across, S::lanes_across, q * v));
#pragma unroll
            for (int e = 0; e < v; ++e)
#pragma unroll
                for (int i = 0; i < S::thread_rows; ++i)
                    to.sum[i][q * v + e] = multiply_add(column[i], y.v[e], to.sum[i][q * v + e]);
        }
    }

    // All of one step's depth that belongs to this thread's slice.
    __device__ __forceinline__ static void multiply(const Threads& at, const T* a, const T* b, Accumulators<T, S>& to) {
#pragma unroll S::unrolled_chunks
        for (int c0 = 0; c0 < S::slice_chunks; ++c0) {
            const int c = at.slice * S::slice_chunks + c0;
            if constexpr (lay_a == Lay::along_depth) {
                Vector<T> x[S::thread_rows];
#pragma unroll
                for (int i = 0; i < S::thread_rows; ++i)
                    x[i] = A::along(a, at.down + i * S::lanes_down, c);
                if constexpr (lay_b == Lay::along_depth) {
#pragma unroll
                    for (int j = 0; j < S::thread_columns; ++j) {
                        const Vector<T> y = B::along(b, at.across + j * S::lanes_across, c);
#pragma unroll
                        for (int e = 0; e < v; ++e)
#pragma unroll
                            for (int i = 0; i < S::thread_rows; ++i)
                                to.sum[i][j] = multiply_add(x[i].v[e], y.v[e], to.sum[i][j]);
                    }
                } else {
#pragma unroll
                    for (int e = 0; e < v; ++e) {
                        T column[S::thread_rows];
#pragma unroll
                        for (int i = 0; i < S::thread_rows; ++i)
                            column[i] = x[i].v[e];
                        across_step(at, b, c * v + e, column, to);
                    }
                }
            } else {
#pragma unroll
                for (int e = 0; e < v; ++e) {
                    T column[S::thread_rows];
#pragma unroll
                    for (int q = 0; q < S::thread_rows / v; ++q) {
                        const Vector<T> x = A::across(a, c * v + e, Threads::template index<lay_a>(at.down, S::lanes_down, q * v));
#pragma unroll
                        for (int f = 0; f < v; ++f)
                            column[q * v + f] = x.v[f];
                    }
                    across_step(at, b, c * v + e, column, to);
                }
            }
        }
    }
};

template <class T, class S, Lay lay_a, Lay lay_b>
struct Product {
    using A = Staged<T, S, lay_a, S::rows>;
    using B = Staged<T, S, lay_b, S::columns>;
    using Units = typename OneOf<S::is_exact, OrdinaryUnits<T, S, lay_a, lay_b>, TensorUnits<S, A, B>>::Type;
    using Sums = typename Units::Sums;

    // Adds the product of a tile's operands to the sums. row_limit and column_limit: extents of the result. All have to be done with what
    // the buffers' memory held before.
    __device__ __forceinline__ static void run(T* shared, const View<T>& a, const View<T>& b, int row, int row_limit, int column,
                                               int column_limit, int depth, Sums& to) {
        const typename Units::Threads at(thread_number());
        typename A::Feed feed_a(at.number, a, row, row_limit, depth);
        typename B::Feed feed_b(at.number, b, column, column_limit, depth);
        const auto fetch = [&](T* stage) {
            feed_a.fetch(stage);
            feed_b.fetch(stage + A::elements);
        };
        const int steps = (depth + S::depth - 1) / S::depth;
        T *even = shared, *odd = shared + S::buffer_elements;
        const auto take = [&](int step, const T* stage, T* next) {
            wait_for_copies();
            // This step's copies of all threads are visible to all; and all have read the other buffer, which is filled next.
            __syncthreads();
            if (step + 1 < steps)
                fetch(next);
            Units::multiply(at, stage, stage + A::elements, to);
        };
        if (steps > 0)
            fetch(even);
        if constexpr (S::slices > 1) { // little work in a step: two side by side, so that the buffers' addresses are constants
#pragma unroll 1
            for (int step = 0; step < steps; step += 2) {
                take(step, even, odd);
                if (step + 1 < steps)
                    take(step + 1, odd, even);
            }
        } else {
#pragma unroll 1
            for (int step = 0; step < steps; ++step)
                take(step, step % 2 == 0 ? even : odd, step % 2 == 0 ? odd : even);
        }
    }
};

// The results of a tile in shared memory, one copy a slice. Written by the threads that computed them, read by rows.
template <class T>
struct Results {
    T* data;
    int rows, chunks_shift; // extents of the tile: rows, and 16-byte chunks of a row as a power of two
    int stride, slice_elements, slices;

    template <class S>
    __device__ __forceinline__ static Results of(T* shared) {
        constexpr int chunks = S::columns / S::vector;
        constexpr int shift = chunks == 8 ? 3 : chunks == 16 ? 4 : 5;
        static_assert(1 << shift == chunks);
        return {shared + S::result_offset, S::rows, shift, S::result_stride, S::result_elements, S::slices};
    }

    __device__ __forceinline__ int columns() const { return Vector<T>::size << chunks_shift; }

    // A thread puts its sums down, or adds them (times a factor) to what it put down before: not in place of the buffers, for want of
    // registers and room.
    template <class P, class S>
    __device__ __forceinline__ static void put(T* shared, const typename P::Sums& from, const View<T>& factor, bool adds, int row, int rows,
                                               int column, int columns) {
        using Units = typename P::Units;
        const typename Units::Threads at(thread_number());
        T* mine = shared + S::result_offset + at.slice * S::result_elements;
        if constexpr (S::in_place)
            __syncthreads(); // the last buffers have been read by all
        Units::for_each_group(at, from, [&](int r, int c, const T(&values)[Units::group]) {
            T* to = mine + r * S::result_stride + c;
            T value[Units::group];
#pragma unroll
            for (int e = 0; e < Units::group; ++e) {
                value[e] = values[e];
                if constexpr (!S::in_place) {
                    if (factor)
                        value[e] *= row + r < rows && column + c + e < columns ? *factor.at(row + r, column + c + e) : T(0);
                    if (adds)
                        value[e] += to[e];
                }
            }
            store_group(to, value);
        });
    }

    // The sum over slices, in a fixed order.
    __device__ __forceinline__ Vector<T> get(int row, int column) const {
        const T* from = data + row * stride + column;
        Vector<T> sum = Vector<T>::load(from);
#pragma unroll 1
        for (int s = 1; s < slices; ++s) {
            const Vector<T> more = Vector<T>::load(from + s * slice_elements);
#pragma unroll
            for (int e = 0; e < Vector<T>::size; ++e)
                sum.v[e] += more.v[e];
        }
        return sum;
    }

    // Calls f(row, column) once for every 16 bytes of the tile that lie inside the matrix; both are relative to the tile.
    template <class F>
    __device__ __forceinline__ void for_each_chunk(int rows_left, int columns_left, F f) const {
#pragma unroll 1
        for (int c = thread_number(); c < rows << chunks_shift; c += threads) {
            const int row = c >> chunks_shift, column = (c & ((1 << chunks_shift) - 1)) * Vector<T>::size;
            if (row < rows_left && column < columns_left)
                f(row, column);
        }
    }
};

} // namespace pck::wave
