#!/usr/bin/python3
"""Writes a BERT-base encoder of random weights: bert_base.py FOLDER [--plain]

FOLDER/model.onnx takes token numbers [1, 128] and gives the final hidden states [1, 128, 768]: three
embeddings, 12 layers of attention with 12 heads, Gelu, layer normalizations behind the residuals,
written as nodes the way PyTorch exports them for opset 13. Tokens are in FOLDER/input_0.npy.

Weights are normal with the spread of trained ones. Trained encoders have a few channels whose
normalizations have far larger gains and biases than the others, which is what makes 8 bits hard; so
have these, unless --plain is given.
"""

import argparse
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LAYERS, HIDDEN, HEADS, FEED_FORWARD, LENGTH, VOCABULARY = 12, 768, 12, 3072, 128, 30522
OUTLIERS = (308, 381)  # channels


class Encoder:
    def __init__(self, plain):
        self.rng = np.random.default_rng(0)
        self.plain = plain
        self.nodes = []
        self.initializers = []

    def constant(self, array):
        name = f"c{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def scalar(self, value):
        return self.constant(np.float32(value))

    def normal(self, shape, spread, mean=0.0):
        return self.rng.normal(mean, spread, shape).astype(np.float32)

    def node(self, op, *inputs, **attributes):
        name = f"{op}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def linear(self, x, inputs, outputs):
        weights = self.constant(self.normal((inputs, outputs), 0.04))
        bias = self.constant(self.normal(outputs, 0.05))
        return self.node("Add", self.node("MatMul", x, weights), bias)

    def normalize(self, x):
        gain = self.normal(HIDDEN, 0.08, 0.85)
        bias = self.normal(HIDDEN, 0.1)
        if not self.plain:
            gain[list(OUTLIERS)] *= 4
            bias[list(OUTLIERS)] -= 3
        centred = self.node("Sub", x, self.node("ReduceMean", x, axes=[-1]))
        variance = self.node("ReduceMean", self.node("Pow", centred, self.scalar(2)), axes=[-1])
        spread = self.node("Sqrt", self.node("Add", variance, self.scalar(1e-12)))
        x = self.node("Mul", self.node("Div", centred, spread), self.constant(gain))
        return self.node("Add", x, self.constant(bias))

    def heads(self, x, order):
        x = self.linear(x, HIDDEN, HIDDEN)
        x = self.node("Reshape", x, self.constant(np.array([0, 0, HEADS, HIDDEN // HEADS])))
        return self.node("Transpose", x, perm=order)

    def attention(self, x):
        scores = self.node("MatMul", self.heads(x, [0, 2, 1, 3]), self.heads(x, [0, 2, 3, 1]))
        scores = self.node("Div", scores, self.scalar(np.sqrt(HIDDEN / HEADS)))
        weights = self.node("Softmax", scores, axis=-1)
        mixed = self.node("MatMul", weights, self.heads(x, [0, 2, 1, 3]))
        mixed = self.node("Transpose", mixed, perm=[0, 2, 1, 3])
        mixed = self.node("Reshape", mixed, self.constant(np.array([0, 0, HIDDEN])))
        return self.linear(mixed, HIDDEN, HIDDEN)

    def gelu(self, x):
        erf = self.node("Erf", self.node("Div", x, self.scalar(np.sqrt(2))))
        x = self.node("Mul", x, self.node("Add", erf, self.scalar(1)))
        return self.node("Mul", x, self.scalar(0.5))

    def layer(self, x):
        x = self.normalize(self.node("Add", self.attention(x), x))
        hidden = self.gelu(self.linear(x, HIDDEN, FEED_FORWARD))
        return self.normalize(self.node("Add", self.linear(hidden, FEED_FORWARD, HIDDEN), x))

    def model(self):
        words = self.constant(self.normal((VOCABULARY, HIDDEN), 0.05))
        positions = self.constant(self.normal((1, LENGTH, HIDDEN), 0.03))
        segment = self.constant(self.normal((1, 1, HIDDEN), 0.03))
        x = self.node("Add", self.node("Gather", words, "tokens"), segment)
        x = self.normalize(self.node("Add", x, positions))
        for _ in range(LAYERS):
            x = self.layer(x)
        inputs = [helper.make_tensor_value_info("tokens", TensorProto.INT64, [1, LENGTH])]
        outputs = [helper.make_tensor_value_info(x, TensorProto.FLOAT, [1, LENGTH, HIDDEN])]
        graph = helper.make_graph(self.nodes, "bert_base", inputs, outputs, self.initializers)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--plain", action="store_true")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    onnx.save(Encoder(options.plain).model(), options.folder / "model.onnx")
    tokens = np.random.default_rng(1).integers(0, VOCABULARY, (1, LENGTH))
    np.save(options.folder / "input_0.npy", tokens)


if __name__ == "__main__":
    main()
