#!/usr/bin/python3
"""Writes random models and inputs for them: random_graphs.py FIRST COUNT FOLDER [--only NAME]

Seeds FIRST to FIRST + COUNT - 1 each give FOLDER/SEED-NAME/model.onnx with input_I.npy. Even seeds
give networks, odd ones single operators, each operator in turn.
"""

import argparse
import pathlib
import warnings

import numpy as np

import operators_elementwise
import operators_layers
import operators_movement
from draft import Draft
from networks import NETWORKS

OPERATORS = dict(sorted({**operators_elementwise.OPERATORS, **operators_layers.OPERATORS,
                         **operators_movement.OPERATORS}.items()))


def build(seed, only):
    """The name and the draft of a seed."""
    kinds = OPERATORS if seed % 2 else NETWORKS
    name = only or list(kinds)[seed // 2 % len(kinds)]
    draft = Draft(seed)
    {**OPERATORS, **NETWORKS}[name](draft)
    return name, draft


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("first", type=int)
    parser.add_argument("count", type=int)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--only", choices=[*OPERATORS, *NETWORKS])
    options = parser.parse_args()
    warnings.simplefilter("ignore", RuntimeWarning)
    for seed in range(options.first, options.first + options.count):
        name, draft = build(seed, options.only)
        folder = options.folder / f"{seed:06}-{name}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "model.onnx").write_bytes(draft.model().SerializeToString())
        for i, array in enumerate(draft.arrays):
            np.save(folder / f"input_{i}.npy", np.asarray(array, order="C"))


if __name__ == "__main__":
    main()
