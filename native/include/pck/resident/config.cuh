// Sizes of the resident kernel, its tables and its shared memory. src/PcKernels.Cuda/Resident/ResidentTables.cs has the same bytes.
//
// A block owns up to `rows` units of one layer: their weights, biases and values stay on the chip for the whole batch.
#pragma once

#include "pck/grid_barrier.cuh"
#include "pck/resident/known.cuh"
#include "pck/wave/shape.cuh"

namespace pck::resident {

using wave::OptimizerKind;
using wave::RunNumbers;
using wave::UpdateWork;
using wave::View;

constexpr int threads = 256;
constexpr int warps = threads / 32;
constexpr int rows = 128; // units of a block
constexpr int width = PCK_RESIDENT_WIDTH;

static_assert(width % 64 == 0 && width <= 256, "a warp settles 64 columns; eight warps do 256 in two slices");

// What a layer does in a step; from bit 8 on: which update of the run it is when it learns.
enum Work : std::int32_t {
    predicts = 1, // mu, epsilon, delta
    settles = 2,  // x -= gamma (pi epsilon - g)
    learns = 4,
    has_energy = 8,
    keeps_error = 16,    // epsilon and mu are written for the host
    keeps_gradient = 32, // so is the gradient
    update_shift = 8
};

// One linear layer y = f(W a + b) of a chain, whose value x is predicted by y.
struct Layer {
    View<float> weight, bias;
    View<float> input; // the clamped input, of the lowest layer; else the value below, where that layer publishes it
    View<float> start; // x at the start, unless it is taken here
    View<float> value; // where x is published; null: x is clamped and does not move
    View<float> error, prediction, weight_gradient, bias_gradient; // for the host, or null
    double precision, log_precision, gamma, rate, scale, decay;    // scale: -k/B
    std::int32_t units, inputs;
    std::int32_t first_block, blocks;
    std::int32_t activation, first_partial;       // of an energy, in a row of the trace
    std::int32_t is_categorical;                  // the highest layer, of one block: epsilon = x - softmax(mu)
    std::int32_t starts_as_mean;                  // x starts as mu of the value below, taken here, so that epsilon is zero to the last bit
    UpdateWork<float> weight_update, bias_update; // of an optimiser with moments, which stay in memory; else by rate and decay
};

struct BlockPlace {
    std::int32_t layer, part;
};

struct Parameters {
    const Layer* layers;
    const BlockPlace* blocks;
    const std::int32_t* work;        // [steps, layers]
    const std::int32_t* energy_rows; // by step: row of the trace
    const RunNumbers* run;
    double* energies;      // [rows of the trace, energy_stride] partial sums
    float* sums;           // [blocks, batch, width]: W^T delta of a block's units
    std::uint32_t* values; // flags, a sector apart: x of step t is published at t + 1
    std::uint32_t* sent;   // flags: so are the sums of step t
    Fault* fault;
    std::int32_t layer_count, step_count, batch, energy_stride;
    std::uint32_t spin_limit;
    std::int32_t reserved;
};

constexpr int flag_stride = 8; // words: each flag has a sector of its own

static_assert(sizeof(Layer) == 9 * 16 + 6 * 8 + 8 * 4 + 2 * sizeof(UpdateWork<float>));
static_assert(sizeof(BlockPlace) == 8);
static_assert(sizeof(Parameters) == 10 * 8 + 6 * 4);

// Shared memory of a block, in floats: the weights stay float32 whatever the products round to. Strides, in banks of 32:
//
//   products   weight   input   delta   parts   so that
//   exact        4        8       8       8     eight rows of W, four of a and delta are read by 16 bytes
//   rounded      4        4       4       8     the lanes of a fragment are, see tensor_products.cuh
template <int Batch, class Math = wave::Exact>
struct Shared {
    static constexpr bool is_exact = Math::is_exact;
    static constexpr int input_stride = width + (is_exact ? 8 : 4);
    static constexpr int delta_stride = rows + (is_exact ? 8 : 4);
    static constexpr int weight_stride = width + 4;
    static constexpr int sum_stride = is_exact ? (width > rows ? width : rows) + 8 : 0; // partial sums of a settle: [batch, width]
    static constexpr int part_stride = rows + 8;                                        // of a prediction: two of [batch, rows]

    static constexpr int weight = 0;
    static constexpr int input = weight + rows * weight_stride;
    static constexpr int delta = input + Batch * input_stride;
    static constexpr int exchange = delta + Batch * delta_stride;
    static constexpr int bias = exchange + (2 * Batch * part_stride > Batch * sum_stride ? 2 * Batch * part_stride : Batch * sum_stride);
    static constexpr int delta_sums = bias + rows; // rounded: of each warp's samples, before rounding; [warps, rows]
    static constexpr int energy = delta_sums + (is_exact ? 0 : warps * rows); // doubles, one a warp
    static constexpr int elements = energy + 2 * warps;
    static constexpr int bytes = elements * 4;

    static_assert(energy % 2 == 0);
};

static_assert(width != 256 || (Shared<32>::bytes <= 225 * 1024 && Shared<32, wave::Tf32>::bytes <= 225 * 1024),
              "a block of an H100 has 227 KiB, less than two of them for the tables");

} // namespace pck::resident
