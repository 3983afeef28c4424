"""ViT-B/32 as a list of weights and as two ONNX graphs, in the operators an export from PyTorch has."""

import json

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

IMAGE_SIZE, PATCH, WIDTH, LAYERS, HEADS = 224, 32, 768, 12, 12
TEXT_WIDTH, TEXT_LAYERS, TEXT_HEADS, CONTEXT, VOCABULARY = 512, 12, 8, 77, 49408
EMBEDDING = 512
EPSILON = 1e-5


def random_weights(seed):
    """Canonical (open_clip's) names to float32 arrays, with the deviations CLIP starts from."""
    random = np.random.default_rng(seed)

    def normal(deviation, *shape):
        return random.standard_normal(shape, dtype=np.float32) * np.float32(deviation)

    def norm(name, width):
        return {name + ".weight": 1 + normal(0.1, width), name + ".bias": normal(0.1, width)}

    def blocks(prefix, width, layers):
        weights = {}
        attention, residual = width ** -0.5, width ** -0.5 * (2 * layers) ** -0.5
        for i in range(layers):
            p = f"{prefix}.{i}."
            weights |= norm(p + "ln_1", width) | norm(p + "ln_2", width)
            weights[p + "attn.in_proj_weight"] = normal(attention, 3 * width, width)
            weights[p + "attn.in_proj_bias"] = normal(0.1, 3 * width)
            for name, outputs, inputs, deviation in (("attn.out_proj", width, width, residual),
                                                     ("mlp.c_fc", 4 * width, width, (2 * width) ** -0.5),
                                                     ("mlp.c_proj", width, 4 * width, residual)):
                weights[p + name + ".weight"] = normal(deviation, outputs, inputs)
                weights[p + name + ".bias"] = normal(0.1, outputs)
        return weights

    grid = IMAGE_SIZE // PATCH
    return (blocks("visual.transformer.resblocks", WIDTH, LAYERS)
            | blocks("transformer.resblocks", TEXT_WIDTH, TEXT_LAYERS)
            | norm("visual.ln_pre", WIDTH) | norm("visual.ln_post", WIDTH) | norm("ln_final", TEXT_WIDTH)
            | {"visual.class_embedding": normal(WIDTH ** -0.5, WIDTH),
               "visual.positional_embedding": normal(WIDTH ** -0.5, grid * grid + 1, WIDTH),
               "visual.conv1.weight": normal((3 * PATCH * PATCH) ** -0.5, WIDTH, 3, PATCH, PATCH),
               "visual.proj": normal(WIDTH ** -0.5, WIDTH, EMBEDDING),
               "token_embedding.weight": normal(0.02, VOCABULARY, TEXT_WIDTH),
               "positional_embedding": normal(0.01, CONTEXT, TEXT_WIDTH),
               "text_projection": normal(TEXT_WIDTH ** -0.5, TEXT_WIDTH, EMBEDDING),
               "logit_scale": np.float32(np.log(1 / 0.07)).reshape(())})


