// A convolution as a product whose operands are gathered on the way to shared memory; the matrix of windows is never stored.
//
//   value      Y[o, (s, place)] = sum over (c, i, j) of W[o, c, i, j] x[s, c, stride y - padding + i, stride z - padding + j] + b[o]
//   adjoint    X[c, (s, y, z)]  = sum over (o, i, j) of W[o, c, i, j] delta[s, o, (y + padding - i) / stride, (z + padding - j) / stride]
//   gradient   G[o, (c, i, j)]  = scale sum over uses and (s, place) of delta[s, o, place] x[s, c, ...]; or of some of the places (start,
//              count), into a target of its own that another task adds up: few weights and many places leave most of a GPU idle else
//
// group by group: channels of one see only theirs. Source: src/PcKernels/Execution/Kernels/Ops/ConvolutionKernel.cs.
// A tile is 64 x 64 results, 8 x 4 a thread; depth goes through shared memory in steps of 8, twice buffered: while one step is multiplied
// the next is on its way in registers. One chain of fused multiply-adds per result over ascending depth: the same bits wherever the tile
// is. Shared memory: two buffers of 2 x 8 x 68 elements, then in their place the results, 64 x 68. A tile's row is a channel of all groups.
#pragma once

#include "pck/graph/op.cuh"

namespace pck::wave {

struct Gathered {
    static constexpr int extent = 64, depth = 8, thread_rows = 8, thread_columns = 4, loads = extent * depth / threads;
    static constexpr int stride = extent + 4; // four more: eight lines of depth fall on different banks when a warp writes them
    static constexpr int operand = depth * stride, buffer = 2 * operand;
    static constexpr int shared_elements = extent * stride > 2 * buffer ? extent* stride : 2 * buffer;
    static constexpr int lanes_across = extent / thread_columns;
    static_assert(lanes_across * extent / thread_rows == threads);
};

// A number as (outer, y, x) with x running fastest, and how it goes on by a fixed step without division.
struct Walk {
    int outer, y, x;

    __device__ __forceinline__ Walk(int number, int height, int width)
        : outer(number / (height * width)), y(number / width % height), x(number % width) {}

    __device__ __forceinline__ void advance(const Walk& by, int height, int width) {
        x += by.x;
        y += by.y;
        outer += by.outer;
        if (x >= width) {
            x -= width;
            ++y;
        }
        if (y >= height) {
            y -= height;
            ++outer;
        }
    }
};

// A batch of images, a sample in one row or in several.
template <class T>
struct Images {
    const T* data;
    std::ptrdiff_t sample;
    int channel, line, height, width;

    __device__ __forceinline__ explicit Images(const OpInput<T>& of)
        : data(of.at.data), sample(static_cast<std::ptrdiff_t>(of.at.stride) * of.rows),
          channel(of.rows == 1 ? of.height * of.width : of.height * of.at.stride), line(of.rows == 1 ? of.width : of.at.stride),
          height(of.height), width(of.width) {}

    __device__ __forceinline__ T get(int s, int c, int y, int x) const {
        return y >= 0 && y < height && x >= 0 && x < width ? data[s * sample + static_cast<std::ptrdiff_t>(c) * channel + y * line + x]
                                                           : T(0);
    }
};

// What the threads of a block take of an operand: four neighbours in depth for each of 16 rows at a time (weights, and all of a gradient),
// or two lines of depth at a time for 64 places side by side.
struct AlongDepth {
    static constexpr int step = Gathered::depth;
    __device__ __forceinline__ static int depth(int) { return thread_number() % Gathered::depth; }
    __device__ __forceinline__ static int index(int i) { return thread_number() / Gathered::depth + i * (threads / Gathered::depth); }
};
struct AcrossDepth {
    static constexpr int step = threads / Gathered::extent;
    __device__ __forceinline__ static int depth(int i) { return thread_number() / Gathered::extent + i * step; }
    __device__ __forceinline__ static int index(int) { return thread_number() % Gathered::extent; }
};

template <class Place, class T>
__device__ __forceinline__ void put_operand(T* stage, const T (&from)[Gathered::loads]) {
#pragma unroll
    for (int i = 0; i < Gathered::loads; ++i)
        stage[Place::depth(i) * Gathered::stride + Place::index(i)] = from[i];
}

template <class T>
struct ConvolutionValue {
    using PlaceB = AcrossDepth;
    const OpWork<T>& work;
    const Images<T> images;
    static constexpr int first_depth = 0;
    const int row, row_limit, first_channel, depth;
    int sample, top, left, number_a, number_b;
    Walk tap;
    const Walk step;

