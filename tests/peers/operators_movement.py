"""Random models of one operator that moves, reduces, orders or generates elements."""

import numpy as np
from onnx import numpy_helper

from draft import onnx_type

REDUCTIONS = ["ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean",
              "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare"]
COORDINATES = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"]
ROUNDINGS = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]


def any_type(d):
    return d.pick([np.float32] * 4 + [np.float64, np.int64, np.int32, np.int8, np.uint8, bool])


def some_axes(d, rank):
    """A random choice of axes, some of them counted from the end."""
    chosen = [axis for axis in range(rank) if d.chance(0.5)] or [d.axis(rank, False)]
    return [axis - rank if d.chance(0.3) else axis for axis in chosen]


def reduction(op):
    def build(d):
        d.pick_opset()
        shape = d.shape(1, 5)
        dtype = np.float32
        if op in ("ReduceMax", "ReduceMin", "ReduceSum", "ReduceMean", "ReduceProd") \
                and d.chance(0.3):
            dtype = d.pick([np.int32, np.int64])
        array = d.numbers(shape, dtype)
        if op == "ReduceLogSum":
            array = np.abs(array) + np.float32(0.1)
        if op == "ReduceProd":
            array = np.clip(array, -1, 1)
        attributes = {"keepdims": d.pick([None, 0, 1])}
        names = [d.feed(array)]
        if d.chance(0.8):
            axes = some_axes(d, len(shape))
            if d.opset < 11:
                axes = [axis % len(shape) for axis in axes]
            if d.opset >= (13 if op == "ReduceSum" else 18):
                names.append(d.ints(*axes))
            else:
                attributes["axes"] = axes
        elif d.opset >= 18 and d.chance(0.3):
            attributes["noop_with_empty_axes"] = 1
        d.output(d.node(op, names, **attributes), dtype)
    return build


def arg(op):
    def build(d):
        d.pick_opset()
        shape = d.shape(1, 5)
        attributes = {"axis": d.axis(len(shape), d.opset >= 11), "keepdims": d.integer(0, 1)}
        if d.opset >= 12 and d.chance(0.5):
            attributes["select_last_index"] = d.integer(0, 1)
        dtype = d.pick([np.float32, np.float32, np.int32])
        array = d.integers(shape, -2, 2).astype(dtype)
        d.output(d.node(op, [d.feed(array)], **attributes), np.int64)
    return build


def cumulative_sum(d):
    d.pick_opset(11)
    shape = d.shape(1, 4)
    dtype = d.pick([np.float32, np.int32, np.int64, np.float64])
    axis = np.array(d.axis(len(shape)), d.pick([np.int32, np.int64]))
    d.output(d.node("CumSum", [d.feed(d.numbers(shape, dtype)), d.constant(axis)],
                    exclusive=d.integer(0, 1), reverse=d.integer(0, 1)), dtype)


def top_k(d):
    d.pick_opset()
    shape = d.shape(1, 4)
    axis = d.axis(len(shape), d.opset >= 11)
    count = d.integer(1, shape[axis])
    dtype = d.pick([np.float32, np.int64]) if d.opset >= 11 else np.float32
    names = [d.feed(d.integers(shape, -4, 4).astype(dtype))]
    attributes = {"axis": axis}
    if d.opset < 10:
        attributes["k"] = count
    else:
        names.append(d.ints(count))
    if d.opset >= 11:
        attributes["largest"] = d.integer(0, 1)
    values, indices = d.node("TopK", names, 2, **attributes)
    d.output(values, dtype)
    d.output(indices, np.int64)


def concat(d):
    d.pick_opset()
    dtype = any_type(d)
    shape = list(d.shape(1, 5))
    axis = d.axis(len(shape), d.opset >= 11)
    names = []
    for _ in range(d.integer(1, 4)):
        shape[axis] = d.integer(1, 5)
        array = d.numbers(shape, dtype)
        names.append(d.either(array, 0.8) if names else d.feed(array))
    d.output(d.node("Concat", names, axis=axis), dtype)


def space(op):
    def build(d):
        d.pick_opset()
        block = d.integer(1, 3)
        small, large = d.integer(1, 4), d.integer(1, 4)
        batch, channels = d.integer(1, 2), d.integer(1, 5)
        if op == "DepthToSpace":
            shape = (batch, channels * block * block, small, large)
        else:
            shape = (batch, channels, small * block, large * block)
        mode = d.pick(["DCR", "CRD"]) if op == "DepthToSpace" and d.opset >= 11 else None
        d.output(d.node(op, [d.feed(d.floats(shape))], blocksize=block, mode=mode))
    return build


