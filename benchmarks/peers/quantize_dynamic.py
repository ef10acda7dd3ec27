#!/usr/bin/python3
"""Writes the graph that ONNX Runtime's quantize_dynamic makes of a float model, without needing it.

Every Conv, MatMul and Gemm with constant weights becomes DynamicQuantizeLinear, MatMulInteger or
ConvInteger, Cast, Mul by both scales and Add of the bias, which ONNX Runtime fuses again where it
has a kernel for that. As by its defaults there is one scale per weight tensor, over the full range
of eight bits. MatMul has symmetric int8 weights; ConvInteger has asymmetric uint8 weights
(QuantType.QUInt8), with which ONNX Runtime runs it several times as fast as with int8 ones. What is
no product stays float. The input should come out of ONNX Runtime's basic optimizations, as with its
quant_pre_process, so that batch normalizations are folded into the convolutions.
"""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper, version_converter

MIN_OPSET = 11  # DynamicQuantizeLinear
MIN_IR_VERSION = 4  # constants need not be inputs too


def quantize_symmetric(weights):
    """int8 weights, scale and zero point."""
    scale = np.abs(weights).max() / 127
    return np.clip(np.rint(weights / scale), -127, 127).astype(np.int8), scale, np.int8(0)


def quantize_asymmetric(weights):
    """uint8 weights, scale and zero point."""
    low, high = min(weights.min(), 0), max(weights.max(), 0)
    scale = (high - low) / 255
    zero_point = np.rint(-low / scale)
    quantized = np.clip(np.rint(weights / scale) + zero_point, 0, 255)
    return quantized.astype(np.uint8), scale, np.uint8(zero_point)


class Quantizer:
    def __init__(self, graph):
        self.graph = graph
        self.constants = {tensor.name: tensor for tensor in graph.initializer}
        self.nodes = []
        self.quantized = {}  # activation -> names of its integers, scale and zero point

    def run(self):
        for node in list(self.graph.node):
            if self.is_product(node):
                self.replace(node)
            else:
                self.nodes.append(node)
        del self.graph.node[:]
        self.graph.node.extend(self.nodes)
        self.drop_unused()

    def is_product(self, node):
        if node.op_type not in ("Conv", "MatMul", "Gemm") or node.domain not in ("", "ai.onnx"):
            return False
        weights = self.constants.get(node.input[1])
        if weights is None or weights.data_type != TensorProto.FLOAT:
            return False
        attributes = attributes_of(node)
        return node.op_type != "Gemm" or (attributes.get("alpha", 1) == attributes.get("beta", 1)
                                          == 1 and not attributes.get("transA", 0))

    def replace(self, node):
        name = node.name or node.output[0]
        weights = numpy_helper.to_array(self.constants[node.input[1]])
        bias = node.input[2] if len(node.input) > 2 else ""
        attributes = attributes_of(node)
        if node.op_type == "Conv":
            op, quantize = "ConvInteger", quantize_asymmetric
            if bias:
                values = numpy_helper.to_array(self.constants[bias])
                shape = [-1] + [1] * (weights.ndim - 2)
                bias = self.constant(name + "_bias", values.reshape(shape))
        else:
            op, quantize = "MatMulInteger", quantize_symmetric
            if attributes.get("transB", 0):
                weights = np.ascontiguousarray(weights.T)
            attributes = {}
        integers, scale, zero_point = quantize(weights)
        activation, activation_scale, activation_zero = self.quantize_activation(node.input[0])
        inputs = [activation, self.constant(name + "_weights", integers), activation_zero,
                  self.constant(name + "_zero_point", zero_point)]
        sums = self.node(op, inputs, name, **attributes)
        product = self.node("Cast", [sums], name + "_cast", to=TensorProto.FLOAT)
        scales = [activation_scale, self.constant(name + "_scale", np.float32(scale))]
        factors = [product, self.node("Mul", scales, name + "_scales")]
        if not bias:
            self.node("Mul", factors, name + "_rescale", output=node.output[0])
            return
        scaled = self.node("Mul", factors, name + "_rescale")
        self.node("Add", [scaled, bias], name + "_add_bias", output=node.output[0])

    def quantize_activation(self, name):
        if name not in self.quantized:
            outputs = [name + "_quantized", name + "_scale", name + "_zero_point"]
            self.nodes.append(helper.make_node("DynamicQuantizeLinear", [name], outputs,
                                               name=name + "_QuantizeLinear"))
            self.quantized[name] = outputs
        return self.quantized[name]

    def node(self, op, inputs, name, output=None, **attributes):
        output = output or name + "_output"
        self.nodes.append(helper.make_node(op, inputs, [output], name=name, **attributes))
        return output

    def constant(self, name, values):
        self.graph.initializer.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def drop_unused(self):
        """Removes the float weights that nothing reads any more."""
        used = {name for node in self.graph.node for name in node.input}
        used.update(output.name for output in self.graph.output)
        kept = [tensor for tensor in self.graph.initializer if tensor.name in used]
        del self.graph.initializer[:]
        self.graph.initializer.extend(kept)
        inputs = [value for value in self.graph.input if value.name not in self.constants]
        del self.graph.input[:]  # old files list their constants as inputs too
        self.graph.input.extend(inputs)


def attributes_of(node):
    return {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}


def main():
    source, target = sys.argv[1:]
    model = onnx.load(source)
    opset = next(entry for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
    if opset.version < MIN_OPSET:
        model.ir_version = max(model.ir_version, MIN_IR_VERSION)
        model = version_converter.convert_version(model, MIN_OPSET)
    Quantizer(model.graph).run()
    onnx.save(model, target)


if __name__ == "__main__":
    main()
