using PcKernels.Cli.CommandLine;
using PcKernels.Data;
using PcKernels.Graphs;

namespace PcKernels.Cli.Commands;

/// <summary><c>pck data</c>.</summary>
internal static class DataCommand
{
    public static CommandSpec Spec { get; } = new("data", "Lists the data sets that ship, or describes a folder or file with its checksums.",
        ["pck data", "pck data FOLDER", "pck data table.csv"], [], Run)
    { Argument = "FOLDER|FILE|NAME" };

    private static void Run(CommandContext context)
    {
        TextWriter to = context.Terminal.Out;
        if (context.Options.Argument is string path)
        {
            Describe(to, DataSets.Load(path));
            return;
        }
        foreach (KnownDataSet known in DataSets.Known)
        {
            Describe(to, DataSets.Load(known.Name));
            to.WriteLine($"  about    {known.Description}");
        }
        to.WriteLine("Any folder with IDX files (MNIST's names), CIFAR binary batches, CSV files or one safetensors file is a data set too: pck data FOLDER.");
    }

    private static void Describe(TextWriter to, DataSet data)
    {
        to.WriteLine(data.Name);
        Describe(to, "train", data.Train);
        if (data.HasTest) Describe(to, "test", data.Test);
        if (data.HasValidation) Describe(to, "valid", data.Validation);
        if (data.ClassNames.Count > 0) to.WriteLine($"  classes  {string.Join(", ", data.ClassNames.Take(20))}{(data.ClassNames.Count > 20 ? ", …" : "")}");
        if (data.Source.Length > 0) to.WriteLine($"  source   {data.Source}");
        if (data.Licence.Length > 0) to.WriteLine($"  licence  {data.Licence}");
        foreach (FileChecksum file in data.Checksums) to.WriteLine($"  md5      {file.Md5}  {file.File}");
    }

    private static void Describe(TextWriter to, string title, DataPart part)
    {
        string target = part.Classes > 0 ? $"{part.Classes} classes" : part.TargetWidth > 0 ? $"{part.TargetWidth} target numbers" : "no targets";
        to.WriteLine($"  {title,-7}  {part.Count} samples of {Tensor.FormatShape(part.SampleShape)}, {target}");
    }
}
