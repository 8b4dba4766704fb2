"""A training run, epoch by epoch; pin it, and train another beside it."""

import numpy as np

from helpers import arrays, network
from helpers.instruments import svg
from helpers.instruments.instrument import RATES, Instrument

EPOCHS, GREY = 50, "#767676"


class TrainingScrubber(Instrument):
    """Any epoch of a training run: filters, outputs of an image, cost and accuracy.

    digits, handwritten: images (N, 6, 6) and targets (N, 3), as load_digits and
    load_handwritten return them; handwritten may be left out. parameters: where the run
    starts. rate, image: to start with. Raises ValueError for other sizes and rates.
    """

    panel = {
        "epoch": ("slider", "epoch", (0, EPOCHS, 1)),
        "playing": ("play", "play", 80),
        "first": ("rewind", "to the start", ()),
        "rate": ("list", "rate η", RATES),
        "pin": ("choice", "pin this run", ("off", "on")),
    }

    def __init__(self, digits, parameters, handwritten=None, **state):
        self.handwritten = handwritten
        super().__init__(digits, parameters, **state)

    def begin(self):
        self.train()
        self.pinned = ()
        self.observe(self.train, "rate")
        self.observe(self.keep, "pin")

    def train(self, _=None):
        """A run at this learning rate, and how good every epoch of it is."""
        images, targets, start = self.inputs, self.targets, self.parameters
        options = {"epochs": EPOCHS, "learning_rate": self.rate}
        self.history = arrays.train(images, targets, start, **options)
        self.out_a = [arrays.outputs(images, step) for step in self.history]
        self.costs = [network.cost(out_a, targets) for out_a in self.out_a]
        self.curves = [[network.accuracy(out_a, targets) for out_a in self.out_a]]
        if self.handwritten is not None:
            images, targets = self.handwritten.images, self.handwritten.targets
            tested = (arrays.outputs(images, step) for step in self.history)
            self.curves.append([network.accuracy(out_a, targets) for out_a in tested])

    def keep(self, _):
        """Keep the curves of this run beside the next one's, or let them go."""
        self.pinned = (self.rate, self.costs, self.curves) if self.pin == "on" else ()

    def draw(self):
        epoch, now, drawn = self.epoch, self.history[self.epoch], []
        limit = max(np.max(np.abs(step.conv_w)) for step in self.history)
        for k, bias in enumerate(now.conv_b):
            title = f"w^F_{k}, b^F_{k} = {svg.number(bias, 2)}"
            place = f"conv_w {k}", 172 * k, 24, (52, 24)
            drawn.append(svg.grid(now, *place, title, 2, limit))
        out_a, target = self.out_a[epoch][self.image], self.targets[self.image]
        drawn.append(svg.bars(524, 0, out_a, target, 108, 36))
        x, (blue, _, green, _) = range(EPOCHS + 1), svg.COLOURS
        looks = (blue, "-", "training"), (green, "--", "handwritten")
        costs = [(x, self.costs, blue, "-", "")]
        good = [(x, curve, *look) for curve, look in zip(self.curves, looks)]
        if self.pinned:
            rate, cost, curves = self.pinned
            costs.append((x, cost, GREY, ":", f"pinned, rate {rate:g}"))
            good += [(x, curve, GREY, ":", "") for curve in curves]
        cost, accuracy = self.costs[epoch], self.curves[0][epoch]
        most = 1.05 * max(max(curve[1]) for curve in costs)
        frame = (44, 150), (216, 92), ((0, EPOCHS), (0, most))
        drawn.append(svg.chart(*frame, costs, (epoch, cost), "cost C"))
        frame = (304, 150), (330, 92), ((0, EPOCHS), (0, 1.03))
        drawn.append(svg.chart(*frame, good, (epoch, accuracy), "accuracy"))
        right, count = round(accuracy * len(self.inputs)), len(self.inputs)
        says = f"After epoch {epoch}: cost C = {cost:.4f}, accuracy "
        says += f"{100 * accuracy:.1f} % ({right} of {count} images)"
        if self.curves[1:]:
            says += f", of handwritten digits {100 * self.curves[1][epoch]:.1f} %"
        says += f". Image {self.image}: the network says {np.argmax(out_a) + 1}."
        return svg.picture("filters, outputs, cost and accuracy", drawn), says
