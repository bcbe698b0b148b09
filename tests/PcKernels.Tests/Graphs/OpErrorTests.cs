using PcKernels.Graphs;

namespace PcKernels.Tests.Graphs;

/// <summary>Settings and shapes that do not fit an op are one line that names the node and what would be right.</summary>
public sealed class OpErrorTests
{
    public static TheoryData<string, string> Wrong => new()
    {
        { """{"inputs":{"x":[5]},"nodes":[{"name":"y","op":"conv2d","of":["x"],"channels":3,"kernel":3}],"output":{"node":"y"}}""", "m.json: node 'y': conv2d needs an image [channels, height, width], not [5]; put a reshape before it" },
        { """{"inputs":{"x":[2,6,6]},"nodes":[{"name":"y","op":"conv2d","of":["x"],"kernel":3}],"output":{"node":"y"}}""", "m.json: node 'y' has no 'channels'; its keys: kernel, name, of, op" },
        { """{"inputs":{"x":[2,6,6]},"nodes":[{"name":"y","op":"conv2d","of":["x"],"channels":0,"kernel":3}],"output":{"node":"y"}}""", "m.json: node 'y': channels 0 must be ≥ 1" },
        { """{"inputs":{"x":[2,6,6]},"nodes":[{"name":"y","op":"conv2d","of":["x"],"channels":3,"kernel":0}],"output":{"node":"y"}}""", "m.json: node 'y': kernel 0 must be ≥ 1" },
        { """{"inputs":{"x":[2,6,6]},"nodes":[{"name":"y","op":"conv2d","of":["x"],"channels":3,"kernel":7}],"output":{"node":"y"}}""", "m.json: node 'y': a window of 7×7 does not fit into 6×6; use a smaller kernel" },
        { """{"inputs":{"x":[2,6,6]},"nodes":[{"name":"y","op":"conv2d","of":["x"],"channels":3,"kernel":20000}],"output":{"node":"y"}}""", "m.json: node 'y': kernel, stride and padding must be ≤ 16384" },
        { """{"inputs":{"x":[2,6,6]},"nodes":[{"name":"y","op":"conv2d","of":["x"],"channels":3,"kernel":3,"stride":0}],"output":{"node":"y"}}""", "m.json: node 'y': stride 0 must be ≥ 1" },
        { """{"inputs":{"x":[2,6,6]},"nodes":[{"name":"y","op":"conv2d","of":["x"],"channels":3,"kernel":3,"padding":-1}],"output":{"node":"y"}}""", "m.json: node 'y': padding -1 must be ≥ 0" },
        { """{"inputs":{"x":[2,6,6]},"nodes":[{"name":"y","op":"conv2d","of":["x"],"channels":3,"kernel":3,"groups":2}],"output":{"node":"y"}}""", "m.json: node 'y': groups 2 must divide the 2 channels of the input and the 3 of the result" },
        { """{"inputs":{"x":[2,6,6]},"nodes":[{"name":"y","op":"conv2d","of":["x"],"channels":3,"kernel":3,"groups":0}],"output":{"node":"y"}}""", "m.json: node 'y': groups 0 must be ≥ 1" },
        { """{"inputs":{"x":[2,6,6]},"nodes":[{"name":"y","op":"conv2d","of":["x"],"channels":4,"kernel":3,"pading":1}],"output":{"node":"y"}}""", "m.json: node 'y': unknown key 'pading'; known: padding, bias, name, stride, form, groups, kernel, of, op, vertex, channels, precision and 2 more" },
        { """{"inputs":{"x":[2,6,6]},"nodes":[{"name":"y","op":"max_pool2d","of":["x"]}],"output":{"node":"y"}}""", "m.json: node 'y' has no 'kernel'; its keys: name, of, op" },
        { """{"inputs":{"x":[2,6,6]},"nodes":[{"name":"y","op":"avg_pool2d","of":["x"],"kernel":9}],"output":{"node":"y"}}""", "m.json: node 'y': a window of 9×9 does not fit into 6×6; use a smaller kernel" },
        { """{"inputs":{"x":[5]},"nodes":[{"name":"y","op":"max_pool2d","of":["x"],"kernel":2}],"output":{"node":"y"}}""", "m.json: node 'y': max_pool2d needs an image [channels, height, width], not [5]; put a reshape before it" },
        { """{"inputs":{"x":[2,6,6]},"nodes":[{"name":"y","op":"adaptive_avg_pool2d","of":["x"],"output_size":[1,2,3]}],"output":{"node":"y"}}""", "m.json: node 'y': 'output_size' has 3 numbers; give one, or [height, width]" },
        { """{"inputs":{"x":[2,6,6]},"nodes":[{"name":"y","op":"adaptive_avg_pool2d","of":["x"],"output_size":0}],"output":{"node":"y"}}""", "m.json: node 'y': output_size [0, 0] must be ≥ 1" },
        { """{"inputs":{"x":[5]},"nodes":[{"name":"y","op":"reshape","of":["x"],"shape":[4]}],"output":{"node":"y"}}""", "m.json: node 'y': shape [4] does not take the 5 elements of [5]" },
        { """{"inputs":{"x":[5]},"nodes":[{"name":"y","op":"reshape","of":["x"],"shape":[-1,-1]}],"output":{"node":"y"}}""", "m.json: node 'y': shape [-1, -1] must have extents ≥ 1 and at most one −1" },
        { """{"inputs":{"x":[5]},"nodes":[{"name":"y","op":"reshape","of":["x"],"shape":[0]}],"output":{"node":"y"}}""", "m.json: node 'y': shape [0] must have extents ≥ 1 and at most one −1" },
        { """{"inputs":{"x":[5]},"nodes":[{"name":"y","op":"reshape","of":["x"],"shape":[2,-1]}],"output":{"node":"y"}}""", "m.json: node 'y': shape [2, -1] does not take the 5 elements of [5]" },
        { """{"inputs":{"x":[5]},"nodes":[{"name":"y","op":"transpose","of":["x"],"dim0":0,"dim1":1}],"output":{"node":"y"}}""", "m.json: node 'y': dim1 1 is none of the input's 1 dimensions; use -1 to 0" },
        { """{"inputs":{"x":[5]},"nodes":[{"name":"y","op":"select","of":["x"],"dim":0,"index":5}],"output":{"node":"y"}}""", "m.json: node 'y': index 5 is none of the 5 slices of dimension 0; use -5 to 4" },
        { """{"inputs":{"x":[5]},"nodes":[{"name":"y","op":"select","of":["x"],"dim":1,"index":0}],"output":{"node":"y"}}""", "m.json: node 'y': dim 1 is none of the input's 1 dimensions; use -1 to 0" },
        { """{"inputs":{"x":[5]},"nodes":[{"name":"y","op":"slice","of":["x"],"dim":0,"start":3,"end":2}],"output":{"node":"y"}}""", "m.json: node 'y': slice from 3 to 2 of the 5 in dimension 0 is empty" },
        { """{"inputs":{"x":[5]},"nodes":[{"name":"y","op":"slice","of":["x"],"dim":0,"step":0}],"output":{"node":"y"}}""", "m.json: node 'y': step 0 must be ≥ 1" },
        { """{"inputs":{"x":[2,3],"z":[2,4]},"nodes":[{"name":"y","op":"concat","of":["x","z"],"dim":0}],"output":{"node":"y"}}""", "m.json: node 'y': concat along dimension 0 needs inputs that differ in it alone, not [2, 3] and [2, 4]" },
        { """{"inputs":{"x":[2],"z":[3]},"nodes":[{"name":"y","op":"multiply","of":["x","z"]}],"output":{"node":"y"}}""", "m.json: node 'y': multiply needs inputs of one shape, not [2] and [3]" },
        { """{"inputs":{"x":[5]},"nodes":[{"name":"y","op":"scale","of":["x"]}],"output":{"node":"y"}}""", "m.json: node 'y' has no 'factor'; its keys: name, of, op" },
        { """{"inputs":{"x":[5]},"nodes":[{"name":"y","op":"scale","of":["x"],"factor":1e999}],"output":{"node":"y"}}""", "m.json: node 'y': factor Infinity must be a finite number" },
        { """{"inputs":{"x":[5]},"nodes":[{"name":"y","op":"dropout","of":["x"],"p":1}],"output":{"node":"y"}}""", "m.json: node 'y': p 1 must be ≥ 0 and < 1" },
        { """{"inputs":{"x":[5]},"nodes":[{"name":"y","op":"softmax","of":["x"],"dim":1}],"output":{"node":"y"}}""", "m.json: node 'y': dim 1 is none of the input's 1 dimensions; use -1 to 0" },
        { """{"inputs":{"x":[5]},"nodes":[{"name":"y","op":"layer_norm","of":["x"],"eps":0}],"output":{"node":"y"}}""", "m.json: node 'y': eps 0 must be a finite number > 0" },
        { """{"inputs":{"x":[5]},"nodes":[{"name":"y","op":"embedding","of":["x"],"vocabulary":0,"units":2}],"output":{"node":"y"}}""", "m.json: node 'y': vocabulary 0 must be ≥ 1" },
        { """{"inputs":{"x":[5]},"nodes":[{"name":"h","op":"tanh","of":["x"]},{"name":"y","op":"embedding","of":["h"],"vocabulary":3,"units":2}],"output":{"node":"y"}}""", "m.json: node 'y': embedding reads whole numbers, and 'h' is tanh; let it read an input, or a select, slice, reshape or concat of inputs" },
        { """{"inputs":{"x":[5]},"nodes":[{"name":"h","op":"flatten","of":["x"],"vertex":true},{"name":"y","op":"embedding","of":["h"],"vocabulary":3,"units":2}],"output":{"node":"y"}}""", "m.json: node 'y': embedding reads whole numbers, and 'h' is a vertex; let it read an input, or a select, slice, reshape or concat of inputs" },
        { """{"inputs":{"x":[5]},"nodes":[{"name":"y","op":"positional","of":["x"]}],"output":{"node":"y"}}""", "m.json: node 'y': positional needs a sequence [positions, features], not [5]" },
        { """{"inputs":{"x":[5]},"nodes":[{"name":"y","op":"attention","of":["x","x","x"],"heads":2}],"output":{"node":"y"}}""", "m.json: node 'y': attention needs query [S, D], key [R, D] and value [R, D], not [5], [5] and [5]" },
        { """{"inputs":{"x":[4,6]},"nodes":[{"name":"y","op":"attention","of":["x","x","x"],"heads":4}],"output":{"node":"y"}}""", "m.json: node 'y': heads 4 must divide the 6 features" },
        { """{"inputs":{"x":[4,6]},"nodes":[{"name":"y","op":"attention","of":["x","x"],"heads":2}],"output":{"node":"y"}}""", "m.json: node 'y': attention reads 3 nodes, not 2" },
        { """{"inputs":{"x":[4,6],"z":[3,6]},"nodes":[{"name":"y","op":"attention","of":["x","z","z"],"heads":2,"causal":true}],"output":{"node":"y"}}""", "m.json: node 'y': causal attention needs as many queries as keys, not 4 and 3" },
        { """{"inputs":{"x":[2,6,6]},"nodes":[{"name":"y","op":"conv2d","of":["x"],"channels":3,"kernel":3,"precision":[1,2]}],"output":{"node":"y"}}""", "m.json: node 'y': 2 precisions for 3 units; give one number or 3" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_does_not_fit_an_op_is_one_line_that_names_the_node(string json, string message) =>
        Assert.Equal(message, Assert.Throws<InputException>(() => ModelJson.Parse(json, "m.json")).Message);
}
