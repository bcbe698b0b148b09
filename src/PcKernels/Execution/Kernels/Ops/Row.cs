using System.Numerics;

namespace PcKernels.Execution.Kernels.Ops;

/// <summary>Sums over one dense row, in the machine's vectors: the order of additions depends on the row's length alone.</summary>
internal static unsafe class Row<T> where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private static int Width => Vector<T>.Count;

    /// <summary>Σ a.</summary>
    public static T Sum(T* a, int count)
    {
        Vector<T> sums = Vector<T>.Zero;
        int i = 0;
        for (; i + Width <= count; i += Width) sums += Vector.Load(a + i);
        T sum = Vector.Sum(sums);
        for (; i < count; i++) sum += a[i];
        return sum;
    }

    /// <summary>Σ a b.</summary>
    public static T Dot(T* a, T* b, int count)
    {
        Vector<T> sums = Vector<T>.Zero;
        int i = 0;
        for (; i + Width <= count; i += Width) sums += Vector.Load(a + i) * Vector.Load(b + i);
        T sum = Vector.Sum(sums);
        for (; i < count; i++) sum += a[i] * b[i];
        return sum;
    }

    /// <summary>Σ (a − mean)².</summary>
    public static T Squares(T* a, T mean, int count)
    {
        Vector<T> sums = Vector<T>.Zero, middle = Vector.Create(mean);
        int i = 0;
        for (; i + Width <= count; i += Width)
        {
            Vector<T> away = Vector.Load(a + i) - middle;
            sums += away * away;
        }
        T sum = Vector.Sum(sums);
        for (; i < count; i++) sum += (a[i] - mean) * (a[i] - mean);
        return sum;
    }

    /// <summary>sum += factor · addend.</summary>
    public static void AddTimes(T* sum, T factor, T* addend, int count)
    {
        Vector<T> times = Vector.Create(factor);
        int i = 0;
        for (; i + Width <= count; i += Width) Vector.Store(Vector.Load(sum + i) + times * Vector.Load(addend + i), sum + i);
        for (; i < count; i++) sum[i] += factor * addend[i];
    }

    /// <summary>sum += addend.</summary>
    public static void Add(T* sum, T* addend, int count)
    {
        int i = 0;
        for (; i + Width <= count; i += Width) Vector.Store(Vector.Load(sum + i) + Vector.Load(addend + i), sum + i);
        for (; i < count; i++) sum[i] += addend[i];
    }
}
