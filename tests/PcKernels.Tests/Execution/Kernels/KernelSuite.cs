using System.Numerics;
using PcKernels.Execution.Kernels;

namespace PcKernels.Tests.Execution.Kernels;

/// <summary>What the suites share: every width runs everywhere, accelerated or not, and each element type has its tolerance.</summary>
public abstract class KernelSuite<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    protected static double Unit => typeof(T) == typeof(float) ? 6e-8 : 1.2e-16;

    private protected static CpuKernels<T> Kernels(int bits) => CpuKernels<T>.ForBits(bits);

    private protected static T Value(double value) => T.CreateTruncating(value);
}
