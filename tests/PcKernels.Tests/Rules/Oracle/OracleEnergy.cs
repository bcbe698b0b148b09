using PcKernels.Graphs;
using PcKernels.Graphs.Ops;

namespace PcKernels.Tests.Rules.Oracle;

/// <summary>Energies, errors and all derivatives of F at given values, straight from their definitions.</summary>
internal sealed class OracleEnergy(Graph graph, Dictionary<string, double[]> parameters, double outputVariance, int batch, Rounding rounding)
{
    public OracleNetwork Network { get; } = new(graph, parameters, rounding);

    public static bool HasEnergy(Node vertex) => vertex.Op is not RootOp { Prior: RootPrior.None };

    public bool IsOutput(Node node) => graph.OutputOf(node.Index) is not null;

    public IEnumerable<Node> Free => graph.Vertices.Where(v => !IsOutput(v));

    /// <summary>π of one column, an output's divided by k.</summary>
    public double Precision(Node vertex, int column)
    {
        if (IsCategorical(vertex)) return 1 / outputVariance;
        double k = IsOutput(vertex) ? outputVariance : 1;
        if (!vertex.Precision.IsLearned) return vertex.Precision.Initial[vertex.Precision.Initial.Count == 1 ? 0 : column] / k;
        double[] logVariance = parameters[$"{vertex.Name}.log_variance"];
        return Math.Exp(-logVariance[logVariance.Length == 1 ? 0 : column]) / k;
    }

    /// <summary>μ of every vertex that has one; zero for a root with a Gaussian prior.</summary>
    public Known Predictions(IEnumerable<Node> vertices, Known x)
    {
        var all = new Known();
        foreach (Node vertex in vertices.Where(HasEnergy))
            all[vertex.Index] = vertex.IsRoot ? new double[batch * vertex.RowsPerSample, vertex.Columns] : Network.Predict(vertex.Index, x);
        return all;
    }

    /// <summary>ε = x − μ, or x − softmax(μ).</summary>
    public double[,] Error(Node vertex, double[,] x, double[,] mu)
    {
        if (!IsCategorical(vertex)) return rounding.Of(OracleNetwork.Make(x.GetLength(0), x.GetLength(1), (r, c) => x[r, c] - mu[r, c]));
        double[][] soft = [.. Enumerable.Range(0, x.GetLength(0)).Select(r => OracleFunctions.Softmax(mu, r))];
        return rounding.Of(OracleNetwork.Make(x.GetLength(0), x.GetLength(1), (r, c) => x[r, c] - rounding.Of(soft[r][c])));
    }

    /// <summary>The batch mean of E_v.</summary>
    public double Energy(Node vertex, double[,] x, double[,] mu)
    {
        double sum = 0;
        for (int r = 0; r < x.GetLength(0); r++)
        {
            double[] soft = IsCategorical(vertex) ? OracleFunctions.Softmax(mu, r) : [];
            for (int c = 0; c < x.GetLength(1); c++)
            {
                double pi = Precision(vertex, c), error = x[r, c] - mu[r, c];
                sum += IsCategorical(vertex) ? -pi * x[r, c] * Math.Log(soft[c]) : 0.5 * (pi * error * error - Math.Log(pi));
            }
        }
        return rounding.Of(sum / batch);
    }

    /// <summary>∂F_b/∂x of all free vertices and the mean gradients of all parameters, k times those.</summary>
    /// <param name="vertices">The vertices whose energies count.</param>
    /// <param name="x">Values that the errors are taken at.</param>
    /// <param name="mu">Predictions that the errors are taken from.</param>
    /// <param name="at">Values that the Jacobians are taken at.</param>
    public (Dictionary<int, double[,]> Values, Dictionary<string, double[]> Parameters) Gradients(IEnumerable<Node> vertices, Known x, Known mu, Known at)
    {
        var values = new Dictionary<int, double[,]>();
        Dictionary<string, double[]> sums = parameters.ToDictionary(static p => p.Key, static p => new double[p.Value.Length]);
        foreach (Node vertex in vertices.Where(HasEnergy))
        {
            double[,] error = Error(vertex, x[vertex.Index], mu[vertex.Index]);
            double[,] weighted = OracleNetwork.Make(error.GetLength(0), error.GetLength(1), (r, c) => Precision(vertex, c) * error[r, c]);
            if (values.TryGetValue(vertex.Index, out double[,]? known)) OracleNetwork.AddTo(known, weighted);
            else values[vertex.Index] = weighted;
            double[,] adjoint = OracleNetwork.Make(error.GetLength(0), error.GetLength(1), (r, c) => -Precision(vertex, c) * error[r, c]);
            if (!vertex.IsRoot) Network.Pull(vertex.Index, adjoint, at, values, sums);
            if (vertex.Precision.IsLearned) AddLogVariance(vertex, error, sums[$"{vertex.Name}.log_variance"]);
        }
        return (values, sums.ToDictionary(static p => p.Key, p => (double[])[.. p.Value.Select(v => rounding.Of(v * outputVariance / batch))]));
    }

    private void AddLogVariance(Node vertex, double[,] error, double[] sum)
    {
        for (int r = 0; r < error.GetLength(0); r++)
            for (int c = 0; c < error.GetLength(1); c++)
                sum[sum.Length == 1 ? 0 : c] += 0.5 * (1 - Precision(vertex, c) * error[r, c] * error[r, c]);
    }

    private bool IsCategorical(Node vertex) => graph.OutputOf(vertex.Index)?.Likelihood == Likelihood.Categorical;
}
