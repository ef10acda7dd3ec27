"""Random models of one elementwise operator."""

import numpy as np
from onnx import helper

from draft import INTEGERS, onnx_type

# Operators of one float input: the first opset, the range of the input, attributes.
UNARY = {
    "Abs": (6, (-3, 3), {}),
    "Acos": (7, (-1, 1), {}),
    "Acosh": (9, (1, 9), {}),
    "Asin": (7, (-1, 1), {}),
    "Asinh": (9, (-9, 9), {}),
    "Atan": (7, (-9, 9), {}),
    "Atanh": (9, (-0.99, 0.99), {}),
    "Ceil": (6, (-9, 9), {}),
    "Celu": (12, (-4, 4), {"alpha": (0.3, 2)}),
    "Cos": (7, (-9, 9), {}),
    "Cosh": (9, (-4, 4), {}),
    "Elu": (6, (-9, 9), {"alpha": (0.3, 2)}),
    "Erf": (9, (-3, 3), {}),
    "Exp": (6, (-20, 6), {}),
    "Floor": (6, (-9, 9), {}),
    "HardSigmoid": (6, (-5, 5), {"alpha": (0.1, 0.5), "beta": (0.1, 0.9)}),
    "HardSwish": (14, (-5, 5), {}),
    "LeakyRelu": (6, (-9, 9), {"alpha": (-0.5, 1.5)}),
    "Log": (6, (1e-6, 20), {}),
    "Mish": (18, (-9, 9), {}),
    "Reciprocal": (6, (0.1, 9), {}),
    "Relu": (6, (-9, 9), {}),
    "Round": (11, (-9, 9), {}),
    "Selu": (6, (-9, 9), {"alpha": (0.3, 2), "gamma": (0.3, 2)}),
    "Shrink": (9, (-3, 3), {"lambd": (0, 2), "bias": (-1, 1)}),
    "Sigmoid": (6, (-20, 20), {}),
    "Sign": (9, (-3, 3), {}),
    "Sin": (7, (-9, 9), {}),
    "Sinh": (9, (-4, 4), {}),
    "Softplus": (6, (-50, 50), {}),
    "Softsign": (6, (-9, 9), {}),
    "Sqrt": (6, (0, 9), {}),
    "Swish": (24, (-9, 9), {"alpha": (0.3, 2)}),
    "Tan": (7, (-1.4, 1.4), {}),
    "Tanh": (6, (-9, 9), {}),
    "ThresholdedRelu": (10, (-3, 3), {"alpha": (-1, 2)}),
}

ARITHMETIC = ["Add", "Sub", "Mul", "Div", "Max", "Min", "Sum", "Mean", "Mod", "Pow", "PRelu"]
COMPARISONS = {"Equal": 7, "Greater": 7, "Less": 7, "GreaterOrEqual": 12, "LessOrEqual": 12}


def unary(op):
    first, (low, high), ranges = UNARY[op]

    def build(d):
        d.pick_opset(first)
        dtype = d.float_type()
        array = d.floats(d.shape(0, 5), low, high, dtype)
        if op in ("Ceil", "Floor", "Round", "Sign"):
            array = (np.rint(array * 2) / 2).astype(dtype)  # halves and integers
        if op == "Abs" and d.chance(0.3):
            dtype = d.pick([np.int8, np.int32, np.int64])
            array = d.numbers(array.shape, dtype)
        attributes = {key: float(d.rng.uniform(*bounds)) for key, bounds in ranges.items()
                      if d.chance(0.7)}
        d.output(d.node(op, [d.feed(array)], **attributes), dtype)
    return build


def negate(d):
    d.pick_opset()
    dtype = d.pick([np.float32, np.float32, np.float64, np.int8, np.int32, np.int64])
    d.output(d.node("Neg", [d.feed(d.numbers(d.shape(0), dtype))]), dtype)


def gelu(d):
    d.pick_opset(20)
    approximate = d.pick([None, "none", "tanh"])
    d.output(d.node("Gelu", [d.feed(d.floats(d.shape(0), -6, 6))], approximate=approximate))