    __device__ __forceinline__ ConvolutionValue(const Task<T>& task, const OpInput<T>& x, const Tile& tile)
        : work(task.op), images(x), row(tile.row), row_limit((tile.row / (task.rows / work.groups) + 1) * (task.rows / work.groups)),
          first_channel(tile.row / (task.rows / work.groups) * (x.extent / work.groups)),
          depth(x.extent / work.groups * work.kernel * work.kernel), number_a(AlongDepth::depth(0)), number_b(AcrossDepth::depth(0)),
          tap(number_b, work.kernel, work.kernel), step(AcrossDepth::step, work.kernel, work.kernel) {
        const int number = tile.column + AcrossDepth::index(0);
        const Walk place(number, work.height, work.width);
        sample = number < task.columns ? place.outer : -1;
        top = place.y * work.stride - work.padding;
        left = place.x * work.stride - work.padding;
    }

    __device__ __forceinline__ void fetch(T (&a)[Gathered::loads], T (&b)[Gathered::loads]) {
#pragma unroll
        for (int i = 0; i < Gathered::loads; ++i) {
            const int m = row + AlongDepth::index(i);
            a[i] = m < row_limit && number_a < depth ? *work.weight.at(m, number_a) : T(0);
        }
        number_a += AlongDepth::step;
#pragma unroll
        for (int i = 0; i < Gathered::loads; ++i) {
            b[i] = sample >= 0 && number_b < depth ? images.get(sample, first_channel + tap.outer, top + tap.y, left + tap.x) : T(0);
            number_b += AcrossDepth::step;
            tap.advance(step, work.kernel, work.kernel);
        }
    }
};

template <class T>
struct ConvolutionAdjoint {
    using PlaceB = AcrossDepth;
    const OpWork<T>& work;
    const Images<T> deltas;
    static constexpr int first_depth = 0;
    const int row, channels, first_output, depth;
    int sample, bottom, right, number_a, number_b;
    Walk tap_a, tap_b;
    const Walk step_a, step_b;

    __device__ __forceinline__ ConvolutionAdjoint(const Task<T>& task, const OpInput<T>& delta, const Tile& tile)
        : work(task.op), deltas(delta), row(tile.row % (task.rows / work.groups)), channels(task.rows / work.groups),
          first_output(tile.row / channels * (delta.extent / work.groups)), depth(delta.extent / work.groups * work.kernel * work.kernel),
          number_a(AlongDepth::depth(0)), number_b(AcrossDepth::depth(0)), tap_a(number_a, work.kernel, work.kernel),
          tap_b(number_b, work.kernel, work.kernel), step_a(AlongDepth::step, work.kernel, work.kernel),
          step_b(AcrossDepth::step, work.kernel, work.kernel) {
        const int number = tile.column + AcrossDepth::index(0);
        const Walk place(number, work.height, work.width);
        sample = number < task.columns ? place.outer : -1;
        bottom = place.y + work.padding;
        right = place.x + work.padding;
    }

