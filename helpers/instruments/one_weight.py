"""The cost along one of the 69 numbers, with the tangent of its derivative."""

from functools import cache

import numpy as np

from helpers import arrays, network
from helpers.checks import finite_differences
from helpers.instruments import svg
from helpers.instruments.instrument import SHAPES, Instrument

REACH, HALF, ONE = 4, 100, "one image"
SIZE = 560, 158
PLACES = {  # from a name like w^F_1[0, 2] to the array and the index in it
    svg.symbol(" ".join(map(str, (kind, *index)))): (kind, index)
    for kind, shape in SHAPES.items()
    for index in np.ndindex(shape)
}


class OneWeight(Instrument):
    """The cost along one of the 69 numbers, its tangent as derived and as measured.

    digits: images (N, 6, 6) and targets (N, 3), as from load_digits. parameters: the
    course's 69 numbers. name, image, ties: what moves, on which image, with which tie
    rule, to start with. Raises ValueError for other sizes, and for what is not there.
    """

    panel = {
        "name": ("list", "number", tuple(PLACES)),
        "by": ("slider", "moved by", (-REACH, REACH, 0.05)),
        "ties": ("choice", "tie rule", ("all", "share", "first")),
        "of": ("choice", "cost of", (ONE, "all images")),
    }

    def __init__(self, digits, parameters, name="w^F_0[0, 0]", **state):
        super().__init__(digits, parameters, name=name, **state)

    def begin(self):
        self.curve = cache(self.curve)
        self.observe(lambda _: setattr(self, "of", ONE), "image")

    def moved(self, name, value):
        """Parameters with one number changed."""
        kind, index = PLACES[name]
        part = getattr(self.parameters, kind).copy()
        part[index] = value
        return self.parameters._replace(**{kind: part})

    def cost(self, name, value, which):
        """The cost of some images; which: a slice."""
        out_a = arrays.outputs(self.inputs[which], self.moved(name, value))
        return network.cost(out_a, self.targets[which])

    def winners(self, name, value, image):
        """Which windows win, in the map of the filter that the number belongs to."""
        k, moved = PLACES[name][1][0], self.moved(name, value)
        conv_z = network.convolve(image, moved.conv_w[[k]], moved.conv_b[[k]])
        conv_a = network.sigmoid(conv_z)
        return network.winners(conv_a, network.pool(conv_a, 2))

    def curve(self, name, start, stop):
        """Values, their costs, and the values where other windows start to win."""
        kind, index = PLACES[name]
        values = getattr(self.parameters, kind)[index] + np.linspace(-REACH, REACH, 300)
        costs = [self.cost(name, value, slice(start, stop)) for value in values]
        kinks, image = [], self.inputs[start]
        if kind == "conv_w" and stop == start + 1:
            won = [self.winners(name, value, image) for value in values]
            change = [np.any(one != two) for one, two in zip(won, won[1:])]
            kinks = (values[:-1] + values[1:])[change] / 2
        return values, costs, kinks

    def draw(self):
        name, (kind, index), one = self.name, PLACES[self.name], self.of == ONE
        start, stop = (self.image, self.image + 1) if one else (0, len(self.inputs))
        which = slice(start, stop)
        value = getattr(self.parameters, kind)[index] + self.by
        values, costs, kinks = self.curve(name, start, stop)
        batch = self.inputs[which], self.targets[which], self.moved(name, value)
        derived = getattr(arrays.gradient(*batch, self.ties), kind)[index]
        (measured,) = finite_differences(
            lambda point: self.cost(name, point[0], which), np.array([value]), 1e-6
        )
        height, room = self.cost(name, value, which), 0.12 * np.ptp(costs) or 0.5
        spans = (values[0], values[-1]), (min(costs) - room, max(costs) + room)
        unit = [length / np.ptp(span) for length, span in zip(SIZE, spans)]
        curves = [(values, costs, svg.COLOURS[0], "-", "")]
        for slope, *look in (
            (derived, svg.WINDOW, "-", f"derived {svg.number(derived, 5)}"),
            (measured, "currentColor", "--", f"measured {svg.number(measured, 5)}"),
        ):
            half = HALF / np.hypot(unit[0], slope * unit[1]) * np.array([-1, 1])
            curves.append((value + half, height + slope * half, *look))
        for kink in kinks:
            middle, ink = self.cost(name, kink, which), "currentColor"
            ends = [middle - room / 2, middle + room / 2]
            curves.append(([kink, kink], ends, ink, "-", ""))
        frame, point = ((64, 34), SIZE, spans), (value, height)
        drawn = svg.chart(*frame, curves, point, "cost C", name, 5)
        close = abs(derived - measured) <= 1e-4 * max(abs(measured), 1e-3)
        says = (
            f"{name} = {value:.4f}, C = {svg.number(height, 5)}: derived slope "
            f"{svg.number(derived, 5)}, measured slope {svg.number(measured, 5)}; the "
            f"tangent {'touches' if close else 'misses'} the curve. "
        )
        if one:
            says += f"Upright strokes, where other windows start to win: {len(kinks)}."
        return svg.picture(f"the cost against {svg.plain(name)}", drawn), says
