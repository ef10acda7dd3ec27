"""Random models of one product, pooling, normalization, recurrent or quantized operator."""

import numpy as np

EQUATIONS = ["ij,jk->ik", "bij,bjk->bik", "bhid,bhjd->bhij", "ij->ji", "ij->i", "i,i->", "ij,ij->ij",
             "bij,jk", "i,j->ij", "ii->i", "bij->b", "ijk,kl->ijl"]


AUTO_PADS = ["SAME_UPPER", "SAME_LOWER", "VALID"]


def window(d, extents, most_kernel=4, dilated=True, auto_pads=AUTO_PADS):
    """kernel_shape and attributes of a window that fits into the extents."""
    rank = len(extents)
    kernel = [d.integer(1, min(most_kernel, extent)) for extent in extents]
    attributes = {}
    if d.chance(0.6):
        attributes["strides"] = [d.integer(1, 3) for _ in range(rank)]
    if dilated and d.chance(0.3):
        attributes["dilations"] = [
            d.integer(1, 2) if (size - 1) * 2 < extent else 1
            for size, extent in zip(kernel, extents)]
    if d.chance(0.2):
        attributes["auto_pad"] = d.pick(auto_pads)
    elif d.chance(0.6):
        attributes["pads"] = [d.integer(0, size - 1) for size in kernel * 2]
    return kernel, attributes


def image_shape(d, low=1, high=3, channels=None):
    """[batch, channels, extents...]; few dimensions may be larger."""
    rank = d.integer(low, high)
    extents = [d.integer(1, (24, 14, 7)[rank - 1]) for _ in range(rank)]
    return [d.integer(1, 2), channels or d.integer(1, 20), *extents]


