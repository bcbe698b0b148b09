using PcKernels.Execution;
using PcKernels.Graphs;
using PcKernels.Planning;

namespace PcKernels.Training;

/// <summary>A program with the buffers that one input and one output use, found once so that a step allocates nothing.</summary>
internal sealed class FedProgram
{
    private readonly Node? _inputNode;
    private readonly int? _integerLimit;
    private readonly PlanBuffer? _input;
    private float[] _integers = [];

    private FedProgram(PreparedProgram program, string output)
    {
        Graph graph = program.Program.Graph;
        Program = program;
        Output = program.Program.Results[$"{output}/{graph.Nodes[graph.Outputs[0].Node].Name}"];
        if (graph.Inputs.Count == 0) return;
        _inputNode = graph.Inputs[0];
        _input = program.Program.Results[$"input/{_inputNode.Name}"];
        _integerLimit = graph.IntegerLimits.TryGetValue(_inputNode.Index, out int limit) ? limit : null;
    }

    /// <summary>The program.</summary>
    public PreparedProgram Program { get; }

    /// <summary>The target of training, or the prediction.</summary>
    public PlanBuffer Output { get; }

    private int Count => Program.Program.Options.Batch;

    public static FedProgram Training(PreparedProgram program) => new(program, "target");

    public static FedProgram Prediction(PreparedProgram program) => new(program, "prediction");

    /// <summary>Writes the inputs of all samples; without an input, nothing.</summary>
    /// <exception cref="InputException">Their number does not fit, or one is no index where indices are wanted.</exception>
    public void WriteInputs(ReadOnlySpan<float> values)
    {
        if (_input is null) return;
        if (_integerLimit is int limit) NamedBatch.CheckIntegers(_inputNode!, values, limit);
        Write(_input, values);
    }

    /// <summary>Writes the targets of all samples.</summary>
    /// <exception cref="InputException">Their number does not fit.</exception>
    public void WriteTargets(ReadOnlySpan<float> values) => Write(Output, values);

    /// <summary>Where samples go that are read one by one. Whole numbers that choose rows of a table are read here and now: they are looked at before a device uses them.</summary>
    public SampleFeed Feed(ISampleBatch batch, bool hasTargets)
    {
        PlanBuffer? targets = hasTargets ? Output : null;
        if (_integerLimit is null) return new SampleFeed(batch, _input, targets);
        int size = _inputNode!.Count;
        if (_integers.Length == 0) _integers = new float[size * batch.Count];
        for (int i = 0; i < batch.Count; i++) batch.CopyInput(i, _integers.AsSpan(i * size, size));
        WriteInputs(_integers);
        return new SampleFeed(batch, null, targets);
    }

    private void Write(PlanBuffer buffer, ReadOnlySpan<float> values)
    {
        if (values.Length != buffer.Count)
            throw new InputException($"{buffer.Name} takes {buffer.Count / Count} elements a sample, {buffer.Count} for {Count} samples, not {values.Length}");
        Program.Write(buffer, values);
    }
}
