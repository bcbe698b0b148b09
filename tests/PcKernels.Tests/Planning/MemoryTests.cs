using PcKernels.Planning;
using PcKernels.Planning.Memory;
using PcKernels.Rules;

namespace PcKernels.Tests.Planning;

/// <summary>Buffers share memory only while one of them is not needed, and whoever breaks that is found.</summary>
public sealed class MemoryTests
{
    private static readonly PlanBuffer s_a = Buffer(0, "a"), s_b = Buffer(1, "b"), s_c = Buffer(2, "c");

    [Fact]
    public void A_buffer_lives_from_its_first_writer_to_its_last_reader()
    {
        Assert.Equal((0, 1), LifeOf(s_a, [Run(1, Task([], s_a), Task([s_a], s_b), Task([s_b], s_c))]));
        Assert.Equal((1, 2), LifeOf(s_b, [Run(1, Task([], s_a), Task([s_a], s_b), Task([s_b], s_c))]));
        Assert.Equal((0, 2), LifeOf(s_a, [Run(1, Task([], s_a), Task([s_a], s_b)), Run(1, Task([s_a], s_c))]));
    }

    [Fact]
    public void What_every_round_of_a_loop_reads_lives_to_the_loop_s_end()
    {
        Assert.Equal((0, 3), LifeOf(s_a, [Run(1, Task([], s_a)), Run(5, Task([s_a], s_b), Task([], s_b), Task([], s_c))]));
        // Also what a round leaves for the next one, though it is written in between.
        Assert.Equal((0, 3), LifeOf(s_a, [Run(1, Task([], s_a)), Run(5, Task([s_a], s_b), Task([s_b], s_a), Task([], s_c))]));
        // What a round writes before it reads it is nothing to the next round.
        Assert.Equal((1, 2), LifeOf(s_a, [Run(1, Task([], s_b)), Run(5, Task([s_b], s_a), Task([s_a], s_c), Task([], s_b))]));
    }

    [Fact]
    public void What_comes_from_outside_a_batch_or_is_read_there_lives_always()
    {
        Phase[] phases = [Run(1, Task([s_a], s_b), Task([], s_a))];
        Assert.Equal((0, int.MaxValue), LifeOf(s_a, phases));
        Assert.Equal((0, int.MaxValue), LifeOf(s_b, phases, s_b));
        Assert.Equal((0, int.MaxValue), LifeOf(s_c, phases));
        Assert.Equal((0, int.MaxValue), LifeOf(s_b, [Run(1, Task([], s_b)) with { OnlyFirstBatch = true }, Run(1, Task([s_b], s_c))]));
        PlanBuffer clamped = s_b with { Role = BufferRole.Clamped }, constant = s_b with { Constant = [1, 2, 3] };
        foreach (PlanBuffer given in new[] { clamped, constant }) Assert.Equal((0, int.MaxValue), LifeOf(given, [Run(1, Task([], given), Task([given], s_c))]));
    }

    [Fact]
    public void What_was_overwritten_is_found_where_it_is_read()
    {
        PlanBuffer over = s_b with { };
        AssertFound("'t2' reads 'a', which 'b' has overwritten", over, [Run(1, Task([], s_a), Task([], over), Task([s_a], s_c))]);
        AssertFound("'t0' reads 'a', which 'b' has overwritten", over, [Run(1, Task([], s_a)), Run(2, Task([s_a], s_c), Task([], over))]);
        AssertFound("after a batch 'a' is overwritten by 'b'", over, [Run(1, Task([], s_a), Task([], over))], s_a);
        AssertFound("'t0' reads 'a', which 'b' has overwritten", over, [Run(1, Task([s_a], s_c), Task([], over))]);
        AssertFound("'a' and 'b' share memory in one wave", over, [new Phase("p", PhaseKind.Steps, [new Wave([Task([], s_a), Task([], over)])], 1, 0, 1, 0, 0, false)]);
        AssertFound("'b' and 'a' share memory in one wave", over, [Run(1, Task([s_a], over))]);
        MemoryCheck.Verify(Of([Run(4, Task([], s_a), Task([s_a], s_c), Task([], over), Task([over], s_c))], [s_a, over, s_c with { Offset = 1024 }]));
    }

    /// <summary>Random programs: whoever is placed passes the check, and where the check passes, in places drawn at random too, the results are those of buffers apart.</summary>
    [Fact]
    public void Placed_programs_pass_and_what_passes_reads_only_its_own()
    {
        int shared = 0, refused = 0, passed = 0;
        for (int seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            PlanBuffer[] buffers = [.. Enumerable.Range(0, random.Next(4, 12)).Select(i => Buffer(i, $"b{i}", random.Next(8) == 0 ? BufferRole.Clamped : BufferRole.Value, random.Next(1, 4), new[] { 3, 5, 16, 32 }[random.Next(4)]))];
            Phase[] phases = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Drawn(random, buffers))];
            PlanBuffer kept = buffers[random.Next(buffers.Length)];
            ArenaPlan.Place(buffers, phases, new HashSet<PlanBuffer> { kept });
            Program placed = Of(phases, buffers, kept);
            MemoryCheck.Verify(placed);
            Assert.Equal(MemoryReplay.Run(placed, apart: true), MemoryReplay.Run(placed, apart: false));
            if (placed.ArenaLength < placed.BufferLength) shared++;

