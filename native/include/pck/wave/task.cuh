// The tables that the host lays out for a wave: one launch over tiles of tasks. src/PcKernels.Cuda/Wave/DeviceTask.cs has the same bytes.
//
//   tile -> task -> operands.   A block takes one tile; a tile is a rectangle of one task's result; a task may have several operands
//   (the terms of an adjoint, the uses of a parameter, the addends of a sum).
//
// What differs from run to run (rates, numbers of steps) is in RunNumbers, in device memory; what differs from launch to launch is in
// WaveParameters and the same in every run, so that a captured graph never has to be changed.
// All matrices are row-major, their rows begin on 64 bytes, their strides are multiples of 16 elements, their pads are zero and stay zero.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pck::wave {

constexpr int layout_version = 3;
constexpr int threads = 128;

enum class TaskKind : std::int32_t {
    predict,            // y = f(a W^T + b), then the error
    sum,                // y = f(sum of inputs), then the error
    error,              // the error of a prediction that stands
    categorical_error,  // the same where a row is wider than a tile: one warp a row
    settle,             // adjoint = sum of delta W, then the value moves or the error goes on
    learn,              // gradient = scale sum of delta^T a, then the optimiser
    learn_and_predict,  // both for a range of outputs; partner is the prediction
    update,             // the optimiser alone
    energy,             // partial sums of pi e^2
    categorical_energy, // partial sums of -x ln softmax(mu)
    clip_squares,       // partial sums of squares of gradients
    clip_factor,        // min(1, c / (norm + 1e-6))
    discount,           // gamma's factor
    fill,
    random,
    precision,          // pi = scale e^-s
    precision_gradient, // scale / 2 sum (1 - pi e^2)
    dual_predict,       // predict from base + factor rate G sum(delta)
    // Known to the graph kernels only (pck/graph). A partner says what follows from the op's value; without one it goes to the target.
    op_elements,     // every element of the result by a formula of its own
    op_lines,        // one warp a line: softmax, layer norm
    op_attention,    // one warp a query and head: the weights of its keys, and what follows for a derivative
    op_convolution,  // a product of gathered operands
    op_column_sums,  // gradients of layer norm
    op_channel_sums, // gradient of a convolution's bias
};

enum class Activation : std::int32_t { identity, tanh, relu, leaky_relu, sigmoid, gelu, silu };

enum class OptimizerKind : std::int32_t { none, sgd, momentum, nesterov, adam, adamw };

// What an op task computes; pck/graph has the equations.
enum class Formula : std::int32_t {
    scale,
    product,
    dropout,
    transpose,
    pick,   // some of the slices across a dimension
    spread, // its adjoint
    concat,
    positional,
    sample_sum, // gradient of positional
    embedding,
    embedding_gradient,
    max_pool,
    max_pool_adjoint,
    mean_pool,
    mean_pool_adjoint,
    weights_times_keys,    // sum over keys t of M[s, t] x[t]: attention's value, the adjoint of queries
    weights_times_queries, // sum over queries s of M[s, t] x[s]: the adjoints of keys and values
    value,                 // lines, attention, convolution
    adjoint,
    gradient, // convolution
    moments,  // lines: mean and 1 / deviation of each row, for the gradients of layer norm
};

// A rectangle of a task's result; how large it is follows from the shape.
struct Tile {
    std::int32_t task, row, column, shape;
};

// A matrix, or nothing where data is null.
template <class T>
struct View {
    T* data;
    std::int32_t stride;
    std::int32_t columns;

    __device__ __forceinline__ explicit operator bool() const { return data != nullptr; }
    __device__ __forceinline__ T* at(int row, int column) const { return data + static_cast<std::ptrdiff_t>(row) * stride + column; }
};

// predict, sum, settle, learn: the factors a and b of a product summed over depth, and what its result is multiplied by (null: 1).
// sum, clip_squares: a alone.
template <class T>
struct Operand {
    View<T> a, b, factor;
    std::int32_t depth, rows;
};

// predict, sum, error, categorical_error, dual_predict
template <class T>
struct PredictWork {
    View<T> bias, output, derivative, start; // written where not null; the bias is read
    View<T> prediction, kept_derivative;     // error: mu and f' that stand
    View<T> value, error, delta, precision;  // error null: none is wanted; precision: per column, or null
    double weight;                           // pi times scale where precision is null
    std::int32_t activation, is_categorical;
    View<T> base, preactivation; // dual_predict: z = base + factor rate_factor product; z, written where not null
    double factor, offset;       // offset: added to the product (a Gram matrix's bias)
    std::uint32_t* arrivals;     // of a categorical row wider than a tile: who of `across` tiles comes last takes the rows; or null
    std::int32_t across, reserved;
};

