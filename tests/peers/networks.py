"""Random models of many nodes: what exporters write, with branches, so that passes have work."""

import numpy as np
from onnx import TensorProto

from draft import onnx_type

ACTIVATIONS = ["Relu", "LeakyRelu", "Sigmoid", "Tanh", "HardSigmoid", "HardSwish", "Elu", "Clip",
               "PRelu", "Swish", "Gelu", "Softplus", "HardSwishWritten", "None"]


def activation(d, value, channels_first=None):
    """One of ACTIVATIONS. `channels_first`: channels and spatial rank where those come first."""
    kind = d.pick(ACTIVATIONS)
    if kind == "None":
        return value
    if kind == "Clip":
        if d.opset < 11:
            return d.node("Clip", [value], min=0.0, max=6.0)
        return d.node("Clip", [value, d.constant(np.float32(0)), d.constant(np.float32(6))])
    if kind == "PRelu":
        shape = [channels_first[0]] + [1] * channels_first[1] if channels_first else [1]
        return d.node("PRelu", [value, d.constant(d.floats(shape, 0, 0.5))])
    if kind == "HardSwish" and d.opset < 14:
        kind = "HardSwishWritten"
    if kind == "Swish":
        return d.node("Mul", shuffled(d, value, d.node("Sigmoid", [value])))
    if kind == "Gelu":
        root = d.node("Div", [value, d.constant(np.float32(np.sqrt(2)))])
        shifted = d.node("Add", shuffled(d, d.node("Erf", [root]), d.constant(np.float32(1))))
        product = d.node("Mul", [value, shifted])
        return d.node("Mul", [product, d.constant(np.float32(0.5))])
    if kind == "HardSwishWritten":
        shifted = d.node("Add", [value, d.constant(np.float32(3))])
        if d.opset < 11:
            clipped = d.node("Clip", [shifted], min=0.0, max=6.0)
        else:
            clipped = d.node("Clip", [shifted, d.constant(np.float32(0)),
                                      d.constant(np.float32(6))])
        product = d.node("Mul", shuffled(d, value, clipped))
        return d.node("Div", [product, d.constant(np.float32(6))])
    return d.node(kind, [value])


def shuffled(d, *values):
    return list(values) if d.chance(0.5) else list(reversed(values))


def rescaled(d, shape, fan_in):
    """Weights that keep the size of activations."""
    return (d.rng.standard_normal(shape) / np.sqrt(fan_in)).astype(np.float32)


class Image:
    """A value [batch, channels, extents...] of a convolutional network."""

    def __init__(self, name, channels, extents):
        self.name = name
        self.channels = channels
        self.extents = tuple(extents)

    def same(self, name):
        return Image(name, self.channels, self.extents)


