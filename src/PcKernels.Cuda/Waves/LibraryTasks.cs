using PcKernels.Cuda.Interop.Cublas;
using PcKernels.Planning;
using PcKernels.Planning.Tasks;

namespace PcKernels.Cuda.Waves;

/// <summary>Tasks of one wave whose products are left to cuBLAS: the product goes to scratch memory, and a task without one goes on from there.</summary>
/// <remarks>
/// <para>A prediction goes on as the <c>sum</c> of one input, a settling as one whose only addend has no weight, a gradient as an <c>update</c>; biases, which are sums of
/// columns, keep a <c>learn</c> task without columns. Who learns and then predicts does the second in the wave's second launch.</para>
/// <para>Left to our kernels are products below the threshold, those of the dual form, and adjoints with a factor behind each product.</para>
/// </remarks>
/// <param name="table">Where tasks go.</param>
/// <param name="writer">Of the wave's other tasks.</param>
/// <param name="locate">Where buffers lie.</param>
/// <param name="scratch">Memory for the results.</param>
/// <param name="elementBytes">Of an element.</param>
/// <param name="least">The least multiply-adds of a product that is taken.</param>
internal sealed class LibraryTasks(WaveTable table, TaskWriter writer, Func<PlanBuffer?, DeviceView> locate, WaveScratch scratch, int elementBytes, long least)
{
    private const int RowElements = 16; // strides are multiples of it

    /// <summary>Products before the wave's launch.</summary>
    public List<LibraryProduct> Now { get; } = [];

    /// <summary>Products before its second launch.</summary>
    public List<LibraryProduct> Later { get; } = [];

    /// <summary>Whether a product of so many multiply-adds is taken.</summary>
    public static bool Takes(PlanTask task, long least) => task switch
    {
        ForwardTask or LearnTask => task.Flop >= 2 * least,
        GatherTask gather => gather.Products > 0 && gather.Flop >= 2 * least && gather.Terms.All(static t => t.InnerDerivative is null),
        LearnForwardTask both => Takes(both.Learn, least) && Takes(both.Forward, least),
        _ => false,
    };

    /// <summary>Writes a task, if its products are large enough.</summary>
    /// <returns>Whether it was written.</returns>
    public bool Write(PlanTask task)
    {
        if (!Takes(task, least)) return false;
        switch (task)
        {
            case ForwardTask forward: Write(forward, Now, writer.Now); break;
            case GatherTask gather: Write(gather); break;
            case LearnTask learn: Write(learn); break;
            case LearnForwardTask both:
                Write(both.Learn);
                Write(both.Forward, Later, writer.Later);
                break;
        }
        return true;
    }

    private void Write(ForwardTask task, List<LibraryProduct> products, List<TileRun> tiles)
    {
        DeviceTask made = writer.Predict(task);
        DeviceView result = Take(made);
        products.Add(new LibraryProduct(ProductKind.Predict, made.Rows, made.Columns, task.Weight.Columns, locate(task.Input), locate(task.Weight), result));
        writer.AddElementwise(made with { Kind = TaskKind.Sum, Operand = Addends(result, made.Rows), Operands = 1 }, tiles);
    }

    private void Write(GatherTask task)
    {
        DeviceTask made = writer.Settle(task);
        DeviceView result = Take(made);
        bool adds = false;
        foreach (AdjointTerm term in task.Terms.Where(static t => t.Weight is not null))
        {
            Now.Add(new LibraryProduct(ProductKind.Settle, made.Rows, made.Columns, term.Weight!.Rows, locate(term.Delta), locate(term.Weight), result, Adds: adds));
            adds = true;
        }
        DeviceView[] others = [.. task.Terms.Where(static t => t.Weight is null).Select(t => locate(t.Delta))];
        writer.AddElementwise(made with { Operand = Addends([result, .. others], made.Rows), Operands = 1 + others.Length }, writer.Now);
        writer.WriteFollowers(task);
    }

    private void Write(LearnTask task)
    {
        DeviceTask made = writer.Learn(task);
        DeviceView gradient = task.WeightGradient is { } kept ? locate(kept) : Take(made);
        foreach ((int i, ParameterUse use) in task.Uses.Index())
            Now.Add(new LibraryProduct(ProductKind.Learn, made.Rows, made.Columns, use.Delta.Rows, locate(use.Delta), locate(use.Input), gradient, task.Scale, task.Accumulates || i > 0));
        if (made.Learn.HasBias != 0) writer.AddBias(made with { Columns = 0, Learn = made.Learn with { Gradient = default, Weight = default } });
        if (task.WeightUpdate is not null)
            writer.AddElementwise(made with { Kind = TaskKind.Update, Operands = 0, Learn = new LearnWork { Gradient = gradient, Weight = made.Learn.Weight } }, writer.Now);
    }

    // What lies behind its columns is not zero; nobody reads it for a result.
    private DeviceView Take(in DeviceTask task)
    {
        int stride = TileShape.Across(task.Columns, RowElements) * RowElements;
        return new DeviceView(scratch.Take((long)task.Rows * stride * elementBytes), stride, task.Columns);
    }

    private int Addends(DeviceView one, int rows) => Addends([one], rows);

    private int Addends(DeviceView[] views, int rows) => table.Add(views.Select(v => new DeviceOperand { A = v, Rows = rows }));
}
