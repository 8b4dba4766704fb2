from functools import cache

import numpy as np

from helpers import arrays, network
from helpers.checks import finite_differences
from helpers.instruments import svg
from helpers.instruments.instrument import SHAPES, Instrument
from helpers.plots import number

REACH, HALF, SIZE = 4, 100, (560, 158)
ONE, ALL = "one image", "all images"
NUMBERS = {  # from a name like w^F_1[0, 2] to the array and the place in it
    svg.symbol(svg.key(kind, place)): (kind, place)
    for kind, shape in SHAPES.items()
    for place in np.ndindex(shape)
}


class OneWeight(Instrument):
    """The cost along one of the 69 numbers, its tangent as derived and as measured."""

    panel = (
        ("name", "list", "number", tuple(NUMBERS)),
        ("by", "slider", "moved by", (-REACH, REACH, 0.05)),
        ("ties", "choice", "tie rule", ("all", "share", "first")),
        ("of", "choice", "cost of", (ONE, ALL)),
    )

    def __init__(self, digits, parameters, name="w^F_0[0, 0]", **state):
        super().__init__(digits, parameters, name=name, **state)

    def begin(self):
        self.curve = cache(self.curve)
        self.observe(lambda _: setattr(self, "of", ONE), "image")

    def moved(self, name, value):
        """Parameters with one number changed."""
        kind, place = NUMBERS[name]
        part = getattr(self.parameters, kind).copy()
        part[place] = value
        return self.parameters._replace(**{kind: part})

    def batch(self, image):
        """One image and its target, or all of them for None."""
        which = slice(None) if image is None else [image]
        return self.inputs[which], self.targets[which]

    def cost(self, name, value, image):
        """The cost of an image, or of all, where the number has this value."""
        images, targets = self.batch(image)
        return network.cost(arrays.outputs(images, self.moved(name, value)), targets)

    def curve(self, name, image):
        """Values, their costs, and the values where other windows start to win."""
        (kind, place), won = NUMBERS[name], []
        values = getattr(self.parameters, kind)[place] + np.linspace(-REACH, REACH, 161)
        costs = [self.cost(name, value, image) for value in values]
        for value in values if kind == "conv_w" and image is not None else ():
            passed = network.forward(self.inputs[image], self.moved(name, value))
            won.append(network.winners(passed.conv_a, passed.pooled))
        change = [np.any(one != two) for one, two in zip(won, won[1:])]
        return values, costs, (values[:-1] + values[1:])[np.flatnonzero(change)] / 2

    def draw(self):
        name, (kind, place) = self.name, NUMBERS[self.name]
        image = self.image if self.of == ONE else None
        value = getattr(self.parameters, kind)[place] + self.by
        values, costs, kinks = self.curve(name, image)
        height, room = self.cost(name, value, image), 0.12 * np.ptp(costs) or 0.5
        slopes = arrays.gradient(*self.batch(image), self.moved(name, value), self.ties)
        derived = getattr(slopes, kind)[place]
        (measured,) = finite_differences(
            lambda point: self.cost(name, point[0], image), np.array([value]), 1e-6
        )
        spans = (values[0], values[-1]), (min(costs) - room, max(costs) + room)
        unit = [length / np.ptp(span) for length, span in zip(SIZE, spans)]
        told = f"derived {number(derived, 5)}", f"measured {number(measured, 5)}"
        curves = [(values, costs, svg.COLOURS[0], svg.SOLID, "")]
        for slope, colour, dashes, label in (
            (derived, svg.WINDOW, svg.SOLID, told[0]),
            (measured, "currentColor", svg.DASHED, told[1]),
        ):
            run = HALF / np.hypot(unit[0], slope * unit[1]) * np.array([-1, 1])
            curves.append((value + run, height + slope * run, colour, dashes, label))
        for kink in kinks:
            stroke = self.cost(name, kink, image) + np.array([-room, room]) / 2
            curves.append(([kink, kink], stroke, "currentColor", svg.SOLID, ""))
        look = spans, curves, (value, height), "cost C", 5, name
        close = abs(derived - measured) <= 1e-4 * max(abs(measured), 1e-3)
        says = (
            f"{name} = {value:.4f}, C = {number(height, 5)}: slope {', '.join(told)}; "
        )
        says += f"the tangent {'touches' if close else 'misses'} the curve. "
        if self.of == ONE:
            says += f"Upright strokes, where other windows start to win: {len(kinks)}."
        return [svg.chart(64, 34, *SIZE, *look)], says
