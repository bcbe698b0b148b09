using PcKernels.Graphs;
using PcKernels.Graphs.Ops;
using PcKernels.Tests.Ops;

namespace PcKernels.Tests.Rules.Oracle;

/// <summary>What values are at: each input and vertex by its index, <c>[rows, columns]</c> with rows = batch × positions.</summary>
internal sealed class Known : Dictionary<int, double[,]>
{
    public Known() { }

    public Known(Known other) : base(other.ToDictionary(static p => p.Key, static p => (double[,])p.Value.Clone())) { }
}

/// <summary>Predictions and their reverse differentiation by recursion over the graph: stops at what is known. Nothing is planned, kept or reused.</summary>
internal sealed class OracleNetwork(Graph graph, Dictionary<string, double[]> parameters)
{
    public double[,] Evaluate(int node, Known known) => known.TryGetValue(node, out double[,]? value) ? value : Predict(node, known);

    /// <summary>A node's own function, even where its value is known.</summary>
    public double[,] Predict(int index, Known known)
    {
        Node node = graph.Nodes[index];
        double[,] first = Evaluate(node.Of[0], known);
        if (IsOther(node)) return Evaluate(node, known).Value;
        switch (node.Op)
        {
            case LinearOp linear: return Map(linear.Outer, Product(node, Map(linear.Inner, first)));
            case ElementwiseOp elementwise: return Map(elementwise.Activation, first);
            default:
                double[,] sum = (double[,])first.Clone();
                foreach (int other in node.Of.Skip(1)) AddTo(sum, Evaluate(other, known));
                return sum;
        }
    }

    /// <summary>Adds (∂μ/∂·)ᵀ adjoint to what is known below and to the parameters on the way.</summary>
    public void Pull(int index, double[,] adjoint, Known known, Dictionary<int, double[,]> below, Dictionary<string, double[]> gradients)
    {
        Node node = graph.Nodes[index];
        if (IsOther(node))
        {
            PullOther(node, adjoint, known, below, gradients);
            return;
        }
        switch (node.Op)
        {
            case LinearOp linear:
                double[,] input = Evaluate(node.Of[0], known), operand = Map(linear.Inner, input);
                double[,] delta = Times(adjoint, linear.Outer, Product(node, operand));
                AddGradients(node, delta, operand, gradients);
                Descend(node.Of[0], Times(Transposed(node, delta), linear.Inner, input), known, below, gradients);
                break;
            case ElementwiseOp elementwise:
                Descend(node.Of[0], Times(adjoint, elementwise.Activation, Evaluate(node.Of[0], known)), known, below, gradients);
                break;
            default:
                foreach (int of in node.Of) Descend(of, adjoint, known, below, gradients);
                break;
        }
    }

    // Ops beside sums and products: plain loops of their own, sample by sample; the derivatives follow from the loops.
    private static bool IsOther(Node node) => node.Op is not (LinearOp or ElementwiseOp or AddOp);

    private (double[,] Value, List<(Tracked[] Y, Tracked[][] X, Tracked[][] P, List<Tracked> Tape)> Samples) Evaluate(Node node, Known known)
    {
        Node[] sources = [.. node.Of.Select(i => graph.Nodes[i])];
        double[][,] inputs = [.. node.Of.Select(i => Evaluate(i, known))];
        int batch = inputs[0].GetLength(0) / sources[0].RowsPerSample;
        var samples = new List<(Tracked[], Tracked[][], Tracked[][], List<Tracked>)>();
        var value = new double[batch * node.RowsPerSample, node.Columns];
        for (int b = 0; b < batch; b++)
        {
            var tape = new List<Tracked>();
            Tracked[][] x = [.. inputs.Select((m, k) => Tracked.Variables([.. Enumerable.Range(b * sources[k].Count, sources[k].Count).Select(i => m[i / sources[k].Columns, i % sources[k].Columns])], tape))];
            Tracked[][] p = [.. node.Parameters.Select(q => Tracked.Variables(parameters[q.Name], tape))];
            Tracked[] y = OpReference.Forward(node.Op, [.. sources.Select(static s => s.Shape)], x, p);
            for (int i = 0; i < y.Length; i++) value[(b * y.Length + i) / node.Columns, i % node.Columns] = y[i].Value;
            samples.Add((y, x, p, tape));
        }
        return (value, samples);
    }