def convolve(d, x, channels=None, most_kernel=3, stride=None):
    """A convolution, often with batch normalization and an activation."""
    group = 1
    if channels is None:
        channels = d.integer(1, 20)
    depthwise = channels == x.channels and d.chance(0.4)
    if depthwise:
        group = x.channels
    kernel = [d.pick([1, most_kernel]) for _ in x.extents]
    stride = stride or (1 if d.chance(0.7) or min(x.extents) < 3 else 2)
    weights = rescaled(d, (channels, x.channels // group, *kernel),
                       x.channels // group * np.prod(kernel))
    names = [x.name, d.constant(weights)]
    if d.chance(0.5):
        names.append(d.constant(d.floats(channels, -0.5, 0.5)))
    result = d.node("Conv", names, group=group, strides=[stride] * len(kernel),
                    pads=[size // 2 for size in kernel] * 2)
    if d.chance(0.5):
        statistics = [d.floats(channels, 0.5, 1.5), d.floats(channels, -0.5, 0.5),
                      d.floats(channels, -0.5, 0.5), d.floats(channels, 0.5, 1.5)]
        result = d.node("BatchNormalization", [result, *map(d.constant, statistics)])
    result = activation(d, result, (channels, len(kernel)))
    return Image(result, channels, [(extent - 1) // stride + 1 for extent in x.extents])


def residual(d, x):
    branch = convolve(d, x, x.channels, stride=1)
    other = convolve(d, x, x.channels, stride=1) if d.chance(0.4) else x
    result = d.node(d.pick(["Add", "Add", "Add", "Mul", "Sub"]),
                    shuffled(d, branch.name, other.name))
    return x.same(activation(d, result, (x.channels, len(x.extents))))


def concatenated(d, x):
    branches = [x] if d.chance(0.5) else []
    branches += [convolve(d, x, stride=1) for _ in range(d.integer(1, 3))]
    names = [branch.name for branch in branches]
    return Image(d.node("Concat", names, axis=1), sum(b.channels for b in branches), x.extents)


def pooled(d, x):
    op = d.pick(["MaxPool", "AveragePool"])
    rank = len(x.extents)
    kernel, stride = d.pick([(3, 1), (3, 2), (1, 2)])
    result = d.node(op, [x.name], kernel_shape=[kernel] * rank, strides=[stride] * rank,
                    pads=[kernel // 2] * 2 * rank)
    return Image(result, x.channels, [(extent - 1) // stride + 1 for extent in x.extents])


def upsampled(d, x):
    if d.opset < 11 or len(x.extents) != 2:
        return x
    scales = d.constant(np.array([1, 1, 2, 2], np.float32))
    mode = d.pick(["nearest", "linear"])
    result = d.node("Resize", [x.name, d.constant(np.zeros(0, np.float32)), scales], mode=mode,
                    coordinate_transformation_mode=d.pick(["asymmetric", "half_pixel"]),
                    nearest_mode="floor" if mode == "nearest" else None)
    return Image(result, x.channels, [2 * extent for extent in x.extents])


def shuffled_channels(d, x):
    groups = d.pick([count for count in (1, 2, 3, 4) if x.channels % count == 0])
    rank = len(x.extents)
    split = d.node("Reshape", [x.name, d.ints(1, groups, x.channels // groups, *x.extents)])
    swapped = d.node("Transpose", [split], perm=[0, 2, 1, *range(3, 3 + rank)])
    return x.same(d.node("Reshape", [swapped, d.ints(1, x.channels, *x.extents)]))


def excited(d, x):
    """Squeeze and excitation."""
    axes = list(range(2, 2 + len(x.extents)))
    if d.chance(0.5):
        means = d.node("GlobalAveragePool", [x.name])
    elif d.opset < 18:
        means = d.node("ReduceMean", [x.name], axes=axes, keepdims=1)
    else:
        means = d.node("ReduceMean", [x.name, d.ints(*axes)], keepdims=1)
    weights = rescaled(d, (x.channels, x.channels, *[1] * len(x.extents)), x.channels)
    gate = d.node(d.pick(["Sigmoid", "HardSigmoid"]),
                  [d.node("Conv", [means, d.constant(weights)])])
    return x.same(d.node("Mul", shuffled(d, x.name, gate)))


def split_channels(d, x):
    if x.channels < 2:
        return x
    first = d.integer(1, x.channels - 1)
    sizes = [first, x.channels - first]
    if d.opset < 13:
        left, right = d.node("Split", [x.name], 2, axis=1, split=sizes)
    else:
        left, right = d.node("Split", [x.name, d.ints(*sizes)], 2, axis=1)
    right = convolve(d, Image(right, sizes[1], x.extents), sizes[1], stride=1).name
    return x.same(d.node("Concat", shuffled(d, left, right), axis=1))


def padded(d, x):
    if d.opset < 11:
        return x
    rank = len(x.extents)
    before = [d.integer(0, 1) for _ in x.extents]
    after = [d.integer(0, 1) for _ in x.extents]
    mode = d.pick(["constant", "edge"])
    result = d.node("Pad", [x.name, d.ints(0, 0, *before, 0, 0, *after)], mode=mode)
    return Image(result, x.channels, [sum(part) for part in zip(x.extents, before, after)])


def scaled(d, x):
    """A product and a sum with constants per channel or of one element."""
    shape = d.pick([(x.channels, *[1] * len(x.extents)), (1,), ()])
    product = d.node(d.pick(["Mul", "Div"]), [x.name, d.constant(d.floats(shape, 0.5, 1.5))])
    return x.same(d.node(d.pick(["Add", "Sub"]), [product, d.constant(d.floats(shape, -1, 1))]))


def transposed(d, x):
    """To channels last and back, with something between."""
    rank = len(x.extents)
    last = d.node("Transpose", [x.name], perm=[0, *range(2, 2 + rank), 1])
    last = d.node("Add", [last, d.constant(d.floats(x.channels, -1, 1))])
    if d.chance(0.5):
        last = d.node("Softmax", [last], axis=-1 if d.opset >= 13 else rank + 1)
    return x.same(d.node("Transpose", [last], perm=[0, rank + 1, *range(1, 1 + rank)]))


def enlarged(d, x):
    channels = d.integer(1, 8)
    weights = rescaled(d, (x.channels, channels, *[2] * len(x.extents)), x.channels)
    result = d.node("ConvTranspose", [x.name, d.constant(weights)], strides=[2] * len(x.extents))
    return Image(result, channels, [2 * extent for extent in x.extents])


def normalized(d, x):
    parameters = [d.constant(d.floats(x.channels)) for _ in range(2)]
    return x.same(d.node("InstanceNormalization", [x.name, *parameters]))


BLOCKS = [convolve, convolve, convolve, residual, residual, residual, concatenated, concatenated,
          pooled, upsampled, shuffled_channels, excited, split_channels, padded, scaled, transposed,
          enlarged, normalized]


def image_classifier(d):
    d.pick_opset(9)
    rank = d.pick([1, 2, 2, 2, 2, 3])
    extents = [d.integer(2, (30, 12, 5)[rank - 1]) for _ in range(rank)]
    x = Image("", d.integer(1, 6), extents)
    x.name = d.feed(d.floats((1, x.channels, *extents)))
    seen = []
    for _ in range(d.integer(2, 7)):
        if np.prod(x.extents) * x.channels < 20000:
            x = d.pick(BLOCKS)(d, x)
            seen.append(x)
    for extra in seen[:-1]:
        if d.chance(0.15) and extra.name not in [x.name, d.nodes[0].output[0]]:
            d.output(extra.name)
    if d.chance(0.5):
        d.output(x.name) if x.name != "input_1" else d.output(d.node("Relu", [x.name]))
        return
    value = d.node("GlobalAveragePool", [x.name])
    value = d.node("Flatten", [value])
    outputs = d.integer(1, 12)
    names = [value, d.constant(rescaled(d, (outputs, x.channels), x.channels)),
             d.constant(d.floats(outputs))]
    value = d.node("Gemm", names, transB=1)
    d.output(d.node("Softmax", [value], axis=1) if d.chance(0.5) else value)


def linear(d, value, inputs, outputs, rank):
    """MatMul and Add, or Gemm where the value is a matrix."""
    weights = rescaled(d, (inputs, outputs), inputs)
    bias = d.constant(d.floats(outputs, -0.5, 0.5))
    if rank == 2 and d.chance(0.5):
        return d.node("Gemm", [value, d.constant(weights), bias])
    product = d.node("MatMul", [value, d.constant(weights)])
    return d.node("Add", shuffled(d, product, bias)) if d.chance(0.8) else product


def mean_last(d, value):
    if d.opset < 18:
        return d.node("ReduceMean", [value], axes=[-1], keepdims=1)
    return d.node("ReduceMean", [value, d.ints(-1)], keepdims=1)


def normalize(d, value, width):
    """Layer normalization: the operator, or as older exporters write it."""
    gain, bias = d.constant(d.floats(width, 0.5, 1.5)), d.constant(d.floats(width, -0.5, 0.5))
    if d.opset >= 17 and d.chance(0.5):
        return d.node("LayerNormalization", [value, gain, bias], axis=-1)
    centred = d.node("Sub", [value, mean_last(d, value)])
    square = (d.node("Mul", [centred, centred]) if d.chance(0.3)
              else d.node("Pow", [centred, d.constant(np.float32(2))]))
    variance = d.node("Add", shuffled(d, mean_last(d, square), d.constant(np.float32(1e-5))))
    value = d.node("Div", [centred, d.node("Sqrt", [variance])])
    return d.node("Add", shuffled(d, d.node("Mul", shuffled(d, value, gain)), bias))


def attention(d, value, length, width):
    heads = d.pick([count for count in (1, 2, 4) if width % count == 0])
    def project(order):
        x = linear(d, value, width, width, 3)
        x = d.node("Reshape", [x, d.ints(0, 0, heads, width // heads)])
        return d.node("Transpose", [x], perm=order)
    query, key = project([0, 2, 1, 3]), project([0, 2, 3, 1])
    scores = d.node("MatMul", [query, key])
    root = np.float32(np.sqrt(width / heads))
    scores = (d.node("Div", [scores, d.constant(root)]) if d.chance(0.5)
              else d.node("Mul", [scores, d.constant(np.float32(1 / root))]))
    if d.chance(0.5):
        mask = np.where(d.rng.random((1, 1, 1, length)) < 0.3, -1e4, 0).astype(np.float32)
        scores = d.node("Add", [scores, d.either(mask)])
    weights = d.node("Softmax", [scores], axis=-1 if d.opset >= 13 else 3)
    result = d.node("Transpose", [d.node("MatMul", [weights, project([0, 2, 1, 3])])],
                    perm=[0, 2, 1, 3])
    result = d.node("Reshape", [result, d.ints(0, 0, width)])
    return linear(d, result, width, width, 3)


def transformer(d):
    d.pick_opset(9)
    length, width = d.integer(1, 9), 4 * d.integer(1, 8)
    value = d.feed(d.floats((d.integer(1, 2), length, width), -1, 1))
    for _ in range(d.integer(1, 2)):
        before = value
        if d.chance(0.7):
            value = attention(d, value, length, width)
            value = normalize(d, d.node("Add", shuffled(d, value, before)), width)
        hidden = d.integer(1, 40)
        x = activation(d, linear(d, value, width, hidden, 3))
        x = d.node("Add", shuffled(d, linear(d, x, hidden, width, 3), value))
        value = normalize(d, x, width) if d.chance(0.8) else x
    d.output(value)


def perceptron(d):
    d.pick_opset(9)
    width = d.integer(1, 40)
    batch = d.integer(1, 20)
    value = d.feed(d.floats((batch, width)))
    for _ in range(d.integer(1, 4)):
        before, inputs = value, width
        width = d.pick([width, d.integer(1, 70)])
        value = activation(d, linear(d, value, inputs, width, 2))
        if width == inputs and d.chance(0.5):
            value = d.node("Add", shuffled(d, value, before))
        if d.chance(0.2):
            value = normalize(d, value, width)
        if d.chance(0.15):
            value = d.node("Concat", [value, before], axis=1)
            width += inputs
    d.output(value)


def speech(d):
    """Convolutions over time, recurrent layers, a linear layer."""
    d.pick_opset(9)
    steps, inputs = d.integer(1, 12), d.integer(1, 10)
    x = Image(d.feed(d.floats((1, inputs, steps))), inputs, [steps])
    for _ in range(d.integer(0, 2)):
        x = convolve(d, x)
    value, width = d.node("Transpose", [x.name], perm=[2, 0, 1]), x.channels
    for _ in range(d.integer(1, 2)):
        op, gates = d.pick([("LSTM", 4), ("GRU", 3), ("RNN", 1)])
        directions, hidden = d.integer(1, 2), d.integer(1, 20)
        names = [value, d.constant(rescaled(d, (directions, gates * hidden, width), width)),
                 d.constant(rescaled(d, (directions, gates * hidden, hidden), hidden)),
                 d.constant(d.floats((directions, 2 * gates * hidden), -0.3, 0.3))]
        results = d.node(op, names, 2, hidden_size=hidden,
                         direction="bidirectional" if directions == 2 else "forward",
                         linear_before_reset=d.integer(0, 1) if op == "GRU" else None)
        if directions == 1 and d.chance(0.5):
            value = (d.node("Squeeze", [results[0], d.ints(1)]) if d.opset >= 13
                     else d.node("Squeeze", [results[0]], axes=[1]))
        else:
            value = d.node("Transpose", [results[0]], perm=[0, 2, 1, 3])
            value = d.node("Reshape", [value, d.ints(0, 0, -1)])
        width = directions * hidden
        if d.chance(0.5):
            d.output(results[1])
    d.output(activation(d, linear(d, value, width, d.integer(1, 9), 3)))


def reshaped_by_shape(d):
    """A reshape whose shape is computed from the shape of the input, as PyTorch writes `view`."""
    d.pick_opset(11)
    shape = d.shape(3, 3)
    value = d.feed(d.floats(shape))
    extent = d.node("Gather", [d.node("Shape", [value]), d.constant(np.int64(0))], axis=0)
    if d.opset >= 13:
        extent = d.node("Unsqueeze", [extent, d.ints(0)])
    else:
        extent = d.node("Unsqueeze", [extent], axes=[0])
    target = d.node("Concat", [extent, d.ints(-1)], axis=0)
    value = d.node("Reshape", [value, target])
    width = shape[1] * shape[2]
    d.output(activation(d, linear(d, value, width, d.integer(1, 9), 2)))


# Quantized models. Roundings start from inputs of the model, on which both agree to the bit; where
# layers follow each other, scales are powers of two and every value is a multiple of one.

def quantized_weights(d, shape, dtype, per_axis):
    bound = 63  # products of uint8 and int8 saturate in ONNX Runtime on older CPUs beyond
    weights = d.integers(shape, 0 if dtype == np.uint8 else -bound, bound, dtype)
    scale = d.floats(per_axis or (), 0.005, 0.02)
    return weights, scale


def dynamically_quantized(d):
    """What quantize_dynamic writes for a MatMul or Conv with a bias, and an activation."""
    d.pick_opset(13)
    dtype = d.pick([np.int8, np.uint8])
    image = d.chance(0.5)
    channels, outputs = d.integer(1, 20), d.integer(1, 20)
    if image:
        rank = d.integer(1, 2)
        extents = [d.integer(3, 9) for _ in range(rank)]
        value = d.feed(d.floats((1, channels, *extents)))
        weights = (outputs, channels, *[d.pick([1, 3])] * rank)
    else:
        value = d.feed(d.floats((*[d.integer(1, 4)] * d.integer(0, 2), d.integer(1, 9), channels)))
        weights = (channels, outputs)
    if d.chance(0.3):
        value = d.node("Relu", [value])
    per_axis = outputs if d.chance(0.4) and not image else None
    weights, scale = quantized_weights(d, weights, dtype, per_axis)
    zero = np.zeros(per_axis or (), dtype) if dtype == np.int8 else np.uint8(31) + np.zeros(
        per_axis or (), dtype)
    integers, x_scale, x_zero = d.node("DynamicQuantizeLinear", [value], 3)
    names = [integers, d.constant(weights), x_zero, d.constant(zero)]
    if image:
        size = weights.shape[2]
        sums = d.node("ConvInteger", names, pads=[size // 2] * 2 * (weights.ndim - 2),
                      strides=[d.integer(1, 2)] * (weights.ndim - 2))
    else:
        sums = d.node("MatMulInteger", names)
    reals = d.node("Cast", [sums], to=TensorProto.FLOAT)
    scales = d.node("Mul", shuffled(d, x_scale, d.constant(scale)))
    result = d.node("Mul", shuffled(d, reals, scales))
    if d.chance(0.7):
        bias = d.floats(outputs)
        if image:
            bias = bias.reshape(outputs, *[1] * (weights.ndim - 2))
        result = d.node("Add", shuffled(d, result, d.constant(bias)))
    if d.chance(0.5):
        result = d.node("Relu", [result])
    if d.chance(0.2):
        d.output(sums, np.int32)
    d.output(result)


def dequantized(d, array, scale, zero, **attributes):
    return d.node("DequantizeLinear", list(map(d.constant, (array, scale, zero))), **attributes)


def quantized_dequantized(d, value, dtype):
    parameters = [d.constant(np.float32(2.0 ** d.integer(-5, -3))),
                  d.constant(dtype(128 if dtype == np.uint8 else 0) + dtype(0))]
    integers = d.node("QuantizeLinear", [value, *parameters])
    return d.node("DequantizeLinear", [integers, *parameters])


def quantize_dequantize_network(d):
    """QDQ: convolutions or matrix products between QuantizeLinear and DequantizeLinear."""
    d.pick_opset(13)
    dtype = d.pick([np.uint8, np.int8])
    image = d.chance(0.6)
    channels = d.integer(1, 8)
    if image:
        value = d.feed(d.floats((1, channels, d.integer(3, 9), d.integer(3, 9))))
    else:
        value = d.feed(d.floats((d.integer(1, 8), channels)))
    for _ in range(d.integer(1, 3)):
        outputs = d.integer(1, 8)
        value = quantized_dequantized(d, value, dtype)
        size = d.pick([1, 3])
        shape = (outputs, channels, size, size) if image else (channels, outputs)
        per_axis = d.chance(0.5)
        scale = np.float32(2.0) ** d.integers(outputs if per_axis else (), -8, -6, np.float32)
        weights = dequantized(d, d.integers(shape, -63, 63, np.int8), scale,
                              np.zeros(outputs if per_axis else (), np.int8),
                              axis=(0 if image else 1) if per_axis else None)
        bias = d.constant((d.integers(outputs, -64, 64) / 64).astype(np.float32))
        if image:
            value = d.node("Conv", [value, weights, bias], pads=[size // 2] * 4)
        elif d.chance(0.5):
            value = d.node("Gemm", [value, weights, bias])
        else:
            value = d.node("Add", [d.node("MatMul", [value, weights]), bias])
        if d.chance(0.5):
            value = d.node("Relu", [value])
        channels = outputs
    if d.chance(0.5):
        value = quantized_dequantized(d, value, dtype)
    d.output(value)


def integer_network(d):
    """QLinearConv after QLinearConv, or QLinearMatMul, between Quantize- and DequantizeLinear."""
    d.pick_opset(10)
    dtype = d.pick([np.uint8, np.int8])
    zero = dtype(128 if dtype == np.uint8 else 3) + dtype(0)
    scale = np.float32(2.0 ** -5)
    image = d.chance(0.6)
    channels = d.integer(1, 8)
    shape = (1, channels, d.integer(3, 9), d.integer(3, 9)) if image else (d.integer(1, 8), channels)
    value = d.node("QuantizeLinear", [d.feed(d.floats(shape)), d.constant(scale), d.constant(zero)])
    for _ in range(d.integer(1, 3)):
        outputs = d.integer(1, 8)
        size = d.pick([1, 3])
        shape = (outputs, channels, size, size) if image else (channels, outputs)
        names = [value, d.constant(scale), d.constant(zero),
                 d.constant(d.integers(shape, -63, 63, np.int8)),
                 d.constant(np.float32(2.0 ** -7)), d.constant(np.int8(0)),
                 d.constant(scale), d.constant(zero)]
        if image:
            if d.chance(0.5):
                names.append(d.constant(d.integers(outputs, -500, 500, np.int32)))
            value = d.node("QLinearConv", names, pads=[size // 2] * 4)
            if d.opset >= 12 and d.chance(0.3):
                value = d.node("MaxPool", [value], kernel_shape=[2, 2])
                value = d.node("Pad", [value, d.ints(0, 0, 0, 0, 0, 0, 1, 1), d.constant(zero)]) \
                    if d.opset >= 13 else value
        else:
            value = d.node("QLinearMatMul", names)
        channels = outputs
        if d.opset < 13 and image:
            break
    d.output(d.node("DequantizeLinear", [value, d.constant(scale), d.constant(zero)]))


def elementwise_tree(d):
    """Elementwise operators on values of broadcasting shapes, each of which may be used twice."""
    d.pick_opset(9)
    full = d.shape(1, 4)
    values = [(d.feed(d.floats(full, 0.2, 2)), full)]
    for _ in range(d.integer(2, 8)):
        name, shape = d.pick(values)
        if d.chance(0.4):
            name = d.node(d.pick(["Relu", "Sigmoid", "Tanh", "Exp", "Abs", "Sqrt", "Neg"][:5]),
                          [name])
            if d.chance(0.5):
                name = d.node("Sigmoid", [name])
        elif d.chance(0.5):
            other = tuple(1 if d.chance(0.4) else extent for extent in full)
            name = d.node(d.pick(["Add", "Mul", "Sub", "Div", "Max", "Min"]),
                          shuffled(d, name, d.constant(d.floats(other, 0.2, 2))))
            shape = np.broadcast_shapes(shape, other)
        else:
            other, other_shape = d.pick(values)
            name = d.node(d.pick(["Add", "Mul", "Sub", "Max", "Min"]), [name, other])
            name = d.node("Tanh", [name])
            shape = np.broadcast_shapes(shape, other_shape)
        values.append((name, shape))
    d.output(values[-1][0])
    if d.chance(0.3) and len(values) > 2:
        d.output(d.node("Cast", [values[1][0]], to=onnx_type(np.float64)), np.float64)


NETWORKS = {
    "dynamically_quantized": dynamically_quantized,
    "elementwise_tree": elementwise_tree,
    "image_classifier": image_classifier,
    "image_classifier_again": image_classifier,
    "integer_network": integer_network,
    "perceptron": perceptron,
    "quantize_dequantize": quantize_dequantize_network,
    "reshaped_by_shape": reshaped_by_shape,
    "speech": speech,
    "transformer": transformer,
}
