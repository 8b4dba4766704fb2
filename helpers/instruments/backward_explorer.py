"""One image on its way back, one factor of the chain rule at a time."""

import re
from functools import partial

import numpy as np

from helpers import network
from helpers.instruments import svg
from helpers.instruments.instrument import PALE, Instrument, backwards, behind

STEPS = (
    "the deltas of the outputs: δ^O_o = (a^O_o - y_o) · a^O_o(1 - a^O_o)",
    "what reaches the pooled maps: ∂C/∂p_k[u, v] = Σ_o δ^O_o · w^O_o[k, u, v]",
    "only to the winners: ∂C/∂a^F_k[i, j] = ∂C/∂p_k[u, v] · s_k[i, j]",
    "the deltas of the feature maps: δ^F_k = ∂C/∂a^F_k · a^F_k(1 - a^F_k)",
    "the gradient of a filter: ∂C/∂w^F_k[r, c] = Σ δ^F_k[i, j] · x[i+r, j+c]",
)
MAPS = {  # of steps 2 and 3: size of a cell, title
    2: {"reaching": ((154, 46), "∂C/∂p_k, above its blocks"),
        "share": ((77, 23), "× share s_k"), "unpooled": ((77, 23), "= ∂C/∂a^F_k")},
    3: {"unpooled": ((77, 23), "∂C/∂a^F_k"), "conv_delta": ((77, 23), "= δ^F_k"),
        "slope": ((77, 23), "× σ′ = a^F_k(1 - a^F_k)")},
}  # fmt: skip
PLACES = "off", "[0, 0]", "[0, 1]", "[1, 0]", "[1, 1]"
COLUMNS = {"out_a": "a^O", "target": "y", "error": "a^O - y", "out_slope": "· σ′",
           "out_delta": "= δ^O"}  # fmt: skip


def factor(value, count=4):
    """A number in few letters: four figures here make three right in a product."""
    small = f"{value:.{count - 1}e}".replace("e-0", "e-")
    return small if 0 < abs(value) < 0.01 else svg.figures(value, count)


product = partial(factor, count=3)


class BackwardExplorer(Instrument):
    """One of the images backwards, a factor a step, to the gradient of a filter.

    digits: images (N, 6, 6) and targets (N, 3), as from load_digits. parameters: the
    course's 69 numbers. image, step, k, ties, hidden: to start with. Raises ValueError
    for other sizes, and for what is not there.
    """

    panel = {
        "step": ("choice", "step", (0, 1, 2, 3, 4)),
        "k": ("choice", "map", (0, 1, 2)),
        "ties": ("choice", "tie rule", network.TIES),
        "hidden": ("list", "you first", PLACES),
    }

    def exercises(self, f):
        """What the class answers first, at the chosen [u, v]."""
        if self.hidden == "off":
            return ()
        k, (u, v) = self.k, map(int, re.findall(r"\d", self.hidden))
        block = [(k, i, j) for i in (2 * u, 2 * u + 1) for j in (2 * v, 2 * v + 1)]
        whole = f.reaching.repeat(2, axis=1).repeat(2, axis=2)
        asked = (
            ("out_delta", [(0,), (1,), (2,)], "03 §4", {
                "y - a for a - y": -f.out_delta, "σ′ is missing": f.error,
                "a for σ′": f.error * f.out_a}),
            ("reaching", [(k, u, v)], "04 §2", {
                "y - a for a - y": -f.reaching, "a mean for the sum": f.reaching / 3,
                "σ′ of the outputs is missing": np.tensordot(f.error, f.out_w, 1),
                "u and v swapped": f.reaching.transpose(0, 2, 1)}),
            ("unpooled", block, "04 §3", {
                "all of it, where losers get nothing and winners that tie share": whole,
                "a quarter each, as if pooling took the mean": whole / 4}),
            ("conv_delta", block, "04 §4", {
                "σ′ is missing": f.unpooled, "a for σ′": f.unpooled * f.conv_a,
                "the share is missing": whole * f.slope}),
            ("filter_gradient", [(k, u, v)], "05 §2", {
                "a mean for the sum": f.filter_gradient / 16,
                "the filter is turned": f.filter_gradient[:, ::-1, ::-1],
                "r and c swapped": f.filter_gradient.transpose(0, 2, 1)}),
        )  # fmt: skip
        return (asked[self.step],)

    def draw(self):
        image, target, k = self.inputs[self.image], self.targets[self.image], self.k
        flow = backwards(image, target, self.parameters, self.ties)
        flow = self.hide(flow, *self.exercises(flow))
        title, drawn = STEPS[self.step].replace("_k", f"_{k}"), []

        def show(at, x, y, size, title, write, **more):
            drawn.append(svg.grid(flow, at, x, y, size, title, write, **more))

        if self.step == 0:
            drawn.append(svg.grid(flow, "image", 0, 80, 22, "image x"))
            for n, (kind, name) in enumerate(COLUMNS.items()):
                for o in range(3):
                    place = f"{kind} {o}", 174 + 94 * n, 80 + 44 * o, (88, 44)
                    show(*place, "" if o else name, (product if n == 4 else factor))
            drawn += [svg.text(150, 107 + 44 * o, f"{o + 1}:") for o in range(3)]
        elif self.step == 1:
            for o, delta in enumerate(flow.out_delta):
                plus, x = "+ " if o else "", 156 * o
                drawn.append(svg.text(x, 76, f"{plus}δ^O_{o} · w^O_{o}[{k}]"))
                place = f"out_w {o} {k}", x, 110, (64, 44)
                show(*place, f"{plus}{svg.figures(delta)} ×", 3)
            show(f"reaching {k}", 474, 110, (83, 44), f"= ∂C/∂p_{k}", product)
        elif self.step in MAPS:
            for kind, (size, name) in MAPS[self.step].items():
                framed = None if kind in ("reaching", "slope") else flow.share[k] > 0
                name = name.replace("_k", f"_{k}")
                place = {"×": (332, 50), "=": (332, 168)}.get(name[0], (0, 50))
                write = product if name[0] == "=" else factor
                show(f"{kind} {k}", *place, size, name, write, framed=framed)
        else:
            for (i, j), delta in np.ndenumerate(flow.conv_delta[k]):
                x, y, label = 95 * j, 44 + 59 * i, f"{factor(delta)} ×"
                seen = svg.pixels(x, y, image[i : i + 3, j : j + 3], 12)
                label = svg.text(x, y - 4, label, size=svg.CELL)
                drawn.append(f"{label}<g{'' if delta else PALE}>{seen}</g>")
            place = f"filter_gradient {k}", 394, 90, (82, 36)
            show(*place, f"Σ = ∂C/∂w^F_{k}", product)
            bias = product(flow.gradient.conv_b[k])
            drawn.append(svg.text(394, 226, f"∂C/∂b^F_{k} = Σ δ^F_{k} = {bias}"))
        drawn.append(svg.text(0, 18, title))
        says = behind(self.at, True, flow) or f"Step {self.step}: {title}."
        return svg.picture(title, drawn), says
