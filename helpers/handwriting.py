"""Ten digits in real handwriting: the images, two networks of layers, their training.

Images (1, 8, 8, N): one channel of greys from 0 to 1, N images; targets (10, N).
"""

import sys
from typing import NamedTuple

import numpy as np
from IPython.display import clear_output
from tqdm import tqdm

from helpers.data import FOLDER
from helpers.door import as_positive, as_whole
from helpers.layers import (
    convolve,
    dense,
    dense_gradient,
    dense_input_gradient,
    filter_gradient,
    input_gradient,
    max_pool,
    max_unpool,
    relu,
    relu_slope,
    softmax_delta,
)
from helpers.network import Parameters, sigmoid, sigmoid_slope

HANDWRITING_FILE = FOLDER / "handwriting.txt"


class Deep(NamedTuple):
    """The parameters of the network with two convolution layers.

    conv_w: (K, 1, Fr, Fc), conv_b: (K,) of the first; deep_w: (M, K, Er, Ec), deep_b:
    (M,) of the second; out_w: (O, M, U, V), out_b: (O,).
    """

    conv_w: np.ndarray
    conv_b: np.ndarray
    deep_w: np.ndarray
    deep_b: np.ndarray
    out_w: np.ndarray
    out_b: np.ndarray


def load_handwriting():
    """The 1,797 digits: images (1, 8, 8, 1797) from 0 to 1, labels (1797,) 0 to 9."""
    *pixels, labels = np.loadtxt(HANDWRITING_FILE, delimiter=",", dtype=int).T
    return np.reshape(pixels, (1, 8, 8, -1)) / 16, labels


def start_values(rng, conv_shapes, out_shape, gain):
    """Weights N(0, gain / inputs), inputs counted for a neuron; biases 0.

    rng: NumPy's generator. conv_shapes: of the filters of each convolution layer.
    Returns Parameters, or Deep where there are two convolution layers.
    """
    arrays = []
    for shape in (*conv_shapes, out_shape):
        inputs = np.prod(shape[1:])
        arrays += [rng.normal(0, np.sqrt(gain / inputs), shape), np.zeros(shape[0])]
    return (Parameters if len(arrays) == 4 else Deep)(*arrays)


def forward_one(images, parameters):
    """One sigmoid convolution layer: conv_z, pooled, out_z. The sigmoid rises, so the
    largest of a block is taken before it. Pool blocks are of 2 x 2."""
    conv_z = convolve(images, parameters.conv_w, parameters.conv_b)
    pooled = sigmoid(max_pool(conv_z, 2))
    return conv_z, pooled, dense(pooled, parameters.out_w, parameters.out_b)


def gradient_one(images, targets, parameters, rng=None, out_delta=softmax_delta):
    """The gradient of forward_one, summed over the images, as Parameters.

    out_delta: the cost's derivative by out_z, a function of out_z and targets. rng: not
    used; gradient_two needs it.
    """
    conv_z, pooled, out_z = forward_one(images, parameters)
    delta = out_delta(out_z, targets)
    reaching = dense_input_gradient(delta, parameters.out_w) * sigmoid_slope(pooled)
    conv_part = filter_gradient(max_unpool(reaching, conv_z, 2), images)
    return Parameters(*conv_part, *dense_gradient(delta, pooled))


def forward_two(images, parameters, kept=1.0):
    """Two ReLU convolution layers: conv_a, deep_z, pooled, out_z.

    kept: what the pooled entries are multiplied by; 1, or a mask of dropout.
    """
    conv_a = relu(convolve(images, parameters.conv_w, parameters.conv_b))
    deep_z = convolve(conv_a, parameters.deep_w, parameters.deep_b)
    pooled = relu(max_pool(deep_z, 2)) * kept
    out_z = dense(pooled, parameters.out_w, parameters.out_b)
    return conv_a, deep_z, pooled, out_z


def dropout_mask(rng, shape, dropped):
    """Zeros, a share `dropped` of the entries, and 1 / (1 - dropped) for those kept, so
    that the mean stays 1."""
    return (rng.random(shape) >= dropped) / (1 - dropped)


def gradient_two(images, targets, parameters, rng=None, dropped=0.3):
    """The gradient of forward_two, summed over the images, as Deep.

    rng: draws the mask of dropout; None for no dropout.
    """
    kept = 1.0
    if rng is not None:
        shape = (*parameters.out_w.shape[1:], images.shape[-1])
        kept = dropout_mask(rng, shape, dropped)
    conv_a, deep_z, pooled, out_z = forward_two(images, parameters, kept)
    delta = softmax_delta(out_z, targets)
    reaching = dense_input_gradient(delta, parameters.out_w) * kept
    deep_delta = max_unpool(reaching * relu_slope(pooled), deep_z, 2)
    conv_delta = input_gradient(deep_delta, parameters.deep_w) * relu_slope(conv_a)
    return Deep(
        *filter_gradient(conv_delta, images),
        *filter_gradient(deep_delta, conv_a),
        *dense_gradient(delta, pooled),
    )


