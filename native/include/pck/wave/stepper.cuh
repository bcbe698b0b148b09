// One step of an optimiser: formulas are torch.optim's (src/PcKernels/Optimizers).
#pragma once

#include "pck/wave/activation.cuh"
#include "pck/wave/task.cuh"
#include "pck/wave/vector.cuh"

namespace pck::wave {

// What is the same for all elements of a parameter: in the element type, as the host's kernels have it.
template <class T>
struct Stepper {
    T rate, decay, momentum, beta1, rest1, beta2, rest2, epsilon, step, root, kept;
    bool is_first;
    OptimizerKind kind;

    __device__ __forceinline__ Stepper(const UpdateWork<T>& work, int update, const RunNumbers& run) {
        const int number = update + work.offset; // of this run
        const double alpha = work.rate * run.rate_factor;
        kind = static_cast<OptimizerKind>(work.optimizer);
        is_first = run.updates_before + static_cast<std::uint64_t>(number) == 0;
        rate = static_cast<T>(alpha);
        decay = static_cast<T>(work.decay);
        momentum = static_cast<T>(work.momentum);
        beta1 = static_cast<T>(work.beta1);
        rest1 = static_cast<T>(1 - work.beta1);
        beta2 = static_cast<T>(work.beta2);
        rest2 = static_cast<T>(1 - work.beta2);
        epsilon = static_cast<T>(work.epsilon);
        kept = static_cast<T>(1 - alpha * work.decay);
        step = root = T(1);
        if (kind == OptimizerKind::adam || kind == OptimizerKind::adamw) {
            const double* corrections = reinterpret_cast<const double*>(&run + 1) + 2 * number;
            step = static_cast<T>(alpha / corrections[0]);
            root = static_cast<T>(sqrt(corrections[1]));
        }
    }

    __device__ __forceinline__ T moved(T theta, T g, T& first, T& second) const {
        if (kind == OptimizerKind::adamw)
            theta *= kept;
        else
            g += decay * theta;
        switch (kind) {
        case OptimizerKind::sgd:
            return theta - rate * g;
        case OptimizerKind::momentum:
            first = is_first ? g : momentum * first + g;
            return theta - rate * first;
        case OptimizerKind::nesterov:
            first = is_first ? g : momentum * first + g;
            return theta - rate * (g + momentum * first);
        default:
            first = beta1 * first + rest1 * g;
            second = beta2 * second + rest2 * (g * g);
            return theta - step * (first / (square_root(second) / root + epsilon));
        }
    }

    // Moves 16 bytes of a parameter and its moments.
    __device__ __forceinline__ void run(const UpdateWork<T>& work, int row, int column, int columns, const Vector<T>& g) const {
        Vector<T> theta = Vector<T>::load(work.parameter.at(row, column));
        Vector<T> first = work.first ? Vector<T>::load(work.first.at(row, column)) : splat(T(0));
        Vector<T> second = work.second ? Vector<T>::load(work.second.at(row, column)) : splat(T(0));
#pragma unroll
        for (int e = 0; e < Vector<T>::size; ++e)
            theta.v[e] = moved(theta.v[e], g.v[e], first.v[e], second.v[e]);
        store_masked(theta, work.parameter.at(row, column), column, columns);
        if (work.first)
            store_masked(first, work.first.at(row, column), column, columns);
        if (work.second)
            store_masked(second, work.second.at(row, column), column, columns);
    }
};

} // namespace pck::wave
