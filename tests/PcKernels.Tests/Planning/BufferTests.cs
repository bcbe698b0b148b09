using PcKernels.Graphs;
using PcKernels.Planning;
using PcKernels.Planning.Tasks;

namespace PcKernels.Tests.Planning;

public sealed class BufferTests
{
    [Fact]
    public void Buffers_are_aligned_apart_and_inside_the_arena()
    {
        foreach (Program program in PlanCases.All)
        {
            Assert.Equal(Enumerable.Range(0, program.Buffers.Count), program.Buffers.Select(static b => b.Id));
            Assert.Equal(program.Buffers.Count, program.Buffers.Select(static b => b.Name).Distinct().Count());
            Assert.All(program.Buffers, static b => Assert.True(b.Offset % 16 == 0 && b.Stride % 16 == 0 && b.Stride >= b.Columns && b.Rows >= 1, b.Name));
            long end = 0;
            foreach (PlanBuffer buffer in program.Buffers.Where(static b => b.IsPersistent).OrderBy(static b => b.Offset))
            {
                Assert.True(buffer.Offset >= end, buffer.Name);
                end = buffer.Offset + buffer.Length;
            }
            Assert.Equal(new ParameterLayout(program.Graph, program.Options.Optimizer).Length, end);
            Assert.All(program.Buffers.Where(static b => !b.IsPersistent), b => Assert.InRange(b.Offset + b.Length, 0, program.ArenaLength));
            Assert.InRange(program.ArenaLength, 0, program.BufferLength);
        }
    }

    /// <summary>Kernels rely on the zeros behind a row, so whoever shares memory has rows of the same form or none behind them.</summary>
    [Fact]
    public void Only_rows_alike_share_memory()
    {
        int shared = 0;
        foreach (Program program in PlanCases.All)
        {
            PlanBuffer[] own = [.. program.Buffers.Where(static b => !b.IsPersistent)];
            foreach (PlanBuffer a in own)
                foreach (PlanBuffer b in own.Where(b => b.Id > a.Id && a.Offset < b.Offset + b.Length && b.Offset < a.Offset + a.Length))
                {
                    shared++;
                    Assert.True((a.Columns % 16 == 0 && b.Columns % 16 == 0) || (a.Columns == b.Columns && (a.Offset - b.Offset) % a.Stride == 0), $"{a} and {b}");
                    Assert.False(program.Options.Plain);
                }
        }
        Assert.True(shared > 0);
    }

    [Theory]
    [InlineData(1, 16)]
    [InlineData(16, 16)]
    [InlineData(17, 32)]
    [InlineData(511, 528)]
    [InlineData(512, 528)]
    [InlineData(1024, 1040)]
    [InlineData(784, 784)]
    public void Strides_are_whole_lines_off_the_powers_of_two(int columns, int stride) =>
        Assert.Equal(stride, new PlanBuffer(0, "b", BufferRole.Value, 3, columns, 0).Stride);

    [Fact]
    public void What_a_task_touches_belongs_to_the_program()
    {
        foreach (Program program in PlanCases.All)
            foreach ((_, _, PlanTask task) in program.Tasks())
                Assert.All(task.Reads.Concat(task.Writes), b => Assert.Same(program.Buffers[b.Id], b));
    }

    [Fact]
    public void Parameters_lie_alike_for_every_batch_and_rule()
    {
        Graph graph = PlanCases.Chain(3);
        var layouts = PlanCases.Rules(4).SelectMany(rule => new[] { 1, 7 }.Select(batch => string.Join('\n', Planner.Plan(graph, rule, new PlanOptions { Batch = batch })
            .Buffers.Where(static b => b.IsPersistent).Select(static b => $"{b.Id} {b.Name} {b.Offset} {b.Length}"))));
        Assert.Single(layouts.Distinct());
    }
}
