namespace PcKernels.Data.Tests;

/// <summary>A test that needs the real data sets; it is skipped, with the reason, where they are not.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SharedDataFactAttribute : FactAttribute
{
    public SharedDataFactAttribute()
    {
        if (SharedData.Root is null) Skip = "no shared/data beside a folder above the tests, and PCK_SHARED does not name one";
    }
}
