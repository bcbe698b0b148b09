using System.Text;
using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Randomness;

namespace PcKernels.Initialization;

/// <summary>Start values of parameters: a function of seed, parameter name and element number only, so that every device starts alike.</summary>
public static class Initializers
{
    private const ulong FnvOffset = 0xCBF29CE484222325, FnvPrime = 0x100000001B3;

    /// <summary>
    /// Writes the start values of one parameter. Element i (row-major) is <c>(2u − 1)·bound</c>, u being number i of the uniform
    /// <see cref="Philox"/> stream <see cref="StreamOf"/>(name), with the bound of <see cref="InitializationScheme"/>.
    /// </summary>
    /// <param name="scheme">Which bound.</param>
    /// <param name="parameterName">The parameter's full name, such as <c>h1.weight</c>; it selects the random stream.</param>
    /// <param name="shape">Extents, outermost first.</param>
    /// <param name="fanIn">Inputs of one unit (for a convolution: channels × kernel area); at least 1.</param>
    /// <param name="fanOut">Outputs that one input feeds; at least 1.</param>
    /// <param name="isBias">Whether this is a bias; <paramref name="fanIn"/> is then that of its weight.</param>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="values">Receives the elements, rounded to float32 so that f32 and f64 runs start from the same numbers.</param>
    /// <exception cref="ArgumentException">The number of values is not that of the shape, or the scheme is unknown.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A fan is below 1.</exception>
    public static void Fill(InitializationScheme scheme, string parameterName, IReadOnlyList<int> shape, int fanIn, int fanOut, bool isBias,
        ulong seed, Span<double> values)
    {
        ArgumentNullException.ThrowIfNull(parameterName);
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentOutOfRangeException.ThrowIfLessThan(fanIn, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(fanOut, 1);
        if (values.Length != Tensor.CountOf(shape))
            throw new ArgumentException($"{parameterName}: {values.Length} values for shape {Tensor.FormatShape(shape)}", nameof(values));

        double bound = Bound(scheme, fanIn, fanOut, isBias);
        if (bound == 0)
        {
            values.Clear();
            return;
        }
        var random = new Philox(seed, StreamOf(parameterName));
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)((2.0 * random.Uniform((ulong)i) - 1.0) * bound);
    }

    /// <summary>Writes the start values of one parameter of a graph: as <see cref="Fill(InitializationScheme, string, IReadOnlyList{int}, int, int, bool, ulong, Span{double})"/>, but 1 and 0 for a normalisation, and under PyTorch's scheme standard normal numbers of the same stream for an embedding.</summary>
    /// <param name="scheme">Which bound.</param>
    /// <param name="parameter">The parameter, no learned precision.</param>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="values">Receives the elements, rounded to float32.</param>
    /// <exception cref="ArgumentException">The number of values is not that of the shape, or the scheme is unknown.</exception>
    public static void Fill(InitializationScheme scheme, ParameterInfo parameter, ulong seed, Span<double> values)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        bool isNormal = parameter.Start == ParameterStart.Normal && scheme == InitializationScheme.PyTorch;
        if (parameter.Start is ParameterStart.One or ParameterStart.Zero) values.Fill(parameter.Start == ParameterStart.One ? 1 : 0);
        else if (!isNormal) Fill(scheme, parameter.Name, parameter.Shape, parameter.FanIn, parameter.FanOut, parameter.Role == ParameterRole.Bias, seed, values);
        else
        {
            var random = new Philox(seed, StreamOf(parameter.Name));
            for (int i = 0; i < values.Length; i++) values[i] = (float)random.Normal((ulong)i);
        }
    }

    /// <summary>The random stream of a parameter: 64-bit FNV-1a of its name in UTF-8, so that adding a layer leaves the others' start values alone.</summary>
    public static ulong StreamOf(string parameterName)
    {
        ArgumentNullException.ThrowIfNull(parameterName);
        ulong hash = FnvOffset;
        foreach (byte octet in Encoding.UTF8.GetBytes(parameterName))
            hash = unchecked((hash ^ octet) * FnvPrime);
        return hash;
    }

    private static double Bound(InitializationScheme scheme, int fanIn, int fanOut, bool isBias) => scheme switch
    {
        InitializationScheme.PyTorch => 1.0 / Math.Sqrt(fanIn),
        InitializationScheme.Xavier => isBias ? 0.0 : Math.Sqrt(6.0 / ((double)fanIn + fanOut)),
        InitializationScheme.Kaiming => isBias ? 0.0 : Math.Sqrt(6.0 / fanIn),
        InitializationScheme.Zeros => 0.0,
        _ => throw new ArgumentException($"{scheme} is not an initialisation scheme", nameof(scheme)),
    };
}