def conv(d):
    d.pick_opset()
    group = d.pick([1, 1, 1, 2, 3])
    inputs, outputs = group * d.integer(1, 12), group * d.integer(1, 12)
    if d.chance(0.2):  # depthwise
        group = inputs
        outputs = inputs * d.pick([1, 1, 2])
    shape = image_shape(d, channels=inputs)
    kernel, attributes = window(d, shape[2:])
    weights = d.floats((outputs, inputs // group, *kernel), -1, 1)
    names = [d.feed(d.floats(shape)), d.constant(weights)]
    if d.chance(0.6):
        names.append(d.constant(d.floats(outputs)))
    kernel_shape = kernel if d.chance(0.7) else None
    d.output(d.node("Conv", names, group=group, kernel_shape=kernel_shape, **attributes))


def conv_transpose(d):
    d.pick_opset()
    group = d.pick([1, 1, 2, 3])
    inputs, outputs = group * d.integer(1, 6), d.integer(1, 6)
    shape = image_shape(d, 1, 2, inputs)
    kernel = [d.integer(1, 4) for _ in shape[2:]]
    attributes = {}
    strides = [d.integer(1, 3) for _ in kernel]
    if d.chance(0.7):
        attributes["strides"] = strides
    else:
        strides = [1] * len(kernel)
    dilations = [1] * len(kernel)
    if d.chance(0.3):
        dilations = attributes["dilations"] = [d.integer(1, 2) for _ in kernel]
    if d.chance(0.15):
        attributes["auto_pad"] = d.pick(AUTO_PADS)
    elif d.chance(0.2):
        attributes["output_shape"] = [
            (extent - 1) * stride + (size - 1) * dilation + 1 - d.integer(0, min(size - 1, 1))
            for extent, stride, size, dilation in zip(shape[2:], strides, kernel, dilations)]
    else:
        if d.chance(0.5):
            attributes["pads"] = [d.integer(0, (size - 1) // 2) for size in kernel * 2]
        if d.chance(0.3):
            attributes["output_padding"] = [d.integer(0, stride - 1) for stride in strides]
    names = [d.feed(d.floats(shape)),
             d.constant(d.floats((inputs, outputs, *kernel), -1, 1))]
    if d.chance(0.5):
        names.append(d.constant(d.floats(outputs * group)))
    d.output(d.node("ConvTranspose", names, group=group, **attributes))


def gemm(d):
    d.pick_opset()
    m, k, n = (d.integer(1, 40) for _ in range(3))
    transposed_a, transposed_b = d.integer(0, 1), d.integer(0, 1)
    a = d.floats((k, m) if transposed_a else (m, k))
    b = d.floats((n, k) if transposed_b else (k, n), -1, 1)
    names = [d.feed(a), d.either(b, 0.2)]
    if d.opset < 11 or d.chance(0.7):
        names.append(d.either(d.floats(d.pick([(n,), (1, n), (m, 1), (m, n), (1,), ()])), 0.3))
    attributes = {}
    if d.chance(0.3):
        attributes = {"alpha": d.rng.uniform(-2, 2), "beta": d.rng.uniform(-2, 2)}
    d.output(d.node("Gemm", names, transA=transposed_a, transB=transposed_b, **attributes))


def matmul_shapes(d):
    m, k, n = (d.integer(1, 24) for _ in range(3))
    batch = [d.integer(1, 3) for _ in range(d.integer(0, 2))]
    first = [1 if d.chance(0.2) else extent for extent in batch][d.integer(0, len(batch)):]
    second = batch[d.integer(0, len(batch)):]
    a = first if d.chance(0.15) and not first else [*first, m]
    return [*a, k], ([k] if d.chance(0.1) else [*second, k, n])


def matmul(d):
    d.pick_opset()
    a, b = matmul_shapes(d)
    d.output(d.node("MatMul", [d.feed(d.floats(a)), d.either(d.floats(b, -1, 1), 0.4)]))


def einsum(d):
    d.pick_opset(12)
    equation = d.pick(EQUATIONS)
    extents = {letter: d.integer(1, 6) for letter in "bdhijkl"}
    names = []
    for term in equation.split("->")[0].split(","):
        shape = [extents[letter] for letter in term]
        names.append(d.feed(d.floats(shape)) if not names else d.either(d.floats(shape), 0.6))
    d.output(d.node("Einsum", names, equation=equation))


def pool(op):
    def build(d):
        d.pick_opset()
        shape = image_shape(d, 1, 3 if op != "LpPool" else 2)
        dilated = (op == "MaxPool" and d.opset >= 10) or (op == "AveragePool" and d.opset >= 19)
        # ONNX Runtime leaves dilations out when it computes the padding of a pool.
        auto_pads = ["VALID"] if dilated else AUTO_PADS
        kernel, attributes = window(d, shape[2:], dilated=dilated, auto_pads=auto_pads)
        if d.opset >= 10 and op != "LpPool" and "auto_pad" not in attributes and d.chance(0.3):
            attributes["ceil_mode"] = 1
        if op == "AveragePool" and d.chance(0.5):
            attributes["count_include_pad"] = 1
        if op == "LpPool":
            attributes["p"] = d.integer(1, 3)
        dtype = np.float32
        if op == "MaxPool" and d.opset >= 12 and d.chance(0.2):
            dtype = d.pick([np.int8, np.uint8])
        names = [d.feed(d.numbers(shape, dtype))]
        if op == "MaxPool" and d.opset >= 8 and d.chance(0.2):
            result, positions = d.node(op, names, 2, kernel_shape=kernel, **attributes)
            d.output(positions, np.int64)
        else:
            result = d.node(op, names, kernel_shape=kernel, **attributes)
        d.output(result, dtype)
    return build


def global_pool(op):
    def build(d):
        d.pick_opset()
        attributes = {"p": d.integer(1, 3)} if op == "GlobalLpPool" else {}
        d.output(d.node(op, [d.feed(d.floats(image_shape(d)))], **attributes))
    return build


def batch_normalization(d):
    d.pick_opset()
    shape = image_shape(d) if d.chance(0.8) else [d.integer(1, 4), d.integer(1, 9)]
    names = [d.feed(d.floats(shape))]
    names += [d.constant(d.floats(shape[1], -1, 1)) for _ in range(3)]
    names.append(d.constant(d.floats(shape[1], 0.1, 2)))
    d.output(d.node("BatchNormalization", names, epsilon=d.pick([None, 1e-3])))


def instance_normalization(d):
    d.pick_opset()
    shape = image_shape(d)
    names = [d.feed(d.floats(shape))] + [d.constant(d.floats(shape[1])) for _ in range(2)]
    d.output(d.node("InstanceNormalization", names, epsilon=d.pick([None, 1e-2])))


def group_normalization(d):
    d.pick_opset(21)
    groups = d.integer(1, 4)
    shape = image_shape(d, channels=groups * d.integer(1, 4))
    names = [d.feed(d.floats(shape))] + [d.constant(d.floats(shape[1])) for _ in range(2)]
    d.output(d.node("GroupNormalization", names, num_groups=groups, epsilon=d.pick([None, 1e-2])))


def layer_normalization(d):
    d.pick_opset(17)
    shape = d.shape(1, 4)
    axis = d.axis(len(shape))
    normalized = shape[axis:]
    names = [d.feed(d.floats(shape)), d.either(d.floats(normalized), 0.2)]
    if d.chance(0.6):
        names.append(d.either(d.floats(normalized), 0.2))
    d.output(d.node("LayerNormalization", names, axis=axis, epsilon=d.pick([None, 1e-2])))


def mean_variance_normalization(d):
    d.pick_opset(9)
    shape = image_shape(d, 2, 2)
    axes = d.pick([None, [0, 1, 2, 3], [2, 3], [1, 2, 3]])
    d.output(d.node("MeanVarianceNormalization", [d.feed(d.floats(shape))], axes=axes))


def local_response(d):
    d.pick_opset()
    attributes = {"alpha": d.rng.uniform(0.001, 1), "beta": d.rng.uniform(0.3, 1),
                  "bias": d.rng.uniform(0.5, 2)} if d.chance(0.7) else {}
    d.output(d.node("LRN", [d.feed(d.floats(image_shape(d, 2, 2)))],
                    size=d.pick([1, 3, 5]), **attributes))


def softmax(op):
    def build(d):
        d.pick_opset()
        shape = d.shape(1, 5)
        axis = d.axis(len(shape)) if d.opset >= 11 else d.axis(len(shape), False)
        if d.opset < 13 and len(shape) == 1:
            axis = 0
        elif d.chance(0.2):
            axis = None
        array = d.floats(shape, -10, 10)
        d.output(d.node(op, [d.feed(np.rint(array) if op == "Hardmax" else array)], axis=axis))
    return build


def recurrent(op, gates, activations):
    def build(d):
        d.pick_opset()
        steps, batch = d.integer(1, 6), d.integer(1, 3)
        inputs, hidden = d.integer(1, 12), d.integer(1, 12)
        direction = d.pick(["forward", "reverse", "bidirectional"])
        directions = 2 if direction == "bidirectional" else 1
        attributes = {"hidden_size": hidden, "direction": direction}
        names = [d.feed(d.floats((steps, batch, inputs))),
                 d.constant(d.floats((directions, gates * hidden, inputs), -1, 1)),
                 d.constant(d.floats((directions, gates * hidden, hidden), -1, 1))]
        names.append(d.constant(d.floats((directions, 2 * gates * hidden), -1, 1))
                     if d.chance(0.7) else "")
        names.append(d.constant(d.integers(batch, 1, steps, np.int32)) if d.chance(0.15) else "")
        names.append(d.either(d.floats((directions, batch, hidden), -1, 1)) if d.chance(0.5) else "")
        if op == "LSTM":
            names.append(d.either(d.floats((directions, batch, hidden), -1, 1))
                         if d.chance(0.5) else "")
            if d.chance(0.3):
                names.append(d.constant(d.floats((directions, 3 * hidden), -1, 1)))
            if d.chance(0.2):
                attributes["input_forget"] = 1
        while not names[-1]:
            names.pop()
        if op == "GRU" and d.chance(0.5):
            attributes["linear_before_reset"] = 1
        if d.chance(0.2):
            attributes["clip"] = d.rng.uniform(0.5, 3)
        if d.chance(0.3):
            attributes["activations"] = [
                d.pick(["Sigmoid", "Tanh", "Relu", "HardSigmoid", "Softsign"])
                for _ in range(activations * directions)]
        results = d.node(op, names, 3 if op == "LSTM" else 2, **attributes)
        for result in results:
            d.output(result)
    return build


# Quantized operators. ONNX Runtime's products of uint8 and int8 saturate on CPUs without int8 dot
# products, so one factor stays within 7 bits. Scales are powers of two: products are exact and
# where a rounding meets a half, all agree that it is one.

def integers_of(d, shape, dtype, bits=8):
    half = 2 ** (bits - 1)
    low = 0 if dtype == np.uint8 else -half
    return d.integers(shape, low, low + 2 * half - 1, dtype)


def zero_point(d, dtype):
    return np.array(d.integer(100, 140) if dtype == np.uint8 else d.integer(-9, 9), dtype)


def power_of_two(d, shape=()):
    return np.float32(2.0) ** d.integers(shape, -6, -2, np.float32)


def matmul_integer(d):
    d.pick_opset(10)
    a, b = matmul_shapes(d)
    first, second = d.pick([(np.uint8, np.int8), (np.uint8, np.uint8), (np.int8, np.int8)])
    names = [d.feed(integers_of(d, a, first)), d.either(integers_of(d, b, second, 7), 0.2)]
    if d.chance(0.6):
        names.append(d.either(zero_point(d, first), 0.5))
        if d.chance(0.6):
            names.append(d.constant(zero_point(d, second)))
    d.output(d.node("MatMulInteger", names), np.int32)


def conv_integer(d):
    d.pick_opset(10)
    group = d.pick([1, 1, 2])
    inputs, outputs = group * d.integer(1, 8), group * d.integer(1, 8)
    shape = image_shape(d, 1, 2, inputs)
    kernel, attributes = window(d, shape[2:])
    second = d.pick([np.uint8, np.int8])
    names = [d.feed(integers_of(d, shape, np.uint8)),
             d.constant(integers_of(d, (outputs, inputs // group, *kernel), second, 7))]
    if d.chance(0.6):
        names.append(d.either(zero_point(d, np.uint8), 0.5))
        if d.chance(0.6):
            names.append(d.constant(zero_point(d, second)))
    d.output(d.node("ConvInteger", names, group=group, kernel_shape=kernel, **attributes), np.int32)


def qlinear_matmul(d):
    d.pick_opset(10)
    m, k, n = (d.integer(1, 24) for _ in range(3))
    first, second = d.pick([(np.uint8, np.int8), (np.uint8, np.uint8), (np.int8, np.int8)])
    per_column = d.chance(0.3)
    b_zero = np.zeros(n, second) if per_column else zero_point(d, second)
    names = [d.feed(integers_of(d, (m, k), first)), d.constant(power_of_two(d)),
             d.constant(zero_point(d, first)),
             d.constant(integers_of(d, (k, n), second, 7)),
             d.constant(power_of_two(d, n if per_column else ())), d.constant(b_zero),
             d.constant(power_of_two(d) * np.float32(8)), d.constant(zero_point(d, first))]
    d.output(d.node("QLinearMatMul", names), first)


def qlinear_conv(d):
    d.pick_opset(10)
    group = d.pick([1, 1, 2])
    inputs, outputs = group * d.integer(1, 8), group * d.integer(1, 8)
    shape = image_shape(d, 1, 2, inputs)
    kernel, attributes = window(d, shape[2:])
    first, second = d.pick([(np.uint8, np.int8), (np.uint8, np.uint8), (np.int8, np.int8)])
    per_channel = d.chance(0.4)
    w_zero = np.zeros(outputs, second) if per_channel else zero_point(d, second)
    names = [d.feed(integers_of(d, shape, first)), d.constant(power_of_two(d)),
             d.constant(zero_point(d, first)),
             d.constant(integers_of(d, (outputs, inputs // group, *kernel), second, 7)),
             d.constant(power_of_two(d, outputs if per_channel else ())), d.constant(w_zero),
             d.constant(power_of_two(d) * np.float32(8)), d.constant(zero_point(d, first))]
    if d.chance(0.6):
        names.append(d.constant(d.integers(outputs, -500, 500, np.int32)))
    d.output(d.node("QLinearConv", names, group=group, kernel_shape=kernel, **attributes), first)


def quantization(d, dtype):
    """Axis, scale and zero point: per tensor or per axis."""
    shape = d.shape(1, 4)
    if d.opset < 13 or d.chance(0.6):
        return shape, {}, power_of_two(d), zero_point(d, dtype)
    axis = d.axis(len(shape))
    zeros = np.array([zero_point(d, dtype) for _ in range(shape[axis])], dtype)
    return shape, {"axis": axis}, power_of_two(d, shape[axis]), zeros


def quantize_linear(d):
    d.pick_opset(10)
    dtype = d.pick([np.uint8, np.int8])
    shape, attributes, scale, zero = quantization(d, dtype)
    array = np.rint(d.floats(shape, -40, 40) * 16) / np.float32(16)
    names = [d.feed(array.astype(np.float32)), d.constant(scale)]
    if dtype == np.int8 or d.chance(0.7):
        names.append(d.constant(zero))
    d.output(d.node("QuantizeLinear", names, **attributes), dtype)


def dequantize_linear(d):
    d.pick_opset(10)
    dtype = d.pick([np.uint8, np.int8])
    shape, attributes, scale, zero = quantization(d, dtype)
    names = [d.feed(integers_of(d, shape, dtype)), d.constant(scale)]
    if d.chance(0.7):
        names.append(d.constant(zero))
    d.output(d.node("DequantizeLinear", names, **attributes))


def dynamic_quantize_linear(d):
    d.pick_opset(11)
    low, high = d.pick([(-3, 3), (0, 5), (-5, -1), (2, 3), (0, 0)])
    values, scale, zero = d.node("DynamicQuantizeLinear",
                                 [d.feed(d.floats(d.shape(0), low, high))], 3)
    d.output(values, np.uint8)
    d.output(scale)
    d.output(zero, np.uint8)


OPERATORS = {
    **{op: pool(op) for op in ("AveragePool", "LpPool", "MaxPool")},
    **{op: global_pool(op) for op in ("GlobalAveragePool", "GlobalLpPool", "GlobalMaxPool")},
    **{op: softmax(op) for op in ("Hardmax", "LogSoftmax", "Softmax")},
    "BatchNormalization": batch_normalization,
    "Conv": conv,
    "ConvInteger": conv_integer,
    "ConvTranspose": conv_transpose,
    "DequantizeLinear": dequantize_linear,
    "DynamicQuantizeLinear": dynamic_quantize_linear,
    "Einsum": einsum,
    "GRU": recurrent("GRU", 3, 2),
    "Gemm": gemm,
    "GroupNormalization": group_normalization,
    "InstanceNormalization": instance_normalization,
    "LRN": local_response,
    "LSTM": recurrent("LSTM", 4, 3),
    "LayerNormalization": layer_normalization,
    "MatMul": matmul,
    "MatMulInteger": matmul_integer,
    "MeanVarianceNormalization": mean_variance_normalization,
    "QLinearConv": qlinear_conv,
    "QLinearMatMul": qlinear_matmul,
    "QuantizeLinear": quantize_linear,
    "RNN": recurrent("RNN", 1, 1),
}