def identity(d):
    d.pick_opset()
    dtype = d.pick([np.float32, np.float16, np.float64, bool, *INTEGERS])
    d.output(d.node("Identity", [d.feed(d.numbers(d.shape(0), dtype))]), dtype)


def dropout(d):
    d.pick_opset()
    value = d.feed(d.floats(d.shape(0)))
    ratio = 0.3 if d.opset < 12 and d.chance(0.5) else None
    if d.opset >= 12 and d.chance(0.5):
        inputs = [value, d.constant(np.float32(0.3))]
        if d.chance(0.5):
            inputs.append(d.constant(np.bool_(False)))
    else:
        inputs = [value]
    if d.opset >= 12 and d.chance(0.3):  # older ones do not say what the mask holds
        result, mask = d.node("Dropout", inputs, 2, ratio=ratio)
        d.output(mask, bool)
    else:
        result = d.node("Dropout", inputs, ratio=ratio)
    d.output(result)


def classify(op, first):
    def build(d):
        d.pick_opset(first)
        array = d.floats(d.shape(0), -3, 3)
        special = np.array([np.nan, np.inf, -np.inf], np.float32)
        chosen = d.rng.random(array.shape) < 0.5
        array = np.where(chosen, d.rng.choice(special, array.shape), array).astype(np.float32)
        attributes = {}
        if op == "IsInf" and d.chance(0.5):
            attributes = {"detect_negative": d.integer(0, 1), "detect_positive": d.integer(0, 1)}
        d.output(d.node(op, [d.feed(array)], **attributes), bool)
    return build


def broadcast_shapes(d, count):
    """Shapes that broadcast together: dimensions become 1 or, from the left, disappear."""
    full = d.shape(0, 5)
    shapes = []
    for _ in range(count):
        shape = [1 if d.chance(0.3) else extent for extent in full]
        shapes.append(tuple(shape[d.integer(0, len(shape)):] if d.chance(0.3) else shape))
    return shapes


def arithmetic(op):
    def build(d):
        d.pick_opset(10 if op == "Mod" else 7)
        dtype = d.float_type()
        if op in ("Add", "Sub", "Mul", "Div", "Mod", "Max", "Min") and d.chance(0.4):
            dtype = d.pick([np.int32, np.int64, np.int32, np.int64, np.int8, np.uint8, np.uint32,
                            np.uint64, np.int16, np.uint16])
        if op in ("Sum", "Mean"):
            dtype = np.float32  # where halves are rounded between the terms is left open
        count = d.integer(1, 4) if op in ("Max", "Min", "Sum", "Mean") else 2
        if d.opset < 8 and count != 2:
            shapes = [d.shape(0, 4)] * count
        else:
            shapes = broadcast_shapes(d, count)
        arrays = [d.numbers(shape, dtype) for shape in shapes]
        attributes = {}
        if op in ("Div", "Mod"):
            arrays[1] = np.where(np.abs(arrays[1]) < 0.2, arrays[1].dtype.type(2), arrays[1])
        if op == "Mod":
            attributes["fmod"] = 1 if np.dtype(dtype).kind == "f" else d.integer(0, 1)
        if op == "Pow":
            arrays[0] = np.abs(arrays[0]) + arrays[0].dtype.type(0.1)
            if d.opset >= 12 and d.chance(0.3):
                dtype = d.pick([np.int32, np.int64])
                arrays = [d.integers(shapes[0], -4, 4, dtype), d.integers(shapes[1], 0, 4, dtype)]
            elif d.chance(0.5):
                exponent = d.pick([0.5, 1.0, 2.0, 3.0, -1.0, 0.0])
                arrays[1] = np.full(d.pick([(), (1,)]), exponent, dtype)
        if op == "PRelu":  # only the slope is broadcast
            arrays[0] = d.numbers(np.broadcast_shapes(*shapes), dtype)
        inputs = [d.feed(arrays[0])] + [d.either(array) for array in arrays[1:]]
        if op not in ("PRelu", "Pow", "Mod", "Div") and d.chance(0.3):
            inputs.reverse()
        d.output(d.node(op, inputs, **attributes), dtype)
    return build


