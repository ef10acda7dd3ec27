#!/usr/bin/python3
"""Writes a BERT-base encoder of random weights: bert_base.py FOLDER [--weights KIND]

FOLDER/model.onnx takes token numbers [1, 128] and gives the final hidden states [1, 128, 768]: three
embeddings, 12 layers of attention with 12 heads, Gelu, layer normalizations behind the residuals,
written as nodes the way PyTorch exports them for opset 13. Tokens are in FOLDER/input_0.npy.

Weights are normal, of one of these kinds:

trained  the spread of trained ones and, as in trained encoders, a few channels whose normalizations
         have far larger gains and biases than the others (the default)
initial  those that training begins with: a spread of 0.02, gains of 1, no biases
plain    the spread of trained ones alone
"""

import argparse
import dataclasses
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LAYERS, HIDDEN, HEADS, FEED_FORWARD, LENGTH, VOCABULARY = 12, 768, 12, 3072, 128, 30522


@dataclasses.dataclass(frozen=True)
class Spread:
    """Standard deviations of what a model is made of, and the mean of its gains."""

    words: float = 0.05
    positions: float = 0.03
    weights: float = 0.04
    biases: float = 0.05
    gain: float = 0.85
    gains: float = 0.08
    shifts: float = 0.1
    outliers: tuple = ()  # channels


KINDS = {
    "trained": Spread(outliers=(308, 381)),
    "initial": Spread(0.02, 0.02, weights=0.02, biases=0, gain=1, gains=0, shifts=0),
    "plain": Spread(),
}


class Encoder:
    def __init__(self, spread):
        self.rng = np.random.default_rng(0)
        self.spread = spread
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
        weights = self.constant(self.normal((inputs, outputs), self.spread.weights))
        bias = self.constant(self.normal(outputs, self.spread.biases))
        return self.node("Add", self.node("MatMul", x, weights), bias)

    def normalize(self, x):
        gain = self.normal(HIDDEN, self.spread.gains, self.spread.gain)
        bias = self.normal(HIDDEN, self.spread.shifts)
        outliers = list(self.spread.outliers)
        gain[outliers] *= 4
        bias[outliers] -= 3
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
        words = self.constant(self.normal((VOCABULARY, HIDDEN), self.spread.words))
        positions = self.constant(self.normal((1, LENGTH, HIDDEN), self.spread.positions))
        segment = self.constant(self.normal((1, 1, HIDDEN), self.spread.positions))
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
    parser.add_argument("--weights", choices=KINDS, default="trained")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    onnx.save(Encoder(KINDS[options.weights]).model(), options.folder / "model.onnx")
    tokens = np.random.default_rng(1).integers(0, VOCABULARY, (1, LENGTH))
    np.save(options.folder / "input_0.npy", tokens)


if __name__ == "__main__":
    main()
