"""A model in the making, with the arrays it is run on."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.mapping import NP_TYPE_TO_TENSOR_TYPE

OLDEST_OPSET = 7  # the first with today's broadcasting
NEWEST_OPSET = 24
IR_VERSION = 10

FLOATS = [np.float32]
INTEGERS = [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64]


def onnx_type(dtype):
    return NP_TYPE_TO_TENSOR_TYPE[np.dtype(dtype)]


class Draft:
    """Collects nodes, constants and inputs. Everything random comes from `rng`."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.opset = NEWEST_OPSET
        self.arrays = []  # of the inputs
        self.nodes = []
        self._initializers = []
        self._inputs = []
        self._outputs = []
        self._names = 0

    # Random choices

    def chance(self, probability):
        return self.rng.random() < probability

    def integer(self, low, high):
        """Between low and high, both included."""
        return int(self.rng.integers(low, high + 1))

    def pick(self, options):
        return options[self.integer(0, len(options) - 1)]

    def pick_opset(self, first=OLDEST_OPSET, last=NEWEST_OPSET):
        """Sets the opset: half of the time the newest."""
        first = max(first, OLDEST_OPSET)
        self.opset = last if self.chance(0.5) else self.integer(first, last)
        return self.opset

    def shape(self, low=1, high=5, most=600, extent=9):
        """A shape of low to high dimensions and at most `most` elements, some of them 1."""
        rank = self.integer(low, high)
        while True:
            shape = tuple(1 if self.chance(0.2) else self.integer(1, extent) for _ in range(rank))
            if np.prod(shape, dtype=int) <= most:
                return shape

    def axis(self, rank, negative=True):
        return self.integer(-rank if negative else 0, rank - 1)

    def float_type(self):
        return self.pick([np.float32] * 8 + [np.float64, np.float16])

    def floats(self, shape, low=-3.0, high=3.0, dtype=np.float32):
        return self.rng.uniform(low, high, shape).astype(dtype)

    def integers(self, shape, low, high, dtype=np.int64):
        return self.rng.integers(low, high + 1, shape).astype(dtype)

    def numbers(self, shape, dtype):
        """Small numbers of any type, such that sums and products of a few stay in range."""
        dtype = np.dtype(dtype)
        if dtype == bool:
            return self.integers(shape, 0, 1, bool)
        if dtype.kind == "f":
            return self.floats(shape, dtype=dtype)
        return self.integers(shape, 0 if dtype.kind == "u" else -5, 5, dtype)

    # Parts of the model

    def name(self, stem):
        self._names += 1
        return f"{stem}_{self._names}"

    def feed(self, array):
        """An input; one in five leaves its dimensions free."""
        name = self.name("input")
        shape = list(array.shape)
        if self.chance(0.2):
            shape = [f"{name}_{i}" for i in range(array.ndim)]
        self._inputs.append(helper.make_tensor_value_info(name, onnx_type(array.dtype), shape))
        self.arrays.append(array)
        return name

    def constant(self, array):
        """An initializer, or sometimes the output of a Constant."""
        array = np.asarray(array)
        if self.chance(0.2):
            name = self.name("constant")
            tensor = numpy_helper.from_array(array, name + "_value")
            self.nodes.append(helper.make_node("Constant", [], [name], value=tensor))
            return name
        name = self.name("weight")
        self._initializers.append(numpy_helper.from_array(array, name))
        return name

    def either(self, array, fed=0.7):
        return self.feed(array) if self.chance(fed) else self.constant(array)

    def ints(self, *values):
        """A constant of int64 values: axes, sizes and the like."""
        return self.constant(np.array(values, np.int64))

    def node(self, op, inputs, outputs=1, **attributes):
        """Appends a node; returns its output, or a list of them. Attributes of None are left out."""
        names = [self.name(op.lower()) for _ in range(outputs)]
        attributes = {key: value for key, value in attributes.items() if value is not None}
        node = helper.make_node(op, inputs, names, name=self.name(op), **attributes)
        self.nodes.append(node)
        return names[0] if outputs == 1 else names

    def output(self, name, dtype=np.float32):
        self._outputs.append(helper.make_tensor_value_info(name, onnx_type(dtype), None))

    def model(self):
        graph = helper.make_graph(self.nodes, "random", self._inputs, self._outputs,
                                  self._initializers)
        opsets = [helper.make_opsetid("", self.opset)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