def expand(d):
    d.pick_opset(8)
    dtype = any_type(d)
    shape = d.shape(0, 4, most=100)
    target = [d.integer(1, 3) for _ in range(d.integer(0, 2))]
    target += [d.integer(2, 4) if extent == 1 else d.pick([1, extent]) for extent in shape]
    if not target:
        target = [2]
    d.output(d.node("Expand", [d.feed(d.numbers(shape, dtype)), d.ints(*target)]), dtype)


def flatten(d):
    d.pick_opset()
    shape = d.shape(1, 5)
    axis = d.integer(0 if d.opset < 11 else -len(shape), len(shape))
    d.output(d.node("Flatten", [d.feed(d.floats(shape))], axis=axis))


def random_indices(d, shape, extent):
    return d.integers(shape, -extent if d.opset >= 11 else 0, extent - 1,
                      d.pick([np.int64, np.int32]))


def gather(d):
    d.pick_opset()
    dtype = any_type(d)
    shape = d.shape(1, 4)
    axis = d.axis(len(shape))
    indices = random_indices(d, d.shape(0, 2, extent=5), shape[axis])
    names = [d.either(d.numbers(shape, dtype)), d.feed(indices)]
    d.output(d.node("Gather", names, axis=axis), dtype)


def gather_elements(d):
    d.pick_opset(11)
    dtype = any_type(d)
    shape = d.shape(1, 4)
    axis = d.axis(len(shape))
    target = [d.integer(1, extent) for extent in shape]
    target[axis] = d.integer(1, 6)
    names = [d.feed(d.numbers(shape, dtype)), d.either(random_indices(d, target, shape[axis]))]
    d.output(d.node("GatherElements", names, axis=axis), dtype)


def nd_indices(d, shape, batch=0, unique=False):
    """Indices of shape [batch..., some..., depth] into the dimensions after the batch."""
    depth = d.integer(1, len(shape) - batch)
    indexed = shape[batch:batch + depth]
    if unique:  # each place at most once, so that the order of updates does not matter
        places = d.rng.permutation(int(np.prod(indexed)))[:d.integer(1, 6)]
        return np.stack(np.unravel_index(places, indexed), -1).astype(np.int64), depth
    outer = list(shape[:batch]) + [d.integer(1, 4) for _ in range(d.integer(1, 2))]
    columns = [d.integers(outer, -extent, extent - 1) for extent in indexed]
    return np.stack(columns, -1).astype(np.int64), depth


def gather_nd(d):
    d.pick_opset(11)
    dtype = any_type(d)
    shape = d.shape(1, 4)
    batch = d.integer(0, len(shape) - 1) if d.opset >= 12 and d.chance(0.4) else 0
    indices, _ = nd_indices(d, shape, batch)
    names = [d.feed(d.numbers(shape, dtype)), d.either(indices)]
    d.output(d.node("GatherND", names, batch_dims=batch or None), dtype)


def scatter_elements(op, first, last):
    def build(d):
        d.pick_opset(first, last)
        dtype = d.pick([np.float32, np.float32, np.int64, np.int32])
        shape = d.shape(1, 4)
        axis = d.axis(len(shape), d.opset >= 11)
        target = [d.integer(1, extent) for extent in shape]
        permutations = d.rng.random((*target[:axis % len(shape)], shape[axis],
                                     *target[axis % len(shape) + 1:])).argsort(axis)
        indices = np.take(permutations, range(target[axis]), axis).astype(np.int64)
        reduction = None
        if d.opset >= 16 and d.chance(0.5):
            reduction = d.pick(["add", "mul"] + (["max", "min"] if d.opset >= 18 else []))
        names = [d.feed(d.numbers(shape, dtype)), d.either(indices),
                 d.either(d.numbers(target, dtype))]
        d.output(d.node(op, names, axis=axis, reduction=reduction), dtype)
    return build


def scatter_nd(d):
    d.pick_opset(11)
    dtype = d.pick([np.float32, np.float32, np.int64, np.int32])
    shape = d.shape(1, 4)
    indices, depth = nd_indices(d, shape, unique=True)
    reduction = None
    if d.opset >= 16 and d.chance(0.5):
        reduction = d.pick(["add", "mul"] + (["max", "min"] if d.opset >= 18 else []))
    updates = d.numbers((*indices.shape[:-1], *shape[depth:]), dtype)
    names = [d.feed(d.numbers(shape, dtype)), d.either(indices), d.either(updates)]
    d.output(d.node("ScatterND", names, reduction=reduction), dtype)


