using PcKernels.Graphs;
using PcKernels.Rules;
using PcKernels.Training;

namespace PcKernels.Tests.Rules.Oracle;

/// <summary>What one batch leaves behind: everything that can be read from a <see cref="Trainer"/>.</summary>
internal sealed record OracleStep(Known Values, Dictionary<int, double[,]> Errors, List<Dictionary<string, double>> Energies, Dictionary<string, double[]> Gradients);

/// <summary>The rules as the reference cases state them, with a trainer's options. No planner, no kernels.</summary>
internal sealed class OracleTrainer
{
    private readonly Graph _graph;
    private readonly TrainingOptions _options;
    private readonly Rounding _rounding;
    private readonly OracleOptimizer _optimizer;
    private long _batches;

    public OracleTrainer(Model model, TrainingOptions options, Rounding rounding)
    {
        _rounding = rounding;
        _graph = model.Graph;
        _options = options;
        Parameters = model.Parameters.ToDictionary(static p => p.Key, static p => p.Value.ToDoubles());
        _optimizer = new OracleOptimizer(options.Optimizer, options.ClipNorm, options.PrecisionDecay, Parameters, rounding);
    }

    public Dictionary<string, double[]> Parameters { get; }

    /// <summary>How near to its kink, but not at it, an activation has been differentiated.</summary>
    public double NearestKink { get; private set; } = double.PositiveInfinity;

    public OracleStep Step(IReadOnlyDictionary<string, Tensor> batch)
    {
        int count = batch.First().Value.Shape[0];
        var energy = new OracleEnergy(_graph, Parameters, _options.OutputVariance, count, _rounding);
        OracleStep step = Step(energy, batch);
        NearestKink = Math.Min(NearestKink, energy.Network.NearestKink);
        return step;
    }

    private OracleStep Step(OracleEnergy energy, IReadOnlyDictionary<string, Tensor> batch)
    {
        double rate = _options.Schedule.Factor(_batches++, _options.TotalBatches);
        Known x = new();
        foreach (Node input in _graph.Inputs) x[input.Index] = Matrix(batch[input.Name], input);
        if (_options.Rule is Backpropagation or ZeroDivergence) return Backpropagate(energy, x, batch, rate);
        foreach (Node vertex in _graph.Vertices) x[vertex.Index] = Start(energy, vertex, x, batch);
        return _options.Rule switch
        {
            PredictiveCoding pc => Settle(energy, x, new Motion(pc.Steps, pc.Gamma, pc.ValueMomentum, pc.Discount, pc.Interval, false, false), rate),
            IncrementalPredictiveCoding ipc => Incremental(energy, x, ipc, rate),
            FixedPrediction fpa => Settle(energy, x, new Motion(fpa.Steps, fpa.Gamma, 0, 1, Math.Max(1, fpa.Steps), true, true), rate),
            _ => throw new ArgumentException($"no oracle for {_options.Rule}"),
        };
    }

    private sealed record Motion(int Steps, double Gamma, double Momentum, double Discount, int Every, bool IsFixed, bool DividesByPrecision);

    private double[,] Start(OracleEnergy energy, Node vertex, Known x, IReadOnlyDictionary<string, Tensor> batch)
    {
        if (batch.TryGetValue(energy.IsOutput(vertex) ? vertex.Name : $"value/{vertex.Name}", out Tensor? given)) return Matrix(given, vertex);
        int rows = batch.First().Value.Shape[0] * vertex.RowsPerSample;
        return vertex.IsRoot ? new double[rows, vertex.Columns] : energy.Network.Predict(vertex.Index, x);
    }

    private OracleStep Backpropagate(OracleEnergy energy, Known inputs, IReadOnlyDictionary<string, Tensor> batch, double rate)
    {
        Node[] outputs = [.. _graph.Outputs.Select(o => _graph.Nodes[o.Node])];
        Known mu = energy.Predictions(outputs, inputs), x = new(inputs);
        foreach (Node output in outputs) x[output.Index] = Matrix(batch[output.Name], output);
        Dictionary<string, double[]> gradients = energy.Gradients(outputs, x, mu, inputs).Parameters;
        OracleStep step = Seen(energy, outputs, x, mu, [], gradients);
        // Precisions of hidden vertices play no part.
        _optimizer.Step(_graph.Parameters.Where(p => p.Role != ParameterRole.LogVariance || outputs.Contains(_graph.Nodes[p.Owner])), gradients, rate);
        return step;
    }

