namespace PcKernels.Optimizers;

/// <summary>Checks that turn a number outside its legal range into the one line a user reads, named as on the command line.</summary>
internal static class OptionRange
{
    internal static double NotNegative(double value, string option, string meaning) =>
        double.IsFinite(value) && value >= 0 ? value : throw Wrong(option, value, meaning, "a finite number ≥ 0");

    internal static double Positive(double value, string option, string meaning) =>
        double.IsFinite(value) && value > 0 ? value : throw Wrong(option, value, meaning, "a finite number > 0");

    internal static double BelowOne(double value, string option, string meaning) =>
        value is >= 0 and < 1 ? value : throw Wrong(option, value, meaning, "a number ≥ 0 and < 1");

    internal static long AtLeast(long least, long value, string option, string meaning) =>
        value >= least ? value : throw Wrong(option, value, meaning, $"a whole number ≥ {least}");

    private static InputException Wrong(string option, object value, string meaning, string range) =>
        new(FormattableString.Invariant($"{option} {value}: the {meaning} must be {range}"));
}
