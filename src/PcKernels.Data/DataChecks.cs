namespace PcKernels.Data;

/// <summary>What every data set must satisfy, wherever it comes from.</summary>
internal static class DataChecks
{
    public static void Finite(string name, string what, ReadOnlySpan<float> values, int width)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
                throw new InputException($"'{name}': {what} {i % width} of sample {i / width} is {values[i]}; a finite number is expected");
        }
    }

    public static void Labels(string name, ReadOnlySpan<int> labels, int classes)
    {
        for (int i = 0; i < labels.Length; i++)
        {
            if ((uint)labels[i] >= (uint)classes)
                throw new InputException($"'{name}': the label of sample {i} is {labels[i]}; a class from 0 to {classes - 1} is expected");
        }
    }
}
