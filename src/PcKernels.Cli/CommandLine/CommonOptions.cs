using PcKernels.Cuda;

namespace PcKernels.Cli.CommandLine;

/// <summary>The options that mean the same in every command (DESIGN §5).</summary>
internal static class CommonOptions
{
    private static readonly OptionSpec[] s_inference =
    [
        new("rule", "bp|pc|ipc|zil|fpa", "how a batch turns into changes of values and parameters", OptionGroup.Inference, "ipc"),
        new("steps", "T", "inference steps in a batch; bp and zil have none of their own", OptionGroup.Inference, "pc, ipc: 8; fpa: the model's depth, so that it equals bp"),
        new("gamma", "γ", "integration step of the values, > 0; zil always takes 1", OptionGroup.Inference, "ipc: 0.3; pc: 0.1; fpa: 1"),
        new("update-every", "k", "pc: θ moves after every k-th step; k divides T", OptionGroup.Inference, "once, after T"),
        new("order", "simultaneous|values-first", "ipc: whether θ's gradient is taken before or after the values move", OptionGroup.Inference, "simultaneous"),
        new("discount", "d", "pc: γ is multiplied by d whenever a step has not lowered the energy, 0 < d ≤ 1", OptionGroup.Inference, "1"),
        new("start", "feedforward|random|keep", "pc, ipc: where values start; keep goes on from the last update and needs --batch all", OptionGroup.Inference, "feedforward"),
        new("value-momentum", "m", "pc, ipc: momentum of the values, 0 ≤ m < 1", OptionGroup.Inference, "0"),
        new("output-variance", "k", "the output's variance and all gradients are multiplied by k", OptionGroup.Inference, "1"),
    ];

    private static readonly OptionSpec[] s_device =
    [
        new("seed", "S", "seed of start values, order of samples and random starts", OptionGroup.Device, "0"),
        new("dtype", "f32|f64", "element type", OptionGroup.Device, "f32"),
        new("math", "f32|tf32|bf16", "how products are rounded; the cpu has f32 only", OptionGroup.Device, "f32"),
        new("device", "cpu|emulator|cuda|cuda:N", "where to run; pck devices says what is there", OptionGroup.Device, "cpu"),
        new("kernels", "auto|fatbin|ptx|nvrtc", "where the kernels of a GPU come from: machine code, PTX, or the sources compiled now", OptionGroup.Device, "auto, or PCK_KERNELS"),
        new("execution", "auto|waves|cooperative|resident", "how a GPU runs a batch; pck plan --device cuda says what fits and why", OptionGroup.Device, "auto"),
        new("products", "own|cublas", "who multiplies on a GPU: our kernels, or cuBLAS where a product is large, in waves", OptionGroup.Device, "own"),
        new("cublas-from", "n", "multiply-adds from which --products cublas leaves a product to cuBLAS", OptionGroup.Device, $"{CudaDevice.LargeProduct}"),
        new("threads", "N", "workers of the cpu, 0 for all processors; results do not depend on it", OptionGroup.Device, "0"),
        new("plain", null, "switches the planner's exact savings off", OptionGroup.Device),
        new("dual", "auto|never|always", "dual form of layers on a clamped input under plain sgd; the same to rounding", OptionGroup.Device, "auto, by the cost model"),
        new("recipe", "FILE.json", "an object of options without dashes, {\"rule\": \"pc\", \"lr\": 0.001}; the command line wins", OptionGroup.Device) { InRecipe = false },
    ];

    /// <summary>B.</summary>
    public static OptionSpec Batch { get; } = new("batch", "B|all", "samples in a batch", OptionGroup.Optimiser, $"{TrainingDefaults.Batch}");

    /// <summary>How parameters start.</summary>
    public static OptionSpec Init { get; } = new("init", "pytorch|xavier|kaiming|zeros", "how parameters start when no file gives them", OptionGroup.Optimiser, "pytorch");

    /// <summary>Where to run and with what numbers.</summary>
    public static IReadOnlyList<OptionSpec> Device => s_device;

    /// <summary>Rule, optimiser and device, without the batch size.</summary>
    public static IReadOnlyList<OptionSpec> Training(string optimizer, string rate) =>
    [
        .. s_inference,
        new("optimizer", "sgd|adam|adamw", "how θ moves", OptionGroup.Optimiser, optimizer),
        new("lr", "α", "learning rate, ≥ 0", OptionGroup.Optimiser, rate),
        new("momentum", "m", "sgd: momentum, 0 ≤ m < 1", OptionGroup.Optimiser, "0"),
        new("nesterov", null, "sgd: look ahead along the momentum", OptionGroup.Optimiser),
        new("weight-decay", "λ", "decay of all parameters but precisions, ≥ 0", OptionGroup.Optimiser, "adamw: 0.01, else 0"),
        new("clip-norm", "c", "clips the gradient by its norm over all parameters", OptionGroup.Optimiser, "off"),
        new("schedule", "constant|cosine|step", "course of α over the run; step multiplies by 0.1 after each third", OptionGroup.Optimiser, "constant"),
        new("warmup", "n", "batches over which α rises to its value", OptionGroup.Optimiser, "0"),
        new("precision-decay", "λ", "decay of learned precisions, ≥ 0", OptionGroup.Optimiser, "0"),
        .. s_device,
    ];
}
