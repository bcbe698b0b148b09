using System.Text.Json;

namespace PcKernels.Graphs.Ops;

/// <summary>How a window of a pooling becomes one element.</summary>
public enum Pooling
{
    /// <summary>The largest; of equal ones the first in row-major order gets the gradient.</summary>
    Max,

    /// <summary>The mean.</summary>
    Average,
}

/// <summary>The largest element or the mean of each window of an image, channel by channel; no padding, incomplete windows are dropped.</summary>
/// <param name="Pooling">Which.</param>
/// <param name="Kernel">Side of the window, ≥ 1.</param>
/// <param name="Stride">Elements from place to place; 0 means as <paramref name="Kernel"/>.</param>
public sealed record Pool2dOp(Pooling Pooling, int Kernel, int Stride = 0) : Op
{
    /// <inheritdoc/>
    public override string Name => Pooling == Pooling.Max ? "max_pool2d" : "avg_pool2d";

    internal override Arrangement Arrangement => Arrangement.Samples;

    internal Window Window => new(Kernel, Stride == 0 ? Kernel : Stride, 0);

    /// <inheritdoc/>
    public override int[] Infer(IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        IReadOnlyList<int> image = Dimensions.Image(Name, inputs[0]);
        (int height, int width) = Window.Over(image);
        return [image[0], height, width];
    }

    /// <inheritdoc/>
    public override void WriteKeys(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteNumber("kernel", Kernel);
        if (Stride != 0 && Stride != Kernel) writer.WriteNumber("stride", Stride);
    }
}

/// <summary>Means over windows that divide an image into a fixed number of places: place i of n over an extent e reaches from ⌊i e/n⌋ to ⌈(i+1) e/n⌉, as <c>torch.nn.AdaptiveAvgPool2d</c>.</summary>
/// <param name="Height">Rows of the result, ≥ 1.</param>
/// <param name="Width">Columns of the result, ≥ 1.</param>
public sealed record AdaptivePool2dOp(int Height, int Width) : Op
{
    /// <inheritdoc/>
    public override string Name => "adaptive_avg_pool2d";

    internal override Arrangement Arrangement => Arrangement.Samples;

    /// <inheritdoc/>
    public override int[] Infer(IReadOnlyList<IReadOnlyList<int>> inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        if (Height < 1 || Width < 1) throw new InputException($"output_size [{Height}, {Width}] must be ≥ 1");
        return [Dimensions.Image(Name, inputs[0])[0], Height, Width];
    }

    /// <inheritdoc/>
    public override void WriteKeys(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (Height == Width)
        {
            writer.WriteNumber("output_size", Height);
            return;
        }
        writer.WriteStartArray("output_size");
        writer.WriteNumberValue(Height);
        writer.WriteNumberValue(Width);
        writer.WriteEndArray();
    }

    /// <summary>Where place i of n over an extent begins and ends.</summary>
    internal static (int From, int To) Place(int i, int places, int extent) =>
        ((int)((long)i * extent / places), (int)(((long)(i + 1) * extent + places - 1) / places));
}
