using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using PcKernels.Planning;

namespace PcKernels.Cli.Reports;

/// <summary>Writes a comparison of rules.</summary>
internal static class ComparisonText
{
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>As a table.</summary>
    public static void Write(TextWriter to, string settings, IReadOnlyList<RuleComparison> results)
    {
        to.WriteLine(settings);
        to.WriteLine($"{"rule",-20} {"distance",10} {"cosine",9}  {"worst parameter",-28} {"energy",-22} {"SMM",4} {"MM",5} {"ms",9}");
        foreach (RuleComparison r in results)
        {
            string worst = string.Create(CultureInfo.InvariantCulture, $"{r.WorstParameter} {r.WorstDistance:G3}");
            string energy = r.Energies.Count == 1 ? Number(r.Energies[0]) : $"{Number(r.Energies[0])} .. {Number(r.Energies[^1])}";
            to.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{r.Name,-20} {r.Distance,10:G3} {r.Cosine,9:F6}  {worst,-28} {energy,-22} {r.Counts.Sequential.Counted,4} {r.Counts.All.Counted,5} {r.Milliseconds,9:F3}"));
        }
        to.WriteLine("distance: |move - move of bp| / |move of bp| over all parameters; worst parameter: the same of one, whose move counts as no less than 1e-12 of the whole; SMM, MM: (sequential) matrix products per update of the weights, as published counts do");
    }

    /// <summary>As one JSON object.</summary>
    public static void WriteJson(TextWriter to, string model, string data, int batch, IReadOnlyList<RuleComparison> results) => to.WriteLine(JsonSerializer.Serialize(new
    {
        model,
        data,
        batch,
        rules = results.Select(static r => new
        {
            rule = r.Name,
            distance = r.Distance,
            cosine = r.Cosine,
            worst = new { name = r.WorstParameter, distance = r.WorstDistance },
            energies = r.Energies,
            smm_per_update = Counts(r.Counts.Sequential),
            mm_per_update = Counts(r.Counts.All),
            updates = r.Updates,
            ms = r.Milliseconds,
        }),
    }, s_json));

    private static object Counts(ProductCount count) => new { counted = count.Counted, published = count.Published, with_gradients = count.WithGradients };

    private static string Number(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}
