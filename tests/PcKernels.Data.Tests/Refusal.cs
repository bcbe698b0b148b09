namespace PcKernels.Data.Tests;

/// <summary>What every refusal of an input has in common: its type, and one line that holds what is expected of it.</summary>
public static class Refusal
{
    public static void Says(string expected, Action action)
    {
        string message = Assert.Throws<InputException>(action).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }
}
