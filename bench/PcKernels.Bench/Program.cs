using BenchmarkDotNet.Running;
using PcKernels.Bench;

switch (args.FirstOrDefault())
{
    case "products":
        Console.WriteLine($"machine: {Machine.Describe()}");
        ProductTable.Print(args[1..]);
        return 0;
    case "costs":
        Console.WriteLine($"machine: {Machine.Describe()}");
        CostTable.Print();
        return 0;
    case "batches":
        Console.WriteLine($"machine: {Machine.Describe()}");
        BatchTable.Print();
        return 0;
    case "benchmarks":
        BenchmarkSwitcher.FromAssembly(typeof(ProductBenchmarks).Assembly).Run(args[1..]);
        return 0;
    default:
        Console.Error.WriteLine("usage: products [128|256|512]   a quick table on one thread\n       batches                  time of a whole batch by net, rule and start\n       costs                    the planner's cost model beside measured time\n       benchmarks [...]         BenchmarkDotNet with its own options");
        return 2;
}
