"""Trains the digit classifier of this folder and writes it beside its held-back test images.

Writes digits.onnx, test_images.npy and test_labels.npy into this folder. A run is deterministic:
one thread, fixed seed. Batch normalization stays a node of its own in the ONNX file, so that it is
left to whoever loads the file to fold it into the convolution before it.
"""

import collections
import pathlib

import numpy as np
import onnx
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

SEED = 2026
EPOCHS = 40
BATCH = 64
PEAK_LEARNING_RATE = 5e-3
MAX_GRAY = 16.0  # the images of the data set count ink pixels, 0 to 16
OPSET = 13
FOLDER = pathlib.Path(__file__).resolve().parent


def load_split():
    """Training and test images as float32 [N, 1, 8, 8] in [0, 1], with int64 labels."""
    digits = load_digits()
    images = (digits.images[:, np.newaxis] / MAX_GRAY).astype(np.float32)
    labels = digits.target.astype(np.int64)
    return train_test_split(images, labels, test_size=0.25, stratify=labels, random_state=SEED)


def make_network():
    return nn.Sequential(collections.OrderedDict([
        ("conv1", nn.Conv2d(1, 32, kernel_size=3, padding=1, bias=False)),
        ("norm1", nn.BatchNorm2d(32)),
        ("relu1", nn.ReLU()),
        ("pool1", nn.MaxPool2d(2)),
        ("conv2", nn.Conv2d(32, 64, kernel_size=3, padding=1, bias=False)),
        ("norm2", nn.BatchNorm2d(64)),
        ("relu2", nn.ReLU()),
        ("pool2", nn.MaxPool2d(2)),
        ("flatten", nn.Flatten()),
        ("linear", nn.Linear(64 * 2 * 2, 10)),
    ]))


def train(network, images, labels):
    images, labels = torch.from_numpy(images), torch.from_numpy(labels)
    steps = -(-len(images) // BATCH)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=PEAK_LEARNING_RATE, epochs=EPOCHS, steps_per_epoch=steps)
    network.train()
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(images)).split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(network(images[batch]), labels[batch]).backward()
            optimizer.step()
            schedule.step()
    network.eval()


def accuracy(network, images, labels):
    with torch.no_grad():
        scores = network(torch.from_numpy(images)).numpy()
    return np.mean(scores.argmax(axis=1) == labels)


def export(network, example, path):
    # TrainingMode.PRESERVE exports the network as it is (evaluating) and, unlike the default, does
    # not fold batch normalization into the convolutions.
    torch.onnx.export(
        network, torch.from_numpy(example), str(path), input_names=["image"],
        output_names=["scores"], dynamic_axes={"image": {0: "batch"}, "scores": {0: "batch"}},
        opset_version=OPSET, training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)
    model = onnx.load(path)
    model.graph.name = "digits"
    for node in model.graph.node:
        node.ClearField("doc_string")  # may hold paths of the exporting machine
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(SEED)
    train_images, test_images, train_labels, test_labels = load_split()
    network = make_network()
    train(network, train_images, train_labels)
    export(network, test_images[:1], FOLDER / "digits.onnx")
    np.save(FOLDER / "test_images.npy", test_images)
    np.save(FOLDER / "test_labels.npy", test_labels)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    print(f"{parameters} parameters, {len(train_images)} training and {len(test_images)} test images")
    print(f"accuracy: training {accuracy(network, train_images, train_labels):.2%}, "
          f"test {accuracy(network, test_images, test_labels):.2%}")


if __name__ == "__main__":
    main()
