using System.Globalization;
using PcKernels.Cuda;
using PcKernels.Graphs;
using PcKernels.Planning;

namespace PcKernels.Cli.Reports;

/// <summary>How a GPU would run a program, as text.</summary>
internal static class ExecutionText
{
    private const double Micro = 1e6;

    /// <summary>Writes limits, the choice with its reasons, and the floors.</summary>
    public static void Write(TextWriter to, Program program, DType dtype, CudaLimits limits, CudaMath math, CudaExecutionPlan plan)
    {
        (double products, double traffic) = CudaExecutionPlan.Floors(program, dtype, limits, math);
        Line(to, "limits", $"{limits.Name}: {limits.Multiprocessors} multiprocessors, each {limits.RegistersPerMultiprocessor:N0} registers and {limits.SharedBytesPerMultiprocessor / 1024} KiB of shared memory, {limits.L2Bytes >> 20} MiB of L2");
        Line(to, "execution", $"{CudaExecutionPlan.Name(plan.Execution)}");
        foreach (CudaExecutionVerdict verdict in plan.Verdicts)
        {
            string name = CudaExecutionPlan.Name(verdict.Execution);
            if (verdict.IsPossible) Line(to, "", $"{name}: {verdict.Reason}; launches a batch: {verdict.Launches:N0}, waits: {verdict.Waits:N0}");
            else Line(to, "", $"{name}: not possible: {verdict.Reason}");
        }
        Line(to, "floor", $"{products * Micro:F1} µs a batch for its products{(math == CudaMath.Exact ? "" : " on the tensor cores")}, {traffic * Micro:F1} µs for memory traffic, and the waits: about 1 µs each between neighbours; published figures, nothing measured");
    }

    private static void Line(TextWriter to, string name, FormattableString text) => to.WriteLine($"{name,-9} {text.ToString(CultureInfo.InvariantCulture)}");
}
