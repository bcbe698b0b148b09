using BenchmarkDotNet.Running;
using PcKernels.Bench;
using PcKernels.Cli.Benchmarks;

const string Usage = """
    usage: products [128|256|512]   a layer's products by shape, on one thread
           dots                     predictions by vectors along the inputs beside those over the batch
           copies                   settling with operands copied beside as they lie
           barrier [WORKERS ...]    a barrier between two waves
           waves [NET ...]          the waves of a step, each alone
           zil-bp [PAIRS]           Z-IL over BP in interleaved pairs
           zil-bp-models [NET ...]  the same for models that ship
           batch NET RULE SECONDS   times of batches as JSON, in a process that does nothing else
           counts                   sequential products beside time
           costs                    the planner's cost model beside time
           benchmarks [...]         BenchmarkDotNet with its own options
    """;

Action<string[]>? table = args.FirstOrDefault() switch
{
    "products" => ProductTable.Print,
    "dots" => static _ => DotTable.Print(),
    "copies" => static _ => CopyTable.Print(),
    "barrier" => BarrierTable.Print,
    "waves" => WaveTable.Print,
    "zil-bp" => PairTable.Print,
    "zil-bp-models" => PairTable.PrintModels,
    "batch" => BatchTable.Print,
    "costs" => static _ => CostTable.Print(),
    "counts" => static _ => CountTable.Print(),
    _ => null,
};
if (table is not null)
{
    if (args[0] != "batch") Console.WriteLine($"machine: {Machine.Describe()}");
    table(args[1..]);
    return 0;
}
if (args.FirstOrDefault() == "benchmarks")
{
    BenchmarkSwitcher.FromAssembly(typeof(ProductBenchmarks).Assembly).Run(args[1..]);
    return 0;
}
Console.Error.WriteLine(Usage);
return 2;
