namespace PcKernels.Data;

/// <summary>A data set that ships with the library.</summary>
/// <param name="Name">The name that <see cref="DataSets.Load(string, Formats.CsvOptions?)"/> takes.</param>
/// <param name="Description">What it is, in one line.</param>
/// <param name="Source">Who made it.</param>
/// <param name="Licence">Its licence.</param>
public sealed record KnownDataSet(string Name, string Description, string Source, string Licence);
