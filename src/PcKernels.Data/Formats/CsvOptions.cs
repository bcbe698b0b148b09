namespace PcKernels.Data.Formats;

/// <summary>How a table is read. The separator (comma or semicolon) is told by the first line.</summary>
public sealed record CsvOptions
{
    /// <summary>The label column: its number from 1 or its name in the header; null for the last column.</summary>
    public string? LabelColumn { get; init; }

    /// <summary>What the label column means.</summary>
    public CsvTarget Target { get; init; }

    /// <summary>Whether the first line is a header; null to tell by whether any of its input cells is a number.</summary>
    public bool? Header { get; init; }

    /// <summary>The classes in their order, so that a table with other labels or fewer is read as the one before; null for those that occur, sorted.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }
}