def pad(d):
    d.pick_opset()
    dtype = np.float32 if d.opset < 13 else d.pick([np.float32, np.float32, np.int64, np.int32])
    shape = d.shape(1, 5, most=200)
    modes = ["constant", "reflect", "edge"] + (["wrap"] if d.opset >= 19 else [])
    mode = d.pick(modes)
    rank = len(shape)
    pads = [0] * (2 * rank)
    for i in range(2 * rank):
        most = shape[i % rank] - 1 if mode in ("reflect", "wrap") else 3
        pads[i] = d.integer(0, min(3, most)) if d.chance(0.6) else 0
        if mode == "constant" and shape[i % rank] > 4 and d.chance(0.1):
            pads[i] = -1
    value = d.numbers((), dtype)
    if d.opset < 11:
        value = float(value) if d.chance(0.5) else None
        d.output(d.node("Pad", [d.feed(d.numbers(shape, dtype))], pads=pads, mode=mode,
                        value=value), dtype)
        return
    names = [d.feed(d.numbers(shape, dtype))]
    if d.opset >= 18 and d.chance(0.4):
        axes = list(d.rng.permutation(rank)[:d.integer(1, rank)])
        chosen = [pads[axis] for axis in axes] + [pads[axis + rank] for axis in axes]
        names += [d.ints(*chosen), d.constant(value),
                  d.ints(*(axis - rank if d.chance(0.3) else axis for axis in axes))]
    else:
        names.append(d.ints(*pads))
        if d.chance(0.5):
            names.append(d.constant(value))
    d.output(d.node("Pad", names, mode=mode), dtype)


def reshape(d):
    d.pick_opset()
    dtype = any_type(d)
    shape = d.shape(0, 5)
    flat = [extent for extent in shape if extent > 1]
    target = list(d.rng.permutation(flat)) + [1] * d.integer(0, 2)
    target = [int(extent) for extent in d.rng.permutation(target)]
    if target and d.chance(0.5):
        target[d.axis(len(target))] = -1
    if len(shape) > 1 and d.chance(0.2):
        target = [0, -1]
    d.output(d.node("Reshape", [d.feed(d.numbers(shape, dtype)), d.ints(*target)]), dtype)


def slice_(d):
    d.pick_opset()
    dtype = any_type(d)
    shape = d.shape(1, 5)
    rank = len(shape)
    axes = sorted(int(axis) for axis in d.rng.permutation(rank)[:d.integer(1, rank)])
    starts, ends, steps = [], [], []
    for axis in axes:
        extent = shape[axis]
        start = d.integer(0, extent - 1)
        end = d.integer(start + 1, extent)
        step = d.pick([1, 1, 1, 2, 3])
        if d.opset >= 10 and d.chance(0.25):  # backwards
            start, end, step = end - 1, (start - 1 if start else -extent - 9), -step
        elif d.chance(0.2):
            end = d.pick([extent + 3, 2 ** 31 - 1, 2 ** 63 - 1])
        elif end < extent and d.chance(0.3):
            end -= extent
        if d.chance(0.3):
            start -= extent
        starts.append(start)
        ends.append(end)
        steps.append(step)
    value = d.feed(d.numbers(shape, dtype))
    if d.opset < 10:
        d.output(d.node("Slice", [value], starts=starts, ends=ends, axes=axes), dtype)
        return
    axes = [axis - rank if d.opset >= 11 and d.chance(0.3) else axis for axis in axes]
    names = [value, d.ints(*starts), d.ints(*ends), d.ints(*axes)]
    if min(steps) != 1 or max(steps) != 1 or d.chance(0.3):
        names.append(d.ints(*steps))
    d.output(d.node("Slice", names), dtype)


