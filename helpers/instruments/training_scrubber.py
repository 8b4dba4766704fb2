"""A training run, epoch by epoch; pin it, and train another beside it."""

import numpy as np

from helpers import arrays, network
from helpers.instruments import svg
from helpers.instruments.instrument import RATES, Instrument

PINNED = "#767676"


class TrainingScrubber(Instrument):
    """Any epoch of a training run: filters, outputs of an image, cost and accuracy.

    digits, handwritten: images (N, 6, 6) and targets (N, 3), as load_digits and
    load_handwritten return them; handwritten may be left out. parameters: where the run
    starts. rate, image: to start with. Raises ValueError for other sizes and rates.
    """

    plays, to = "epoch", 50
    panel = {
        "epoch": ("slider", "epoch", (0, 50, 1)),
        "playing": ("play", "play", 80),
        "first": ("button", "to the start", ()),
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
        options = {"epochs": self.to, "learning_rate": self.rate}
        self.history = arrays.train(
            self.inputs, self.targets, self.parameters, **options
        )
        self.out_a = [arrays.outputs(self.inputs, step) for step in self.history]
        self.costs = [network.cost(out_a, self.targets) for out_a in self.out_a]
        self.curves = [[network.accuracy(out_a, self.targets) for out_a in self.out_a]]
        if self.handwritten is not None:
            images, targets, *_ = self.handwritten.images, self.handwritten.targets
            tested = (arrays.outputs(images, step) for step in self.history)
            self.curves.append([network.accuracy(out_a, targets) for out_a in tested])

    def keep(self, _):
        """Keep the curves of this run beside the next one's, or let them go."""
        self.pinned = (self.rate, self.costs, self.curves) if self.pin == "on" else ()

    def draw(self):
        epoch, conv_b = self.epoch, self.history[self.epoch].conv_b
        limit = max(np.max(np.abs(step.conv_w)) for step in self.history)
        drawn = [
            svg.grid(self.history[epoch], f"conv_w {k}", 172 * k, 24, (52, 24),
                     f"w^F_{k}, b^F_{k} = {svg.number(conv_b[k], 2)}", 2, limit)
            for k in range(3)
        ]  # fmt: skip
        out_a, target = self.out_a[epoch][self.image], self.targets[self.image]
        drawn.append(svg.bars(524, 0, out_a, target, 108, 36))
        x, looks = (
            np.arange(self.to + 1),
            ((svg.COLOURS[0], "-"), (svg.COLOURS[2], "--")),
        )
        costs, good = [], []
        for rate, cost, curves in [self.pinned] if self.pinned else ():
            costs.append((x, cost, PINNED, ":", f"pinned, rate {rate:g}"))
            good += [(x, curve, PINNED, ":", "") for curve in curves]
        costs.append((x, self.costs, svg.COLOURS[0], "-", ""))
        names = ("training", "handwritten")
        good += [(x, *pair) for pair in zip(self.curves, *zip(*looks), names)]
        most = 1.05 * max(max(curve[1]) for curve in costs)
        cost, accuracy = self.costs[epoch], self.curves[0][epoch]
        for left, wide, curves, high, value, title in (
            (44, 216, costs, most, cost, "cost C"),
            (304, 330, good, 1.03, accuracy, "accuracy"),
        ):
            spans, point = ((0, self.to), (0, high)), (epoch, value)
            size, corner = (wide, 92), (left, 150)
            drawn.append(svg.chart(corner, size, spans, curves, point, title))
        says = (
            f"After epoch {epoch}: cost C = {cost:.4f}, accuracy {100 * accuracy:.1f} % "
            f"({round(accuracy * len(self.inputs))} of {len(self.inputs)} images)"
        )
        if len(self.curves) > 1:
            says += f", of handwritten digits {100 * self.curves[1][epoch]:.1f} %"
        says += f". Image {self.image}: the network says {np.argmax(out_a) + 1}."
        return svg.picture("filters, outputs, cost and accuracy", drawn), says
