import numpy as np

from helpers import arrays, network
from helpers.instruments import svg
from helpers.instruments.instrument import RATES, SWITCH, Instrument, backwards


class Scrubber(Instrument):
    """Any epoch of a training run: filters, outputs of an image, cost and accuracy.

    handwritten: more digits, to test each epoch on; may be left out.
    """

    last = 50
    panel = (
        ("step", "slider", "epoch", (0, last, 1)),
        ("playing", "switch", "play / pause", SWITCH),
        ("first", "button", "to the start", ()),
        ("rate", "list", "rate η", RATES),
        ("pin", "switch", "pin this run", SWITCH),
    )

    def __init__(self, digits, parameters, handwritten=None, **state):
        self.sets = [digits] if handwritten is None else [digits, handwritten]
        super().__init__(digits, parameters, **state)

    def begin(self):
        self.pinned = []
        self.train()
        self.observe(self.train, "rate")
        self.observe(self.keep, "pin")

    def train(self, _=None):
        """A run at this learning rate, and how good every epoch of it is."""
        options = {"epochs": self.last, "learning_rate": self.rate}
        history = arrays.train(self.inputs, self.targets, self.parameters, **options)
        out_a = [
            [arrays.outputs(digits.images, step) for step in history]
            for digits in self.sets
        ]
        self.history = history
        self.costs = [network.cost(each, self.targets) for each in out_a[0]]
        self.good = [
            [network.accuracy(each, digits.targets) for each in run]
            for digits, run in zip(self.sets, out_a)
        ]

    def keep(self, _):
        """Keep the curves of this run beside the next one's, or let them go."""
        self.pinned = [(self.rate, self.costs, self.good)] if self.pin else []

    def draw(self):
        epoch, x, (blue, _, green, _) = self.step, range(self.last + 1), svg.COLOURS
        image, target = self.inputs[self.image], self.targets[self.image]
        f = backwards(image, target, self.history[epoch])
        f.limits["conv_w"] = max(np.max(np.abs(step.conv_w)) for step in self.history)
        drawn = [svg.bars(f, 524, 4, 108, 40)]
        for k, bias in enumerate(f.conv_b):
            title = f"w^F_{k}, b^F_{k} = {svg.figures(bias, 3)}"
            drawn.append(svg.grid(f, f"conv_w {k}", 172 * k, 24, (52, 24), title, 3))
        looks = (blue, svg.SOLID, "training"), (green, svg.DASHED, "handwritten")
        costs = [(x, self.costs, blue, svg.SOLID, "")]
        good = [(x, curve, *look) for curve, look in zip(self.good, looks)]
        for rate, cost, curves in self.pinned:
            costs.append((x, cost, svg.GREY, svg.DOTTED, f"pinned, rate {rate:g}"))
            good += [(x, curve, svg.GREY, svg.DOTTED, "") for curve in curves]
        cost, (accuracy, *tested) = self.costs[epoch], (c[epoch] for c in self.good)
        spans = (0, self.last), (0, 1.05 * max(max(curve[1]) for curve in costs))
        drawn.append(svg.chart(44, 150, 216, 92, spans, costs, (epoch, cost), "cost C"))
        spans, point = ((0, self.last), (0, 1.03)), (epoch, accuracy)
        drawn.append(svg.chart(304, 150, 330, 92, spans, good, point, "accuracy"))
        count = len(self.inputs)
        says = f"After epoch {epoch}: cost C = {cost:.4f}, accuracy "
        says += f"{100 * accuracy:.1f} % ({accuracy * count:.0f} of {count} images)"
        for one in tested:
            says += f", of handwritten digits {100 * one:.1f} %"
        says += f". Image {self.image}: the network says {np.argmax(f.out_a) + 1}."
        return drawn, says