template <class T>
struct SettleWork {
    View<T> value, new_value, error, precision, velocity, gamma_factor; // a vertex: new_value is not null
    View<T> derivative, delta;                                          // a link
    double gamma, momentum, weight;
    std::int32_t divides, reserved;
};

template <class T>
struct UpdateWork {
    View<T> parameter, first, second; // parameter null: no step
    double rate, decay, momentum, beta1, beta2, epsilon;
    std::int32_t optimizer, offset; // offset: which update within the round
};

template <class T>
struct LearnWork {
    View<T> gradient, bias_gradient; // written where not null; update: read
    View<T> gradient_factor;         // update
    double scale;
    std::int32_t accumulates, has_bias;
    UpdateWork<T> weight, bias;
};

// energy, categorical_energy, clip_squares, clip_factor, discount, fill, random, precision, precision_gradient
template <class T>
struct ReduceWork {
    View<T> error, value, prediction, precision, result;
    double* partials; // clip: one number a tile
    double scale, weight;
    std::uint64_t stream;
    std::int32_t first_partial, partial_count; // energy: place in a row of the trace
    std::int32_t rows_per_tile, step;          // step: inference step within the round
};

// What an op reads, in the table of operands: a sample's elements lie row-major in `rows` rows.
template <class T>
struct OpInput {
    View<T> at;
    View<T> statistics; // op_column_sums: of each row, mean and 1 / deviation
    std::int32_t rows;
    std::int32_t extent; // channels of an image; slices of a concat's input
    std::int32_t height, width;
    std::uint64_t reserved;

    __device__ __forceinline__ T get(int sample, int element) const {
        return rows == 1 ? *at.at(sample, element) : *at.at(sample * rows + element / at.columns, element % at.columns);
    }
};

// The ops. For a gradient, a parameter's uses follow one another in the table, `inputs` operands each.
template <class T>
struct OpWork {
    View<T> target, second_target; // z, an adjoint, a gradient: written; second: the other parameter's, or dF/dscores of attention
    View<T> weight, bias;          // parameters; weight: attention's weights
    double number;                 // a factor; epsilon of layer norm
    std::uint64_t stream;          // dropout
    Formula formula;
    std::int32_t inputs, batch, accumulates;
    std::int32_t rows, columns, height, width;    // of a sample of the result; height, width: of an image
    std::int32_t kernel, stride, padding, groups; // kernel 0: windows that divide the image
    // Slices of the input, elements of one, and which are picked; embedding: extent is the vocabulary; gradient of a convolution: start and
    // count are places of the batch; softmax: count lines of extent slices, each with inner elements.
    std::int32_t extent, inner, start, step, count;
    std::int32_t first, middle, second; // transpose: extents of the result
    std::int32_t heads, is_causal;
    float probability;
    std::int32_t reserved;
};

template <class T>
struct Task {
    std::int32_t kind;
    std::int32_t rows, columns; // of the result
    std::int32_t operand, operands;
    std::int32_t partner; // another task that goes on with this one's tile, or -1
    union {
        PredictWork<T> predict;
        SettleWork<T> settle;
        LearnWork<T> learn;
        ReduceWork<T> reduce;
        OpWork<T> op;
    };
};

struct RunNumbers {
    double rate_factor;
    std::uint64_t seed;
    std::uint64_t batch;
    std::uint64_t updates_before;
    // Then, for every update of the run: 1 - beta1^k, 1 - beta2^k.
};

template <class T>
struct WaveParameters {
    const Tile* tiles;
    const Task<T>* tasks;
    const Operand<T>* operands;
    const RunNumbers* run;
    double* energies; // [rows of the trace, energy_stride] partial sums
    std::int32_t energy_stride;
    std::int32_t energy_row; // of the round's first step
    std::int32_t update;     // of the round's first update, from 0 in the run
    std::int32_t reserved;
};

static_assert(sizeof(Tile) == 16);
static_assert(sizeof(View<float>) == 16 && sizeof(View<double>) == 16);
static_assert(sizeof(Operand<float>) == 56);
static_assert(sizeof(PredictWork<float>) == 240);
static_assert(sizeof(SettleWork<float>) == 160);
static_assert(sizeof(UpdateWork<float>) == 104);
static_assert(sizeof(LearnWork<float>) == 272);
static_assert(sizeof(ReduceWork<float>) == 128);
static_assert(sizeof(OpInput<float>) == sizeof(Operand<float>));
static_assert(sizeof(OpWork<float>) == 176);
static_assert(sizeof(Task<float>) == 296 && offsetof(Task<float>, predict) == 24);
static_assert(sizeof(Task<double>) == sizeof(Task<float>));
static_assert(sizeof(RunNumbers) == 32);
static_assert(sizeof(WaveParameters<float>) == 56 && offsetof(WaveParameters<float>, energy_stride) == 40);

} // namespace pck::wave