def split(d):
    d.pick_opset()
    dtype = any_type(d)
    shape = list(d.shape(1, 4))
    axis = d.axis(len(shape), d.opset >= 11)
    count = d.integer(1, 4)
    sizes = [d.integer(1, 3) for _ in range(count)]
    attributes = {"axis": axis}
    names = []
    if d.chance(0.4):  # equal parts
        sizes = [sizes[0]] * count
        if d.opset >= 18:
            attributes["num_outputs"] = count
    elif d.opset < 13:
        attributes["split"] = sizes
    else:
        names = [d.ints(*sizes)]
    shape[axis] = sum(sizes)
    results = d.node("Split", [d.feed(d.numbers(shape, dtype)), *names], count, **attributes)
    for result in [results] if count == 1 else results:
        d.output(result, dtype)


def squeeze(d):
    d.pick_opset()
    dtype = any_type(d)
    shape = list(d.shape(1, 4))
    ones = [axis for axis, extent in enumerate(shape) if extent == 1]
    attributes, names = {}, [d.feed(d.numbers(shape, dtype))]
    if d.chance(0.7) and ones:
        axes = [axis - len(shape) if d.opset >= 11 and d.chance(0.3) else axis for axis in ones]
        if d.opset >= 13:
            names.append(d.ints(*axes))
        else:
            attributes["axes"] = axes
    d.output(d.node("Squeeze", names, **attributes), dtype)


def unsqueeze(d):
    d.pick_opset()
    dtype = any_type(d)
    shape = d.shape(0, 3)
    count = d.integer(1, 2)
    rank = len(shape) + count
    axes = [int(axis) for axis in d.rng.permutation(rank)[:count]]
    axes = [axis - rank if d.opset >= 11 and d.chance(0.3) else axis for axis in axes]
    value = d.feed(d.numbers(shape, dtype))
    if d.opset >= 13:
        d.output(d.node("Unsqueeze", [value, d.ints(*axes)]), dtype)
    else:
        d.output(d.node("Unsqueeze", [value], axes=sorted(axes)), dtype)


def tile(d):
    d.pick_opset()
    dtype = any_type(d)
    shape = d.shape(1, 4, most=100)
    d.output(d.node("Tile", [d.feed(d.numbers(shape, dtype)),
                             d.ints(*(d.integer(1, 3) for _ in shape))]), dtype)


def transpose(d):
    d.pick_opset()
    dtype = any_type(d)
    shape = d.shape(0, 5)
    order = [int(axis) for axis in d.rng.permutation(len(shape))] if d.chance(0.9) else None
    d.output(d.node("Transpose", [d.feed(d.numbers(shape, dtype))], perm=order or None), dtype)


def trilu(d):
    d.pick_opset(14)
    dtype = d.pick([np.float32, np.float32, np.int64, np.float64])
    shape = d.shape(2, 4)
    names = [d.feed(d.numbers(shape, dtype))]
    if d.chance(0.6):
        names.append(d.constant(np.int64(d.integer(-4, 4))))
    d.output(d.node("Trilu", names, upper=d.pick([None, 0, 1])), dtype)


def constant_of_shape(d):
    d.pick_opset(9)
    dtype = d.pick([np.float32, np.int64, np.int32, bool, np.uint8])
    value = numpy_helper.from_array(d.numbers((1,), dtype), "value")
    shape = d.shape(1, 4)
    if d.chance(0.5):
        source = d.node("Shape", [d.feed(d.floats(shape))])
    else:
        source = d.ints(*shape)
    d.output(d.node("ConstantOfShape", [source], value=value), dtype)


def eye_like(d):
    d.pick_opset(9)
    shape = (d.integer(1, 6), d.integer(1, 6))
    dtype = d.pick([None, np.float32, np.int64, np.int32])
    d.output(d.node("EyeLike", [d.feed(d.floats(shape))], k=d.integer(-4, 4),
                    dtype=None if dtype is None else onnx_type(dtype)), dtype or np.float32)


def one_hot(d):
    d.pick_opset(9)
    indices = d.integers(d.shape(1, 3, most=60), 0, 5, np.int64)
    if d.opset >= 11:
        indices -= 2
    dtype = d.pick([np.float32, np.int64, np.float32])
    values = d.numbers((2,), dtype)
    names = [d.feed(indices), d.constant(np.array(d.pick([6, 7]), np.int64)), d.either(values)]
    d.output(d.node("OneHot", names, axis=d.pick([-1, 0, 1])), dtype)


def range_(d):
    d.pick_opset(11)
    dtype = d.pick([np.float32, np.int64, np.int32])
    start, step = d.integer(-5, 5), d.pick([1, 2, -1, -3])
    limit = start + step * d.integer(1, 7)
    names = [d.constant(np.array(value, dtype)) for value in (start, limit, step)]
    d.output(d.node("Range", names), dtype)


