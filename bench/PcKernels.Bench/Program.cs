using BenchmarkDotNet.Running;
using PcKernels.Bench;
using PcKernels.Cli.Benchmarks;

switch (args.FirstOrDefault())
{
    case "products":
        Console.WriteLine($"machine: {Machine.Describe()}");
        ProductTable.Print(args[1..]);
        return 0;
    case "benchmarks":
        BenchmarkSwitcher.FromAssembly(typeof(ProductBenchmarks).Assembly).Run(args[1..]);
        return 0;
    default:
        Console.Error.WriteLine("usage: products [128|256|512]   a quick table on one thread\n       benchmarks [...]         BenchmarkDotNet with its own options");
        return 2;
}
