namespace PcKernels.Data.Formats;

/// <summary>What the label column of a table means.</summary>
public enum CsvTarget
{
    /// <summary>Classes when every label is a text or every label is a whole number, else target numbers.</summary>
    Automatic,

    /// <summary>Classes, one for each different label.</summary>
    Classes,

    /// <summary>Target numbers (regression).</summary>
    Numbers,

    /// <summary>There is no label column; every column is an input.</summary>
    None,
}
