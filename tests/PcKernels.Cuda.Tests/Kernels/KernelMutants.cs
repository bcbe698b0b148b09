using System.Text;

namespace PcKernels.Cuda.Tests.Kernels;

/// <summary>A kernel file with one instruction's ordering taken away.</summary>
/// <param name="Name"><c>KERNEL INSTRUCTION #N</c>, the N-th such instruction of the kernel.</param>
/// <param name="Text">The PTX.</param>
internal sealed record KernelMutant(string Name, byte[] Text)
{
    private static readonly string[] s_whole = ["bar.", "barrier.", "membar.", "fence.", "cp.async.wait_", "cp.async.commit_group"];
    private static readonly string[] s_orders = [".acquire.", ".release.", ".acq_rel."];

    /// <summary>All mutants of a kernel of a file: every barrier, wait and fence deleted, every acquire and release made relaxed.</summary>
    /// <param name="text">The PTX.</param>
    /// <param name="wanted">The kernel.</param>
    /// <param name="sources">How the names of the source files begin whose instructions are taken.</param>
    public static IEnumerable<KernelMutant> Of(string text, string wanted, string sources = "")
    {
        var seen = new Dictionary<string, int>();
        HashSet<string> files = [.. text.Split('\n').Select(static l => l.Split('\t', StringSplitOptions.RemoveEmptyEntries)).Where(l => l is [".file", var file] && file[(file.IndexOf('"') + 1)..].StartsWith(sources, StringComparison.Ordinal))
            .Select(static l => l[1][..l[1].IndexOf(' ')])];
        string kernel = "", place = "";
        int line = 0;
        while (line < text.Length)
        {
            int end = text.IndexOf('\n', line);
            if (end < 0) end = text.Length;
            string statement = text[line..end].Trim();
            if (statement.IndexOf(".entry ", StringComparison.Ordinal) is >= 0 and var entry) kernel = statement[(entry + 7)..].TrimEnd('(').Trim();
            if (statement.StartsWith(".loc\t", StringComparison.Ordinal)) place = statement[5..].Split(' ')[0];
            if (kernel == wanted && Without(statement) is { } rest)
            {
                string what = $"{kernel} {statement[..statement.IndexOfAny([' ', '\t', ';'])]}";
                seen[what] = seen.GetValueOrDefault(what) + 1;
                if (files.Contains(place)) yield return new KernelMutant($"{what} #{seen[what]}", Encoding.UTF8.GetBytes(string.Concat(text.AsSpan(0, line), rest, text.AsSpan(end))));
            }
            line = end + 1;
        }
    }

    private static string? Without(string statement)
    {
        if (!statement.EndsWith(';')) return null;
        if (statement.StartsWith("bar.red.", StringComparison.Ordinal) || statement.StartsWith("barrier.cta.red.", StringComparison.Ordinal))
        {
            // Each thread's own predicate instead of everybody's: result, barrier, predicate.
            string[] operands = statement[statement.IndexOf('%')..^1].Split(',', StringSplitOptions.TrimEntries);
            return statement.Contains(".popc", StringComparison.Ordinal) ? $"selp.u32 {operands[0]}, 1, 0, {operands[^1]};" : $"mov.pred {operands[0]}, {operands[^1]};";
        }
        if (s_whole.Any(w => statement.StartsWith(w, StringComparison.Ordinal))) return "";
        return s_orders.FirstOrDefault(o => statement.Contains(o, StringComparison.Ordinal)) is { } order ? statement.Replace(order, ".relaxed.", StringComparison.Ordinal) : null;
    }
}