def moved(images, turns, downs, rights):
    """Images turned about their middle and shifted, white where nothing was.

    images: (1, H, W, N). turns: angles in radians, counter-clockwise, (N,). downs,
    rights: in pixels, (N,). A pixel is the mean of the four that it comes from, each
    weighted by how near it is.
    """
    _, height, width, count = images.shape
    i, j = np.indices((height, width))[..., None]
    i, j = i - (height - 1) / 2 - downs, j - (width - 1) / 2 - rights
    rows = np.cos(turns) * i + np.sin(turns) * j + (height - 1) / 2
    columns = np.cos(turns) * j - np.sin(turns) * i + (width - 1) / 2
    margin = ((0, 0), (1, 2), (1, 2), (0, 0))
    padded, n = np.pad(images, margin)[0], np.arange(count)
    rows, columns = np.clip(rows + 1, 0, height + 1), np.clip(columns + 1, 0, width + 1)
    top, left = rows.astype(int), columns.astype(int)
    low, far = rows - top, columns - left
    above = padded[top, left, n] * (1 - far) + padded[top, left + 1, n] * far
    below = padded[top + 1, left, n] * (1 - far) + padded[top + 1, left + 1, n] * far
    return (above * (1 - low) + below * low)[None]


def shifted(rng, images):
    """Images, each shifted by a pixel to one of four sides, or left, at random."""
    steps = np.array([[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]])
    downs, rights = steps[rng.integers(5, size=images.shape[-1])].T
    return moved(images, 0.0 * downs, downs, rights)


def jiggled(rng, images):
    """Images, each turned by up to 10 degrees and shifted by up to 0.7 pixels."""
    turns = rng.uniform(-np.pi / 18, np.pi / 18, images.shape[-1])
    return moved(images, turns, *rng.uniform(-0.7, 0.7, (2, images.shape[-1])))


def adam(parameters, gradient, memory, learning_rate):
    """One step of Adam: the mean of recent gradients over the root of their squares.

    memory: (steps so far, means, squares), as returned; None at first. Returns
    parameters and memory. Kingma and Ba, 2015, with their constants.
    """
    zero = [0.0] * len(parameters)
    t, means, squares = memory or (0, zero, zero)
    means = [0.9 * m + 0.1 * g for m, g in zip(means, gradient)]
    squares = [0.999 * s + 0.001 * g**2 for s, g in zip(squares, gradient)]
    rate = learning_rate * np.sqrt(1 - 0.999 ** (t + 1)) / (1 - 0.9 ** (t + 1))
    steps = [rate * m / (np.sqrt(s) + 1e-8) for m, s in zip(means, squares)]
    stepped = parameters._make(w - step for w, step in zip(parameters, steps))
    return stepped, (t + 1, means, squares)


def batches(rng, count, size):
    """The numbers 0 to count - 1 in a random order, cut into arrays of at most size."""
    order = rng.permutation(count)
    return [order[start : start + size] for start in range(0, count, size)]


def progress(count):
    """range(count) with a bar on the screen, which is gone afterwards.

    The environment variable TQDM_DISABLE=1 turns the bar off.
    """
    bar = tqdm(range(count), "epochs", leave=False)
    shown = not bar.disable
    try:
        yield from bar
    finally:
        bar.close()
        if shown and "ipykernel" in sys.modules:
            clear_output()


def train(data, parameters, gradient, epochs, rate, batch=64, move=None, seed=0):
    """Train on mini-batches, drawn anew in each epoch.

    data: images (1, H, W, N) and targets (O, N). gradient: gradient_one or its like;
    its sum is divided by the size of the batch. rate: that of adam at first; it falls
    to 0 along a quarter of a cosine. move: a function of rng and images, returns other
    images of the same digits. Stopping it (KeyboardInterrupt) keeps what was learned so
    far. Returns a list of parameters: before the first epoch, then after each. Raises
    ValueError for negative epochs, rate or batch.
    """
    epochs = as_whole("epochs", epochs, 0)
    batch = as_whole("batch", batch, 1)
    rate = as_positive("rate", rate)
    (images, targets), memory, history = data, None, [parameters]
    rng = np.random.default_rng(seed)
    try:
        for epoch in progress(epochs):
            slower = rate * np.cos(np.pi / 2 * epoch / epochs)
            for chosen in batches(rng, targets.shape[1], batch):
                seen = images[..., chosen]
                seen = move(rng, seen) if move else seen
                summed = gradient(seen, targets[:, chosen], parameters, rng)
                mean = [part / len(chosen) for part in summed]
                parameters, memory = adam(parameters, mean, memory, slower)
            history.append(parameters)
    except KeyboardInterrupt:
        print(f"stopped after {len(history) - 1} of {epochs} epochs")
    return history