    private OracleStep Settle(OracleEnergy energy, Known x, Motion motion, double rate)
    {
        Known start = new(x);
        Known fixedMu = energy.Predictions(_graph.Vertices, start);
        Known Mu() => motion.IsFixed ? fixedMu : energy.Predictions(_graph.Vertices, x);
        Known At() => motion.IsFixed ? start : x;
        var velocity = new Dictionary<int, double[,]>();
        var energies = new List<Dictionary<string, double>>();
        double gamma = motion.Gamma;
        for (int t = 0; t < motion.Steps; t++)
        {
            energies.Add(Energies(energy, _graph.Vertices, x, Mu()));
            if (t > 0 && motion.Discount < 1 && energies[t].Values.Sum() >= energies[t - 1].Values.Sum()) gamma *= motion.Discount;
            Move(energy, x, energy.Gradients(_graph.Vertices, x, Mu(), At()).Values, velocity, gamma, motion.Momentum, motion.DividesByPrecision);
            if ((t + 1) % motion.Every == 0 && t + 1 < motion.Steps)
                _optimizer.Step(_graph.Parameters, energy.Gradients(_graph.Vertices, x, Mu(), At()).Parameters, rate);
        }
        Dictionary<string, double[]> gradients = energy.Gradients(_graph.Vertices, x, Mu(), At()).Parameters;
        OracleStep step = Seen(energy, _graph.Vertices, x, Mu(), energies, gradients);
        _optimizer.Step(_graph.Parameters, gradients, rate);
        return step;
    }

    private OracleStep Incremental(OracleEnergy energy, Known x, IncrementalPredictiveCoding rule, double rate)
    {
        var velocity = new Dictionary<int, double[,]>();
        var energies = new List<Dictionary<string, double>>();
        Dictionary<string, double[]> gradients = [];
        for (int t = 0; t < rule.Steps; t++)
        {
            Known mu = energy.Predictions(_graph.Vertices, x);
            energies.Add(Energies(energy, _graph.Vertices, x, mu));
            (Dictionary<int, double[,]> values, gradients) = energy.Gradients(_graph.Vertices, x, mu, x);
            Move(energy, x, values, velocity, rule.Gamma, rule.ValueMomentum, false);
            if (rule.Order == UpdateOrder.ValuesFirst)
                gradients = energy.Gradients(_graph.Vertices, x, energy.Predictions(_graph.Vertices, x), x).Parameters;
            _optimizer.Step(_graph.Parameters, gradients, rate);
        }
        return Seen(energy, _graph.Vertices, x, energy.Predictions(_graph.Vertices, x), energies, gradients);
    }

    private void Move(OracleEnergy energy, Known x, Dictionary<int, double[,]> gradients, Dictionary<int, double[,]> velocity, double gamma, double momentum, bool divides)
    {
        foreach (Node vertex in energy.Free)
        {
            double[,] now = x[vertex.Index], g = gradients[vertex.Index];
            if (!velocity.TryGetValue(vertex.Index, out double[,]? v)) velocity[vertex.Index] = v = new double[g.GetLength(0), g.GetLength(1)];
            for (int r = 0; r < g.GetLength(0); r++)
                for (int c = 0; c < g.GetLength(1); c++)
                {
                    v[r, c] = momentum * v[r, c] + g[r, c];
                    now[r, c] = _rounding.Of(now[r, c] - gamma / (divides ? energy.Precision(vertex, c) : 1) * v[r, c]);
                }
        }
    }

    private static OracleStep Seen(OracleEnergy energy, IEnumerable<Node> vertices, Known x, Known mu, List<Dictionary<string, double>> energies, Dictionary<string, double[]> gradients)
    {
        energies.Add(Energies(energy, vertices, x, mu));
        var errors = vertices.Where(OracleEnergy.HasEnergy).ToDictionary(static v => v.Index, v => energy.Error(v, x[v.Index], mu[v.Index]));
        return new OracleStep(new Known(x), errors, energies, gradients);
    }

    private static Dictionary<string, double> Energies(OracleEnergy energy, IEnumerable<Node> vertices, Known x, Known mu) =>
        vertices.Where(OracleEnergy.HasEnergy).ToDictionary(static v => v.Name, v => energy.Energy(v, x[v.Index], mu[v.Index]));

    private static double[,] Matrix(Tensor tensor, Node node)
    {
        double[] elements = tensor.ToDoubles();
        return OracleNetwork.Make(elements.Length / node.Columns, node.Columns, (r, c) => elements[r * node.Columns + c]);
    }
}
