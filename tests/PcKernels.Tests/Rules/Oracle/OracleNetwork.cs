using PcKernels.Graphs;
using PcKernels.Graphs.Ops;

namespace PcKernels.Tests.Rules.Oracle;

/// <summary>What values are at: each input and vertex by its index, <c>[rows, columns]</c> with rows = batch × positions.</summary>
internal sealed class Known : Dictionary<int, double[,]>
{
    public Known() { }

    public Known(Known other) : base(other.ToDictionary(static p => p.Key, static p => (double[,])p.Value.Clone())) { }
}

/// <summary>Predictions and their reverse differentiation by recursion over the graph: stops at what is known. Nothing is planned, kept or reused.</summary>
internal sealed class OracleNetwork(Graph graph, Dictionary<string, double[]> parameters, Rounding rounding)
{
    /// <summary>How near to 0, but not at it, the argument of an activation with a kink has come.</summary>
    public double NearestKink { get; private set; } = double.PositiveInfinity;

    public double[,] Evaluate(int node, Known known) => known.TryGetValue(node, out double[,]? value) ? value : Predict(node, known);

    /// <summary>A node's own function, even where its value is known.</summary>
    public double[,] Predict(int index, Known known)
    {
        Node node = graph.Nodes[index];
        switch (node.Op)
        {
            case LinearOp linear: return rounding.Of(Map(linear.Outer, Product(node, Map(linear.Inner, Evaluate(node.Of[0], known)))));
            case ElementwiseOp elementwise: return rounding.Of(Map(elementwise.Activation, Evaluate(node.Of[0], known)));
            case AddOp:
                double[,] sum = (double[,])Evaluate(node.Of[0], known).Clone();
                foreach (int other in node.Of.Skip(1)) AddTo(sum, Evaluate(other, known));
                return rounding.Of(sum);
            default: return Other(node, known).Value;
        }
    }

    /// <summary>Adds (∂μ/∂·)ᵀ adjoint to what is known below and to the parameters on the way.</summary>
    public void Pull(int index, double[,] adjoint, Known known, Dictionary<int, double[,]> below, Dictionary<string, double[]> gradients)
    {
        Node node = graph.Nodes[index];
        switch (node.Op)
        {
            case LinearOp linear:
                double[,] input = Evaluate(node.Of[0], known), operand = Map(linear.Inner, input);
                double[,] delta = rounding.Of(Times(adjoint, linear.Outer, Product(node, operand)));
                AddGradients(node, delta, operand, gradients);
                Descend(node.Of[0], Times(rounding.Of(Transposed(node, delta)), linear.Inner, input), known, below, gradients);
                break;
            case ElementwiseOp elementwise:
                Descend(node.Of[0], Times(adjoint, elementwise.Activation, Evaluate(node.Of[0], known)), known, below, gradients);
                break;
            case AddOp:
                foreach (int of in node.Of) Descend(of, adjoint, known, below, gradients);
                break;
            default:
                OracleOp op = Other(node, known);
                double[][,] down = op.Pull(adjoint, gradients);
                NearestKink = Math.Min(NearestKink, op.NearestKink);
                for (int k = 0; k < down.Length; k++) Descend(node.Of[k], down[k], known, below, gradients);
                break;
        }
    }

    private OracleOp Other(Node node, Known known) =>
        new(node, [.. node.Of.Select(i => graph.Nodes[i])], [.. node.Of.Select(i => Evaluate(i, known))], parameters, rounding);

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
        return rounding.Of(Make(x.GetLength(0), node.Columns, (r, o) =>
        {
            double sum = bias?[o] ?? 0;
            for (int i = 0; i < inputs; i++) sum += weight[o * inputs + i] * x[r, i];
            return sum;
        }));
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

    private double[,] Times(double[,] adjoint, Activation f, double[,] z)
    {
        if (f is Activation.Relu or Activation.LeakyRelu) SeeKinks(z);
        return Make(z.GetLength(0), z.GetLength(1), (r, c) => adjoint[r, c] * OracleFunctions.Derivative(f, z[r, c]));
    }

    private void SeeKinks(double[,] z)
    {
        foreach (double argument in z)
            if (argument != 0) NearestKink = Math.Min(NearestKink, Math.Abs(argument));
    }

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
