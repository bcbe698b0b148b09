// A value settles, or a link passes the error on:
//
//   adjoint = sum over readers of (delta W) * f'inner;  g = pi epsilon - adjoint;  v = m v + g;  x' = x - gamma v
//   (Z-IL, FPA: gamma / pi, so that g = epsilon - adjoint / pi);  link: delta = adjoint * f'
//
// Where the vertex's prediction stands although it moved, the partner task takes its new error at once. x' may be x.
#pragma once

#include "pck/wave/predict.cuh"

namespace pck::wave {

template <class T, class S>
__device__ __forceinline__ void settle_product(const Task<T>& task, const Operand<T>* operands, const Tile& tile, T* shared) {
    bool adds = false;
#pragma unroll 1
    for (int i = 0; i < task.operands; ++i) {
        const Operand<T>& term = operands[task.operand + i];
        if (!term.b)
            continue;
        if (adds)
            __syncthreads(); // the buffers of the term before have been read by all
        using P = Product<T, S, Lay::along_depth, Lay::across_depth>;
        typename P::Sums sums;
        P::run(shared, term.a, term.b, tile.row, task.rows, tile.column, task.columns, term.depth, sums);
        Results<T>::template put<P, S>(shared, sums, term.factor, adds, tile.row, task.rows, tile.column, task.columns);
        adds = true;
    }
}

// scales_addends: whether an addend without a weight may have a factor, as that of an op in the form W f(x) + b.
template <bool scales_addends, class T>
__device__ __forceinline__ void settle_epilogue(const Task<T>& task, const Task<T>* partner, const Operand<T>* operands, const Tile& tile,
                                                const Results<T>& results) {
    const SettleWork<T>& work = task.settle;
    bool has_product = false;
    for (int i = 0; i < task.operands; ++i)
        has_product = has_product || operands[task.operand + i].b;
    results.for_each_chunk(task.rows - tile.row, task.columns - tile.column, [&](int r, int c) {
        const int row = tile.row + r, column = tile.column + c;
        Vector<T> adjoint = has_product ? results.get(r, c) : splat(T(0));
        for (int i = 0; i < task.operands; ++i) {
            const Operand<T>& term = operands[task.operand + i];
            if (term.b)
                continue;
            Vector<T> more = Vector<T>::load(term.a.at(row, column));
            if constexpr (scales_addends) {
                if (term.factor) {
                    const Vector<T> factor = Vector<T>::load(term.factor.at(row, column));
#pragma unroll
                    for (int e = 0; e < Vector<T>::size; ++e)
                        more.v[e] *= factor.v[e];
                }
            }
#pragma unroll
            for (int e = 0; e < Vector<T>::size; ++e)
                adjoint.v[e] += more.v[e];
        }
        if (!work.new_value) {
            const Vector<T> slope = work.derivative ? Vector<T>::load(work.derivative.at(row, column)) : splat(T(1));
#pragma unroll
            for (int e = 0; e < Vector<T>::size; ++e)
                adjoint.v[e] *= slope.v[e];
            store_masked(adjoint, work.delta.at(row, column), column, task.columns);
            return;
        }
        const Vector<T> precision = work.precision ? Vector<T>::load(work.precision.at(0, column)) : splat(static_cast<T>(work.weight));
        const Vector<T> error = work.error ? Vector<T>::load(work.error.at(row, column)) : splat(T(0));
        const T gamma = work.gamma_factor ? static_cast<T>(work.gamma) * *work.gamma_factor.data : static_cast<T>(work.gamma);
        Vector<T> x = Vector<T>::load(work.value.at(row, column)), g;
#pragma unroll
        for (int e = 0; e < Vector<T>::size; ++e)
            g.v[e] = work.divides != 0 ? error.v[e] - adjoint.v[e] / precision.v[e] : precision.v[e] * error.v[e] - adjoint.v[e];
        if (work.velocity) {
            const Vector<T> velocity = Vector<T>::load(work.velocity.at(row, column));
#pragma unroll
            for (int e = 0; e < Vector<T>::size; ++e)
                g.v[e] = static_cast<T>(work.momentum) * velocity.v[e] + g.v[e];
            store_masked(g, work.velocity.at(row, column), column, task.columns);
        }
#pragma unroll
        for (int e = 0; e < Vector<T>::size; ++e)
            x.v[e] -= gamma * g.v[e];
        store_masked(x, work.new_value.at(row, column), column, task.columns);
        if (partner != nullptr)
            standing_error(partner->predict, row, column, task.columns, x);
    });
}

} // namespace pck::wave