def comparison(op):
    def build(d):
        d.pick_opset(COMPARISONS[op])
        dtype = d.pick([np.float32, np.float32, np.float64, np.int32, np.int64])
        if op == "Equal" and d.chance(0.2):
            dtype = bool
        first, second = broadcast_shapes(d, 2)
        a, b = d.numbers(first, dtype), d.numbers(second, dtype)
        if np.dtype(dtype).kind == "f":
            a, b = np.rint(a).astype(dtype), np.rint(b).astype(dtype)
        d.output(d.node(op, [d.feed(a), d.either(b)]), bool)
    return build


def logic(op):
    def build(d):
        d.pick_opset()
        first, second = broadcast_shapes(d, 2)
        d.output(d.node(op, [d.feed(d.numbers(first, bool)), d.either(d.numbers(second, bool))]),
                 bool)
    return build


def negation(d):
    d.pick_opset()
    d.output(d.node("Not", [d.feed(d.numbers(d.shape(0), bool))]), bool)


def where(d):
    d.pick_opset(9)
    dtype = d.pick([np.float32, np.float32, np.float64, np.int64, np.int32, np.uint8, bool])
    shapes = broadcast_shapes(d, 3)
    condition = d.either(d.numbers(shapes[0], bool))
    d.output(d.node("Where", [condition, d.feed(d.numbers(shapes[1], dtype)),
                              d.either(d.numbers(shapes[2], dtype))]), dtype)


def cast(d):
    d.pick_opset()
    types = [np.float32, np.float16, np.float64, bool, *INTEGERS]
    source, target = d.pick(types), d.pick(types)
    array = d.numbers(d.shape(0), source)
    if np.dtype(target).kind == "u" and source != bool:
        array = np.abs(array)
    d.output(d.node("Cast", [d.feed(array)], to=onnx_type(target)), target)


def clip(d):
    d.pick_opset()
    low, high = sorted(d.rng.uniform(-3, 3, 2))
    low, high = (low if d.chance(0.8) else None), (high if d.chance(0.8) else None)
    if d.opset < 11:
        value = d.feed(d.floats(d.shape(0)))
        d.output(d.node("Clip", [value], min=low, max=high))
        return
    dtype = np.float32
    if d.opset >= 12 and d.chance(0.3):
        dtype = d.pick([np.int8, np.uint8, np.int32, np.int64])
        low, high = (None if bound is None else abs(int(bound)) for bound in (low, high))
    inputs = [d.feed(d.numbers(d.shape(0), dtype))]
    for bound in (low, high):
        inputs.append("" if bound is None else d.either(np.array(bound, dtype), 0.3))
    d.output(d.node("Clip", inputs), dtype)


def conditional(d):
    """An If whose condition is a constant; its branches read values from outside."""
    d.pick_opset(11)
    value = d.feed(d.floats(d.shape(0)))
    branches = {}
    for branch, op in (("then_branch", "Relu"), ("else_branch", "Neg")):
        info = helper.make_tensor_value_info(branch + "_result", onnx_type(np.float32), None)
        node = helper.make_node(op, [value], [branch + "_result"], name=branch)
        branches[branch] = helper.make_graph([node], branch, [], [info])
    d.output(d.node("If", [d.constant(np.bool_(d.chance(0.5)))], **branches))


OPERATORS = {
    **{op: unary(op) for op in UNARY},
    **{op: arithmetic(op) for op in ARITHMETIC},
    **{op: comparison(op) for op in COMPARISONS},
    **{op: logic(op) for op in ("And", "Or", "Xor")},
    "Cast": cast,
    "Clip": clip,
    "Dropout": dropout,
    "Gelu": gelu,
    "Identity": identity,
    "If": conditional,
    "IsInf": classify("IsInf", 10),
    "IsNaN": classify("IsNaN", 9),
    "Neg": negate,
    "Not": negation,
    "Where": where,
}