def write_safetensors(path, tensors):
    kinds = {"float32": "F32", "int32": "I32"}
    header, offset = {}, 0
    for name, array in tensors.items():
        header[name] = {"dtype": kinds[array.dtype.name], "shape": list(array.shape),
                        "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-(len(text) + 8) % 64)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for array in tensors.values():
            file.write(np.ascontiguousarray(array).tobytes())


class Graph:
    """Nodes and constants of one ONNX graph."""

    def __init__(self, weights):
        self.weights, self.nodes, self.constants = weights, [], {}

    def constant(self, array, name=None):
        name = name or f"constant_{len(self.constants)}"
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.array(array, order="C"), name)
        return name

    def node(self, kind, *inputs, outputs=1, **attributes):
        names = [f"{kind}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def shape(self, *sizes):
        return self.constant(np.array(sizes, dtype=np.int64), "shape_" + "_".join(map(str, sizes)))

    def linear(self, x, weight, bias):
        product = self.node("MatMul", x, self.constant(self.weights[weight].T, weight))
        return self.node("Add", product, self.constant(self.weights[bias], bias))

    def norm(self, x, name):
        return self.node("LayerNormalization", x, *(self.constant(self.weights[name + end], name + end)
                                                    for end in (".weight", ".bias")), axis=-1, epsilon=EPSILON)

    def attention(self, x, name, tokens, width, heads, mask):
        def split_heads(part):
            return self.node("Reshape", part, self.shape(0, tokens, heads, width // heads))
        query, key, value = self.node("Split", self.linear(x, name + ".in_proj_weight", name + ".in_proj_bias"),
                                      outputs=3, axis=-1, num_outputs=3)
        query = self.node("Transpose", split_heads(query), perm=[0, 2, 1, 3])
        key = self.node("Transpose", split_heads(key), perm=[0, 2, 3, 1])
        value = self.node("Transpose", split_heads(value), perm=[0, 2, 1, 3])
        scale = self.constant(np.float32((width // heads) ** -0.5), f"scale_{width}")
        scores = self.node("MatMul", self.node("Mul", query, scale), key)
        if mask is not None:
            scores = self.node("Add", scores, mask)
        mixed = self.node("MatMul", self.node("Softmax", scores, axis=-1), value)
        joined = self.node("Reshape", self.node("Transpose", mixed, perm=[0, 2, 1, 3]), self.shape(0, tokens, width))
        return self.linear(joined, name + ".out_proj.weight", name + ".out_proj.bias")

    def blocks(self, x, prefix, layers, tokens, width, heads, mask=None):
        for i in range(layers):
            p = f"{prefix}.{i}."
            x = self.node("Add", x, self.attention(self.norm(x, p + "ln_1"), p + "attn", tokens, width, heads, mask))
            hidden = self.node("Gelu", self.linear(self.norm(x, p + "ln_2"), p + "mlp.c_fc.weight", p + "mlp.c_fc.bias"))
            x = self.node("Add", x, self.linear(hidden, p + "mlp.c_proj.weight", p + "mlp.c_proj.bias"))
        return x

    def model(self, name, kind, shape, output):
        self.nodes.append(helper.make_node("Identity", [output], ["features"]))
        graph = helper.make_graph(self.nodes, name, [helper.make_tensor_value_info("input", kind, shape)],
                                  [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", EMBEDDING])],
                                  list(self.constants.values()))
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


def image_tower(weights):
    g, grid = Graph(weights), IMAGE_SIZE // PATCH
    x = g.node("Conv", "input", g.constant(weights["visual.conv1.weight"], "conv1"), strides=[PATCH, PATCH])
    x = g.node("Transpose", g.node("Reshape", x, g.shape(0, WIDTH, grid * grid)), perm=[0, 2, 1])
    batch = g.node("Slice", g.node("Shape", x), g.shape(0), g.constant(np.array([1], dtype=np.int64), "one"))
    size = g.node("Concat", batch, g.constant(np.array([1, WIDTH], dtype=np.int64), "class_shape"), axis=0)
    token = g.node("Expand", g.constant(weights["visual.class_embedding"].reshape(1, 1, WIDTH), "class"), size)
    x = g.node("Concat", token, x, axis=1)
    x = g.node("Add", x, g.constant(weights["visual.positional_embedding"], "positions"))
    x = g.norm(x, "visual.ln_pre")
    x = g.blocks(x, "visual.transformer.resblocks", LAYERS, grid * grid + 1, WIDTH, HEADS)
    x = g.node("Gather", x, g.constant(np.array(0, dtype=np.int64), "zero"), axis=1)
    x = g.node("MatMul", g.norm(x, "visual.ln_post"), g.constant(weights["visual.proj"], "projection"))
    return g.model("image", TensorProto.FLOAT, ["batch", 3, IMAGE_SIZE, IMAGE_SIZE], x)


def text_tower(weights):
    """As exports do: every text has the full context length, and the end-of-text row is picked at the end."""
    g = Graph(weights)
    x = g.node("Gather", g.constant(weights["token_embedding.weight"], "table"), "input")
    x = g.node("Add", x, g.constant(weights["positional_embedding"], "positions"))
    mask = g.constant(np.triu(np.full((CONTEXT, CONTEXT), -np.inf, dtype=np.float32), 1), "mask")
    x = g.blocks(x, "transformer.resblocks", TEXT_LAYERS, CONTEXT, TEXT_WIDTH, TEXT_HEADS, mask)
    x = g.norm(x, "ln_final")
    end = g.node("Unsqueeze", g.node("ArgMax", "input", axis=1, keepdims=1), g.shape(2))
    index = g.node("Expand", end, g.shape(1, 1, TEXT_WIDTH))
    x = g.node("Squeeze", g.node("GatherElements", x, index, axis=1), g.shape(1))
    x = g.node("MatMul", x, g.constant(weights["text_projection"], "projection"))
    return g.model("text", TensorProto.INT32, ["batch", CONTEXT], x)


def save(model, path):
    onnx.save(model, path)
