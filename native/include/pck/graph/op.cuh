// What all op tasks have in common: where an element goes, and what follows from it.
//
// A partner has the epilogue of a prediction, y = f(z) and its error (predict.cuh has the same formulas for 16 bytes at a time); a
// categorical error needs whole rows, so there z goes to memory and a task of the next launch takes it from there.
#pragma once

#include "pck/wave/predict.cuh"

namespace pck::wave {

template <class T>
__device__ __forceinline__ const OpInput<T>* inputs_of(const WaveParameters<T>& wave, const Task<T>& task) {
    return reinterpret_cast<const OpInput<T>*>(wave.operands + task.operand);
}

template <class T>
__device__ __forceinline__ void finish_element(const PredictWork<T>& work, int row, int column, T z) {
    const Activated<T> result = activate(work.activation, z);
    if (work.output)
        *work.output.at(row, column) = result.y;
    if (work.start)
        *work.start.at(row, column) = result.y;
    if (work.derivative)
        *work.derivative.at(row, column) = result.d;
    if (!work.error)
        return;
    const T error = *work.value.at(row, column) - result.y;
    *work.error.at(row, column) = error;
    if (work.delta)
        *work.delta.at(row, column) = (work.precision ? *work.precision.at(0, column) : static_cast<T>(work.weight)) * error * result.d;
}

// Gradients may add up over launches; everything else is written anew.
template <class T>
__device__ __forceinline__ void put_element(const Task<T>& task, const Task<T>* partner, int row, int column, T z) {
    if (partner != nullptr) {
        finish_element(partner->predict, row, column, z);
        return;
    }
    T* to = task.op.target.at(row, column);
    *to = task.op.accumulates != 0 ? *to + z : z;
}

// The same for an element counted row-major within a sample.
template <class T>
__device__ __forceinline__ void put_of_sample(const Task<T>& task, const Task<T>* partner, int sample, int element, T z) {
    const OpWork<T>& work = task.op;
    if (work.rows == 1)
        put_element(task, partner, sample, element, z);
    else
        put_element(task, partner, sample * work.rows + element / work.columns, element % work.columns, z);
}

} // namespace pck::wave
