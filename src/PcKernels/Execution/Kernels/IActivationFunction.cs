namespace PcKernels.Execution.Kernels;

/// <summary>A nonlinearity on vectors; a caller that drops the derivative pays nothing for it and gets the same value.</summary>
internal interface IActivationFunction<V> where V : struct
{
    /// <summary>y = f(z) and d = f′(z), lane by lane.</summary>
    static abstract void Apply(V z, out V y, out V d);
}