def shape_(d):
    d.pick_opset()
    attributes = {}
    if d.opset >= 15 and d.chance(0.5):
        attributes = {"start": d.integer(-3, 1)}
        if d.chance(0.5):
            attributes["end"] = d.integer(2, 5)
    d.output(d.node("Shape", [d.feed(d.numbers(d.shape(1), any_type(d)))], **attributes), np.int64)


def size(d):
    d.pick_opset()
    d.output(d.node("Size", [d.feed(d.numbers(d.shape(0), any_type(d)))]), np.int64)


def resize(d):
    d.pick_opset(10)
    rank = d.pick([3, 4, 4, 4, 5])
    shape = [d.integer(1, 2), d.integer(1, 9)] + [d.integer(1, 7) for _ in range(rank - 2)]
    target = [d.integer(1, 14) for _ in shape[2:]]
    mode = d.pick(["nearest", "nearest", "linear", "linear", "cubic"])
    if mode == "cubic" and (rank != 4 or d.opset < 11):
        mode = "nearest"
    scales = [1.0, 1.0] + [d.pick([0.5, 1, 2, 2, 3, new / old])
                           for new, old in zip(target, shape[2:])]
    scales = [scale if int(scale * extent) else 1.0 for scale, extent in zip(scales, shape)]
    value = d.feed(d.floats(shape))
    if d.opset < 11:
        names = [value, d.constant(np.array(scales, np.float32))]
        d.output(d.node("Resize", names, mode=mode))
        return
    attributes = {"mode": mode, "coordinate_transformation_mode": d.pick(COORDINATES)}
    if mode == "nearest":
        attributes["nearest_mode"] = d.pick(ROUNDINGS)
    if mode == "cubic":
        attributes["cubic_coeff_a"] = d.pick([None, -0.5])
        attributes["exclude_outside"] = d.pick([None, 1])
    if d.opset >= 18 and mode == "linear" and d.chance(0.3):
        attributes["antialias"] = 1
        attributes["coordinate_transformation_mode"] = "half_pixel"
    empty = d.constant(np.zeros(0, np.float32)) if d.opset < 13 or d.chance(0.3) else ""
    if d.chance(0.5):
        names = [value, empty, d.constant(np.array(scales, np.float32))]
    else:
        scales_left_out = d.constant(np.zeros(0, np.float32)) if d.opset < 13 else ""
        names = [value, empty, scales_left_out, d.ints(*shape[:2], *target)]
    d.output(d.node("Resize", names, **attributes))


def upsample(d):
    d.pick_opset(7, 9)
    shape = [d.integer(1, 2), d.integer(1, 5), d.integer(1, 7), d.integer(1, 7)]
    scales = [1.0, 1.0, d.pick([1.0, 2.0, 3.0]), d.pick([1.0, 2.0, 1.5])]
    mode = d.pick(["nearest", "linear"])
    value = d.feed(d.floats(shape))
    if d.opset < 9:
        d.output(d.node("Upsample", [value], scales=scales, mode=mode))
    else:
        names = [value, d.constant(np.array(scales, np.float32))]
        d.output(d.node("Upsample", names, mode=mode))


OPERATORS = {
    **{op: reduction(op) for op in REDUCTIONS},
    **{op: arg(op) for op in ("ArgMax", "ArgMin")},
    **{op: space(op) for op in ("DepthToSpace", "SpaceToDepth")},
    "Concat": concat,
    "ConstantOfShape": constant_of_shape,
    "CumSum": cumulative_sum,
    "Expand": expand,
    "EyeLike": eye_like,
    "Flatten": flatten,
    "Gather": gather,
    "GatherElements": gather_elements,
    "GatherND": gather_nd,
    "OneHot": one_hot,
    "Pad": pad,
    "Range": range_,
    "Reshape": reshape,
    "Resize": resize,
    "Scatter": scatter_elements("Scatter", 9, 10),
    "ScatterElements": scatter_elements("ScatterElements", 11, 24),
    "ScatterND": scatter_nd,
    "Shape": shape_,
    "Size": size,
    "Slice": slice_,
    "Split": split,
    "Squeeze": squeeze,
    "Tile": tile,
    "TopK": top_k,
    "Transpose": transpose,
    "Trilu": trilu,
    "Unsqueeze": unsqueeze,
    "Upsample": upsample,
}
