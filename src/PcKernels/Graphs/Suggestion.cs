namespace PcKernels.Graphs;

/// <summary>Puts what is known into an error about a name that is not, the nearest first.</summary>
public static class Suggestion
{
    private const int MostListed = 12;

    /// <summary>A phrase such as <c>known: linear, lerp, …</c>, nearest first by edit distance.</summary>
    public static string Of(string wrong, IEnumerable<string> known) => Of(wrong, known, "known", "none is known");

    /// <summary>The same with other words before the list, and for an empty one.</summary>
    internal static string Of(string wrong, IEnumerable<string> known, string label, string none)
    {
        ArgumentNullException.ThrowIfNull(wrong);
        string[] sorted = [.. known.OrderBy(k => Distance(wrong, k)).ThenBy(static k => k, StringComparer.Ordinal)];
        if (sorted.Length == 0) return none;
        string more = sorted.Length > MostListed ? $" and {sorted.Length - MostListed} more" : "";
        return $"{label}: {string.Join(", ", sorted.Take(MostListed))}{more}";
    }

    private static int Distance(string a, string b)
    {
        var row = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++) row[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int substituted = diagonal + (char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, 1 + Math.Min(row[j], row[j - 1]));
            }
        }
        return row[b.Length];
    }
}
