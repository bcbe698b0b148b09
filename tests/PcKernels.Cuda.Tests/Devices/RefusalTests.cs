using PcKernels.Checkpoints;
using PcKernels.Cli.Tests;
using PcKernels.Cuda.Tests.Interop;
using PcKernels.Graphs;
using PcKernels.Graphs.Ops;

namespace PcKernels.Cuda.Tests.Devices;

/// <summary>What the kernels lack is refused by name on the command line, before anything is planned or run; what they know is not.</summary>
[Collection(nameof(OneEmulator))]
public sealed class RefusalTests : TemporaryFolder
{
    private const string Picking = """
        { "name": "picking", "inputs": { "x": [2, 3] }, "nodes": [
          { "name": "first", "op": "select", "of": ["x"], "dim": 0, "index": 0 },
          { "name": "y", "op": "linear", "of": ["first"], "units": 2 } ], "output": { "node": "y" } }
        """;

    private static readonly bool s_knowsSelect = CudaDevice.HasKernel(new SelectOp(0, 0));

    [Fact]
    public void Every_op_is_planned_for_a_gpu_or_refused_by_name()
    {
        foreach (OpEntry entry in OpCatalog.All)
            foreach (OpExample example in entry.Examples.Where(static e => e.Inputs.Count > 0))
            {
                var builder = new GraphBuilder("one");
                foreach ((int k, IReadOnlyList<int> shape) in example.Inputs.Index()) builder.Input($"x{k}", [.. shape]);
                Graph graph = builder.Add("y", example.Op, [.. example.Inputs.Select(static (_, k) => $"x{k}")]).Output("y").Build();
                CliRun run = CliRun.Of("plan", "--model", Text("one.json", ModelJson.Write(graph)), "--rule", "bp", "--device", "cuda", "--limits", "h100");
                Judge(run, CudaDevice.HasKernel(example.Op), $"pck: --device cuda: it has no kernel for op '{entry.Name}' of node 'y'; use --device cpu");
            }
    }

    [EmulatorTheory]
    [InlineData("plan")]
    [InlineData("step")]
    [InlineData("train")]
    public void A_command_refuses_before_it_does_anything(string command)
    {
        string model = Text("m.json", Picking), batch = At("batch.safetensors"), result = At("out.safetensors");
        Safetensors.Save(batch, new Dictionary<string, Tensor> { ["x"] = Tensor.From<float>(new float[6], [1, 2, 3]), ["y"] = Tensor.From<float>(new float[2], [1, 2]) });
        string data = Text("d.csv", string.Concat(Enumerable.Range(0, 12).Select(static i => $"{i},1,2,3,4,5,{(i % 2 == 0 ? 'a' : 'b')}\n")));
        CliRun run = command switch
        {
            "plan" => CliRun.Of("plan", "--model", model, "--device", "emulator"),
            "step" => CliRun.Of("step", "--model", model, "--batch", batch, "--out", result, "--rule", "bp", "--device", "emulator"),
            _ => CliRun.Of("train", "--model", model, "--data", data, "--epochs", "1", "--batch", "4", "--rule", "bp", "--save", result, "--device", "emulator"),
        };
        Judge(run, s_knowsSelect, "pck: --device emulator: it has no kernel for op 'select' of node 'first'; use --device cpu");
        if (command != "plan") Assert.Equal(s_knowsSelect, File.Exists(result));
    }

    private static void Judge(CliRun run, bool isKnown, string refusal)
    {
        if (isKnown)
        {
            Assert.True(run.Code == 0, run.Error);
            return;
        }
        Assert.Equal((2, "", refusal), (run.Code, run.Out, Assert.Single(run.ErrorLines)));
    }
}