    __device__ __forceinline__ void fetch(T (&a)[Gathered::loads], T (&b)[Gathered::loads]) {
#pragma unroll
        for (int i = 0; i < Gathered::loads; ++i) {
            const int m = row + AlongDepth::index(i); // within the group
            a[i] = m < channels && number_a < depth
                       ? *work.weight.at(first_output + tap_a.outer, (m * work.kernel + tap_a.y) * work.kernel + tap_a.x)
                       : T(0);
        }
        number_a += AlongDepth::step;
        tap_a.advance(step_a, work.kernel, work.kernel);
#pragma unroll
        for (int i = 0; i < Gathered::loads; ++i) {
            const int y = bottom - tap_b.y, x = right - tap_b.x;
            const bool is_place = sample >= 0 && number_b < depth && y % work.stride == 0 && x % work.stride == 0;
            b[i] = is_place ? deltas.get(sample, first_output + tap_b.outer, y / work.stride, x / work.stride) : T(0);
            number_b += AcrossDepth::step;
            tap_b.advance(step_b, work.kernel, work.kernel);
        }
    }
};

template <class T>
struct ConvolutionGradient {
    using PlaceB = AlongDepth;
    const OpWork<T>& work;
    const Images<T> images, deltas;
    const int row, row_limit, first_channel, first_depth, depth;
    int channel[Gathered::loads], y[Gathered::loads], x[Gathered::loads]; // of the weights' columns
    int number;
    Walk place;
    const Walk step;

    __device__ __forceinline__ ConvolutionGradient(const Task<T>& task, const OpInput<T>* use, const Tile& tile)
        : work(task.op), images(use[0]), deltas(use[1]), row(tile.row),
          row_limit((tile.row / (task.rows / work.groups) + 1) * (task.rows / work.groups)),
          first_channel(tile.row / (task.rows / work.groups) * (use[0].extent / work.groups)), first_depth(work.start),
          depth(min(work.start + work.count, work.batch * use[1].height * use[1].width)), number(first_depth + AlongDepth::depth(0)),
          place(number, use[1].height, use[1].width), step(AlongDepth::step, use[1].height, use[1].width) {
#pragma unroll
        for (int i = 0; i < Gathered::loads; ++i) {
            const int column = tile.column + AlongDepth::index(i);
            const Walk tap(column, work.kernel, work.kernel);
            channel[i] = column < task.columns ? first_channel + tap.outer : -1;
            y[i] = tap.y - work.padding;
            x[i] = tap.x - work.padding;
        }
    }

    __device__ __forceinline__ void fetch(T (&a)[Gathered::loads], T (&b)[Gathered::loads]) {
#pragma unroll
        for (int i = 0; i < Gathered::loads; ++i) {
            const int m = row + AlongDepth::index(i);
            a[i] = m < row_limit && number < depth ? deltas.get(place.outer, m, place.y, place.x) : T(0);
            b[i] = channel[i] >= 0 && number < depth
                       ? images.get(place.outer, channel[i], place.y * work.stride + y[i], place.x * work.stride + x[i])
                       : T(0);
        }
        number += AlongDepth::step;
        place.advance(step, deltas.height, deltas.width);
    }
};

template <class T>
struct GatheredSums {
    T sum[Gathered::thread_rows][Gathered::thread_columns];

    __device__ __forceinline__ GatheredSums() {
#pragma unroll
        for (int i = 0; i < Gathered::thread_rows; ++i)
#pragma unroll
            for (int j = 0; j < Gathered::thread_columns; ++j)
                sum[i][j] = T(0);
    }

    __device__ __forceinline__ static int down() { return thread_number() / Gathered::lanes_across * Gathered::thread_rows; }
    __device__ __forceinline__ static int across() { return thread_number() % Gathered::lanes_across * Gathered::thread_columns; }

    template <int Count>
    __device__ __forceinline__ static void load(const T* from, T (&to)[Count]) {
#pragma unroll
        for (int q = 0; q < Count; q += Vector<T>::size) {
            const Vector<T> some = Vector<T>::load(from + q);
#pragma unroll
            for (int e = 0; e < Vector<T>::size; ++e)
                to[q + e] = some.v[e];
        }
    }

