namespace PcKernels.Cli.Tests.CommandLine;

/// <summary>Wrong command lines: exit code 2, one line on standard error that says what and what would be right, nothing on standard output.</summary>
public sealed class OptionTests
{
    [Theory]
    [InlineData("'trian' is no command; known: train", "trian")]
    [InlineData("--gama: unknown option; known: --gamma", "train", "--gama", "1")]
    [InlineData("--gamma -1: the integration step γ must be a finite number > 0", "train", "--gamma", "-1")]
    [InlineData("--gamma -1: the integration step γ must be a finite number > 0", "train", "--gamma=-1", "--rule", "bp")]
    [InlineData("--gamma NaN: the integration step", "plan", "--gamma", "NaN")]
    [InlineData("--gamma x: a number", "compare", "--gamma", "x")]
    [InlineData("Required argument missing", "train", "--gamma")]
    [InlineData("expects a single argument", "train", "--gamma", "1", "--gamma", "2")]
    [InlineData("--steps -1: the number of inference steps must be ≥ 0", "train", "--steps", "-1", "--rule", "zil")]
    [InlineData("--steps 1.5: a whole number", "plan", "--steps", "1.5")]
    [InlineData("--rule foo: unknown; known: ", "train", "--rule", "foo")]
    [InlineData("--order x: unknown; known: ", "train", "--order", "x")]
    [InlineData("--update-every 3: must divide --steps 8", "train", "--rule", "pc", "--update-every", "3")]
    [InlineData("--discount 0.5: rule ipc has no such option", "train", "--discount", "0.5")]
    [InlineData("--start random: rule bp has no such option", "train", "--rule", "bp", "--start", "random")]
    [InlineData("--start keep", "train", "--start", "keep")]
    [InlineData("--lr -1: the learning rate", "train", "--lr", "-1")]
    [InlineData("--weight-decay -1", "train", "--weight-decay", "-1")]
    [InlineData("--momentum 0.9: adam has no such option", "train", "--momentum", "0.9")]
    [InlineData("--nesterov: needs a --momentum", "train", "--optimizer", "sgd", "--nesterov")]
    [InlineData("--clip-norm 0", "train", "--clip-norm", "0")]
    [InlineData("--output-variance 0", "train", "--output-variance", "0")]
    [InlineData("--precision-decay -1", "train", "--precision-decay", "-1")]
    [InlineData("--warmup -1", "train", "--warmup", "-1")]
    [InlineData("--schedule x: unknown", "train", "--schedule", "x")]
    [InlineData("--batch 0: a whole number ≥ 1", "train", "--batch", "0")]
    [InlineData("--batch x: a whole number ≥ 1 or all", "train", "--batch", "x")]
    [InlineData("--batch all: a plan has no data", "plan", "--batch", "all")]
    [InlineData("--epochs 0", "train", "--epochs", "0")]
    [InlineData("validation part of 2", "train", "--validation", "2")]
    [InlineData("--seed -1", "train", "--seed", "-1")]
    [InlineData("--dtype f16: unknown; known: f32, f64", "train", "--dtype", "f16")]
    [InlineData("--math tf32: the cpu", "train", "--math", "tf32")]
    [InlineData("--device gpu: there is no such device; known: cpu", "train", "--device", "gpu")]
    [InlineData("--device cuda:x: there is no such device; known: cuda:0", "plan", "--device", "cuda:x")]
    [InlineData("use --device cpu", "train", "--device", "cuda")]
    [InlineData("use --device cpu", "step", "--batch", "b", "--out", "o", "--device", "cuda:1")]
    [InlineData("--math bf16: the kernels", "train", "--device", "emulator", "--math", "bf16")]
    [InlineData("--threads -1", "train", "--threads", "-1")]
    [InlineData("--threads 5000", "train", "--threads", "5000")]
    [InlineData("--rules foo: unknown", "compare", "--rules", "bp,foo")]
    [InlineData("--ablation x: unknown", "compare", "--ablation", "x")]
    [InlineData("--show x: unknown", "plan", "--show", "x")]
    [InlineData("'extra' is one argument too many", "train", "extra")]
    [InlineData("--batch is missing", "step")]
    [InlineData("--parameters is missing", "eval")]
    [InlineData("--out is missing", "predict", "--parameters", "p.safetensors")]
    public void A_wrong_line_is_told_in_one(string expected, params string[] args)
    {
        CliRun run = CliRun.Of(args);
        Assert.Equal(2, run.Code);
        Assert.StartsWith("pck: ", Assert.Single(run.ErrorLines));
        Assert.Contains(expected, run.Error);
        Assert.Empty(run.Out);
    }
}