    private void PullOther(Node node, double[,] adjoint, Known known, Dictionary<int, double[,]> below, Dictionary<string, double[]> gradients)
    {
        var samples = Evaluate(node, known).Samples;
        double[][,] down = [.. node.Of.Select(i => new double[samples.Count * graph.Nodes[i].RowsPerSample, graph.Nodes[i].Columns])];
        foreach ((int b, (Tracked[] y, Tracked[][] x, Tracked[][] p, List<Tracked> tape)) in samples.Index())
        {
            Tracked.Pull(y, [.. Enumerable.Range(b * y.Length, y.Length).Select(i => adjoint[i / node.Columns, i % node.Columns])], tape);
            for (int k = 0; k < x.Length; k++)
                for (int i = 0; i < x[k].Length; i++) down[k][(b * x[k].Length + i) / graph.Nodes[node.Of[k]].Columns, i % graph.Nodes[node.Of[k]].Columns] = x[k][i].Adjoint;
            for (int k = 0; k < p.Length; k++)
                for (int i = 0; i < p[k].Length; i++) gradients[node.Parameters[k].Name][i] += p[k][i].Adjoint;
        }
        for (int k = 0; k < down.Length; k++) Descend(node.Of[k], down[k], known, below, gradients);
    }

    private void Descend(int index, double[,] adjoint, Known known, Dictionary<int, double[,]> below, Dictionary<string, double[]> gradients)
    {
        if (!known.ContainsKey(index)) Pull(index, adjoint, known, below, gradients);
        else if (below.TryGetValue(index, out double[,]? sum)) AddTo(sum, adjoint);
        else below[index] = (double[,])adjoint.Clone();
    }

    private double[,] Product(Node node, double[,] x)
    {
        double[] weight = parameters[node.Parameters[0].Name];
        double[]? bias = node.Parameters.Count > 1 ? parameters[node.Parameters[1].Name] : null;
        int inputs = x.GetLength(1);
        return Make(x.GetLength(0), node.Columns, (r, o) =>
        {
            double sum = bias?[o] ?? 0;
            for (int i = 0; i < inputs; i++) sum += weight[o * inputs + i] * x[r, i];
            return sum;
        });
    }

    private double[,] Transposed(Node node, double[,] delta)
    {
        double[] weight = parameters[node.Parameters[0].Name];
        int inputs = weight.Length / node.Columns;
        return Make(delta.GetLength(0), inputs, (r, i) =>
        {
            double sum = 0;
            for (int o = 0; o < node.Columns; o++) sum += delta[r, o] * weight[o * inputs + i];
            return sum;
        });
    }

    private static void AddGradients(Node node, double[,] delta, double[,] operand, Dictionary<string, double[]> gradients)
    {
        double[] weight = gradients[node.Parameters[0].Name];
        double[]? bias = node.Parameters.Count > 1 ? gradients[node.Parameters[1].Name] : null;
        int inputs = operand.GetLength(1);
        for (int r = 0; r < delta.GetLength(0); r++)
            for (int o = 0; o < node.Columns; o++)
            {
                for (int i = 0; i < inputs; i++) weight[o * inputs + i] += delta[r, o] * operand[r, i];
                if (bias is not null) bias[o] += delta[r, o];
            }
    }

    private static double[,] Map(Activation f, double[,] x) => Make(x.GetLength(0), x.GetLength(1), (r, c) => OracleFunctions.Value(f, x[r, c]));

    private static double[,] Times(double[,] adjoint, Activation f, double[,] z) =>
        Make(z.GetLength(0), z.GetLength(1), (r, c) => adjoint[r, c] * OracleFunctions.Derivative(f, z[r, c]));

    public static void AddTo(double[,] sum, double[,] addend)
    {
        for (int r = 0; r < sum.GetLength(0); r++)
            for (int c = 0; c < sum.GetLength(1); c++) sum[r, c] += addend[r, c];
    }

    public static double[,] Make(int rows, int columns, Func<int, int, double> element)
    {
        var result = new double[rows, columns];
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++) result[r, c] = element(r, c);
        return result;
    }
}
