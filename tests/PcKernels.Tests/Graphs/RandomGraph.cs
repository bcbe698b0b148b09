using PcKernels.Graphs;
using PcKernels.Graphs.Ops;

namespace PcKernels.Tests.Graphs;

/// <summary>A graph drawn by seed: links, vertices, skips, shared parameters, precisions, both forms. All nodes have one width, so that any may be added to any.</summary>
internal static class RandomGraph
{
    public static Graph Make(int seed, bool learnsPrecision = true)
    {
        var random = new Random(seed);
        int width = random.Next(1, 7);
        int[] shape = random.Next(4) == 0 ? [2, width] : [width];
        var builder = new GraphBuilder($"random {seed}");
        var names = new List<string>();
        for (int i = random.Next(1, 3); i > 0; i--) names.Add($"x{i}");
        foreach (string name in names) builder.Input(name, shape);
        var owners = new List<(string Name, bool Bias)>();
        var loose = new HashSet<string>(names);
        for (int i = random.Next(0, 8); i > 0; i--) AddNode(builder, random, $"n.{i}", width, names, owners, loose, learnsPrecision);
        string top = names[^1];
        if (loose.Count > 1) builder.Add(top = "all", new AddOp(), [.. loose]);
        else top = loose.Single();
        bool categorical = random.Next(4) == 0;
        Precision? precision = categorical ? null : DrawPrecision(random, 3, learnsPrecision);
        builder.Add("y", Linear(random, 3, true), [top], precision: precision);
        builder.Output("y", categorical ? Likelihood.Categorical : Likelihood.Gaussian);
        if (random.Next(4) == 0) builder.Add("z", Linear(random, 2, false), [top]).Output("z");
        return builder.Build();
    }

    private static void AddNode(GraphBuilder builder, Random random, string name, int width, List<string> names,
        List<(string Name, bool Bias)> owners, HashSet<string> loose, bool learnsPrecision)
    {
        string Draw() => names[random.Next(names.Count)];
        int kind = random.Next(10);
        string[] of = kind < 3 ? [Draw(), Draw()] : [random.Next(2) == 0 ? names[^1] : Draw()];
        bool? vertex = random.Next(3) == 0 ? random.Next(2) == 0 : null;
        bool isVertex = vertex ?? kind > 4;
        Precision? precision = isVertex ? DrawPrecision(random, width, learnsPrecision) : null;
        if (kind < 3) builder.Add(name, new AddOp(), of, vertex, precision);
        else if (kind < 5) builder.Add(name, new ElementwiseOp((Activation)random.Next(7)), of, vertex, precision);
        else if (kind == 5 && owners.Count > 0)
        {
            (string owner, bool bias) = owners[random.Next(owners.Count)];
            builder.Add(name, Linear(random, width, bias), of, vertex, precision, owner);
        }
        else
        {
            bool bias = random.Next(3) > 0;
            builder.Add(name, Linear(random, width, bias), of, vertex, precision);
            owners.Add((name, bias));
        }
        foreach (string read in of) loose.Remove(read);
        names.Add(name);
        loose.Add(name);
    }

    private static LinearOp Linear(Random random, int units, bool bias)
    {
        var activation = (Activation)random.Next(7);
        return new LinearOp(units, bias, activation, activation != Activation.Identity && random.Next(2) == 0 ? ActivationForm.Pre : ActivationForm.Post);
    }

    private static Precision? DrawPrecision(Random random, int width, bool learns)
    {
        double[] perUnit = [.. Enumerable.Range(0, width).Select(i => 0.5 + i)];
        return random.Next(6) switch
        {
            0 => Precision.Fixed(0.25 + random.NextDouble()),
            1 => new Precision(false, PrecisionSharing.PerUnit, perUnit),
            2 when learns => Precision.Learned(random.Next(2) == 0 ? PrecisionSharing.PerUnit : PrecisionSharing.PerVertex, 0.5),
            3 when learns => new Precision(true, PrecisionSharing.PerUnit, perUnit),
            _ => null,
        };
    }
}
