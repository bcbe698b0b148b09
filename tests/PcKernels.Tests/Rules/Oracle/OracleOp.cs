using PcKernels.Graphs;
using PcKernels.Tests.Ops;

namespace PcKernels.Tests.Rules.Oracle;

/// <summary>An op beside sums and linear layers over a batch: plain loops of its own, sample by sample; the derivatives follow from the loops.</summary>
internal sealed class OracleOp
{
    private readonly Node _node;
    private readonly Node[] _sources;
    private readonly List<Sample> _samples = [];

    private sealed record Sample(Tape Tape, Tracked[] Value, Tracked[][] Inputs, Tracked[][] Parameters);

    /// <summary>Evaluates.</summary>
    /// <param name="node">The op's node.</param>
    /// <param name="sources">The nodes that it reads.</param>
    /// <param name="inputs">Their values.</param>
    /// <param name="parameters">All parameters by name.</param>
    /// <param name="rounding">The arithmetic.</param>
    public OracleOp(Node node, Node[] sources, double[][,] inputs, Dictionary<string, double[]> parameters, Rounding rounding)
    {
        (_node, _sources) = (node, sources);
        int batch = inputs[0].GetLength(0) / sources[0].RowsPerSample;
        for (int b = 0; b < batch; b++)
        {
            var tape = new Tape(rounding);
            Tracked[][] x = [.. inputs.Select((matrix, k) => tape.Variables([.. Enumerable.Range(0, sources[k].Count).Select(i => At(matrix, b, i, sources[k]))]))];
            Tracked[][] p = [.. node.Parameters.Select(q => tape.Variables(parameters[q.Name]))];
            _samples.Add(new Sample(tape, OpReference.Forward(node.Op, [.. sources.Select(static s => s.Shape)], x, p), x, p));
        }
    }

    /// <summary>y, <c>[rows, columns]</c>.</summary>
    public double[,] Value => Matrix(_node, static (sample, i) => sample.Value[i].Value);

    /// <summary>How near a choice of the loops came to the other one.</summary>
    public double NearestKink => _samples.Min(static s => s.Tape.NearestKink);

    /// <summary>(∂y/∂x)ᵀ adjoint for every input; the parameters' shares are added to their gradients. Once.</summary>
    public double[][,] Pull(double[,] adjoint, Dictionary<string, double[]> gradients)
    {
        foreach ((int b, Sample sample) in _samples.Index())
        {
            sample.Tape.Pull(sample.Value, [.. Enumerable.Range(0, _node.Count).Select(i => At(adjoint, b, i, _node))]);
            foreach ((int k, Tracked[] parameter) in sample.Parameters.Index())
                for (int i = 0; i < parameter.Length; i++) gradients[_node.Parameters[k].Name][i] += parameter[i].Adjoint;
        }
        return [.. _sources.Select((source, k) => Matrix(source, (sample, i) => sample.Inputs[k][i].Adjoint))];
    }

    private static double At(double[,] matrix, int sample, int element, Node node) => matrix[sample * node.RowsPerSample + element / node.Columns, element % node.Columns];

    private double[,] Matrix(Node node, Func<Sample, int, double> element) => OracleNetwork.Make(_samples.Count * node.RowsPerSample, node.Columns,
        (r, c) => element(_samples[r / node.RowsPerSample], r % node.RowsPerSample * node.Columns + c));
}