            foreach (PlanBuffer buffer in buffers) buffer.Offset = 16 * random.Next(24);
            Program strewn = Of(phases, buffers, kept);
            if (Record.Exception(() => MemoryCheck.Verify(strewn)) is not null) refused++;
            else
            {
                passed++;
                Assert.Equal(MemoryReplay.Run(strewn, apart: true), MemoryReplay.Run(strewn, apart: false));
            }
        }
        Assert.True(shared > 300 && refused > 300 && passed > 100, $"{shared} shared, {refused} refused, {passed} passed");
    }

    [Fact]
    public void Plans_read_only_their_own()
    {
        foreach (Program program in PlanCases.All) Assert.True(MemoryReplay.Run(program, apart: true).SequenceEqual(MemoryReplay.Run(program, apart: false)), PlanCases.Describe(program));
    }

    /// <summary>In caches, an error's lines would come from the core that made or read the prediction before it; in memory only the room counts.</summary>
    [Theory]
    [InlineData(64, false)]
    [InlineData(1 << 19, true)]
    public void Buffers_of_two_roles_share_memory_only_where_there_is_more_than_caches_hold(int columns, bool isShared)
    {
        PlanBuffer first = Buffer(0, "first", BufferRole.Prediction, 2, columns), next = first with { Id = 1, Name = "next" };
        PlanBuffer error = first with { Id = 2, Name = "error", Role = BufferRole.Delta }, last = first with { Id = 3, Name = "last" }, end = first with { Id = 4, Name = "end" };
        ArenaPlan.Place([first, next, error, last, end], [Run(1, Task([], first), Task([first], next), Task([next], error), Task([error], last), Task([last], end))],
            new HashSet<PlanBuffer> { end });
        Assert.NotEqual(first.Offset, next.Offset);
        Assert.Equal(isShared, error.Offset == first.Offset);
        Assert.Contains(last.Offset, new[] { first.Offset, next.Offset });
    }

    /// <summary>Errors on their way down take the room of what the layers above have done with: one is read, one written, one learned from.</summary>
    [Fact]
    public void The_errors_of_backpropagation_take_the_room_of_three_however_deep()
    {
        const int layers = 12, batch = 4, width = 16;
        Program program = Planner.Plan(PlanCases.Chain(layers, width), new Backpropagation(), new PlanOptions { Batch = batch });
        long errors = program.Buffers.Where(static b => b.Role == BufferRole.Delta).Sum(static b => b.Length);
        Assert.Equal((layers - 1) * batch * width, errors);
        Assert.InRange(program.ArenaLength, 1, program.BufferLength - errors + 3 * batch * width);
    }

    private static PlanBuffer Buffer(int id, string name, BufferRole role = BufferRole.Value, int rows = 2, int columns = 3) => new(id, name, role, rows, columns, 0);

    private static MadeTask Task(PlanBuffer[] from, PlanBuffer to) => new("t", from, [to]);

    // One task a wave, named by its place.
    private static Phase Run(int repeats, params MadeTask[] tasks) =>
        new("p", PhaseKind.Steps, [.. tasks.Select(static (t, i) => new Wave([t with { Name = $"t{i}" }]))], repeats, 0, 1, 0, 0, false);

    private static Phase Drawn(Random random, PlanBuffer[] buffers)
    {
        MadeTask[] tasks = [.. Enumerable.Range(0, random.Next(2, 10)).Select(_ =>
            Task([.. Enumerable.Range(0, random.Next(3)).Select(_ => buffers[random.Next(buffers.Length)])], buffers[random.Next(buffers.Length)]))];
        return Run(random.Next(1, 4), tasks) with { OnlyFirstBatch = random.Next(8) == 0 };
    }

    private static Program Of(Phase[] phases, PlanBuffer[] buffers, params PlanBuffer[] kept) =>
        new(PlanCases.Chain(2), null, new PlanOptions { Batch = 2 }, buffers, phases, kept.ToDictionary(static b => b.Name), 0, [], []);

    private static (int, int) LifeOf(PlanBuffer buffer, Phase[] phases, params PlanBuffer[] kept)
    {
        PlanBuffer[] all = [.. new[] { s_a, s_b, s_c }.Select(b => b.Id == buffer.Id ? buffer : b)];
        Lifetime lifetime = Lifetime.Of(all, phases, kept.ToHashSet())[buffer.Id];
        return (lifetime.First, lifetime.Last);
    }

    // b lies where a does, c elsewhere.
    private static void AssertFound(string message, PlanBuffer over, Phase[] phases, params PlanBuffer[] kept)
    {
        PlanBuffer apart = s_c with { Offset = 1024 };
        Assert.Equal(message, Assert.Throws<InvalidOperationException>(() => HazardCheck.Verify(Of(phases, [s_a, over, apart], kept))).Message);
    }
}