    __device__ __forceinline__ void multiply(const T* stage) {
        const T *a = stage + down(), *b = stage + Gathered::operand + across();
        // Two at a time: all eight laid out would not leave the gathering of the next step its registers.
#pragma unroll 2
        for (int k = 0; k < Gathered::depth; ++k) {
            T x[Gathered::thread_rows], y[Gathered::thread_columns];
            load(a + k * Gathered::stride, x);
            load(b + k * Gathered::stride, y);
#pragma unroll
            for (int i = 0; i < Gathered::thread_rows; ++i)
#pragma unroll
                for (int j = 0; j < Gathered::thread_columns; ++j)
                    sum[i][j] = multiply_add(x[i], y[j], sum[i][j]);
        }
    }

    // Adds one product. All are done with the buffers when it begins, and when it ends.
    template <class P>
    __device__ __forceinline__ void add(P product, T* shared) {
        T a[Gathered::loads], b[Gathered::loads];
        product.fetch(a, b);
        put_operand<AlongDepth>(shared, a);
        put_operand<typename P::PlaceB>(shared + Gathered::operand, b);
        __syncthreads(); // the first step is visible to all
#pragma unroll 1
        for (int done = product.first_depth, now = 0; done < product.depth; done += Gathered::depth, now ^= 1) {
            T* next = shared + (now ^ 1) * Gathered::buffer;
            const bool goes_on = done + Gathered::depth < product.depth;
            if (goes_on)
                product.fetch(a, b);
            multiply(shared + now * Gathered::buffer);
            if (goes_on) {
                put_operand<AlongDepth>(next, a);
                put_operand<typename P::PlaceB>(next + Gathered::operand, b);
            }
            __syncthreads(); // the next step is visible to all; and all have read this one, whose buffer is filled next
        }
    }

    __device__ __forceinline__ void put(T* shared) const {
#pragma unroll
        for (int i = 0; i < Gathered::thread_rows; ++i)
#pragma unroll
            for (int q = 0; q < Gathered::thread_columns; q += Vector<T>::size) {
                Vector<T> some;
#pragma unroll
                for (int e = 0; e < Vector<T>::size; ++e)
                    some.v[e] = sum[i][q + e];
                some.store(shared + (down() + i) * Gathered::stride + across() + q);
            }
    }
};

// rows: channels of the result (of all groups), columns: places of the batch; of a gradient, those of the weights.
template <class T>
__device__ __forceinline__ void convolution_tile(const WaveParameters<T>& wave, const Task<T>& task, const Task<T>* partner,
                                                 const Tile& tile, T* shared) {
    const OpWork<T>& work = task.op;
    const OpInput<T>* x = inputs_of(wave, task);
    GatheredSums<T> sums;
    if (work.formula == Formula::value)
        sums.add(ConvolutionValue<T>(task, *x, tile), shared);
    else if (work.formula == Formula::adjoint)
        sums.add(ConvolutionAdjoint<T>(task, *x, tile), shared);
    else
#pragma unroll 1
        for (int use = 0; use < task.operands; use += 2)
            sums.add(ConvolutionGradient<T>(task, x + use, tile), shared);
    sums.put(shared);
    __syncthreads(); // all results are visible to the threads that go on with them
    const int per_group = task.rows / work.groups, limit = (tile.row / per_group + 1) * per_group, places = work.height * work.width;
#pragma unroll 1
    for (int i = static_cast<int>(threadIdx.x); i < Gathered::extent * Gathered::extent; i += threads) {
        const int row = tile.row + i / Gathered::extent, column = tile.column + i % Gathered::extent;
        if (row >= limit || column >= task.columns)
            continue;
        const T z = shared[i / Gathered::extent * Gathered::stride + i % Gathered::extent];
        if (work.formula == Formula::gradient)
            put_element(task, partner, row, column, static_cast<T>(work.number) * z);
        else
            put_of_sample(task, partner, column / places, row * places + column % places, work.bias ? z + *work.bias.at(0, row) : z);
    }
}

} // namespace pck::wave
