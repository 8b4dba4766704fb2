import re

import numpy as np

from helpers import network
from helpers.instruments import svg
from helpers.instruments.instrument import Instrument, backwards, behind

STEPS = (
    "the deltas of the outputs: δ^O_o = (a^O_o - y_o) · a^O_o(1 - a^O_o)",
    "what reaches the pooled maps: ∂C/∂p_k[u, v] = Σ_o δ^O_o · w^O_o[k, u, v]",
    "only to the winners: ∂C/∂a^F_k[i, j] = ∂C/∂p_k[u, v] · s_k[i, j]",
    "the deltas of the feature maps: δ^F_k = ∂C/∂a^F_k · a^F_k(1 - a^F_k)",
    "the gradient of a filter: ∂C/∂w^F_k[r, c] = Σ δ^F_k[i, j] · x[i+r, j+c]",
)
MAPS = (  # of each step: where they are found, corner, size of a cell, title, figures
    (
        ("image", 0, 80, 22, "image x"),
        ("out_a", 174, 80, (88, 44), "a^O", 4, 44),
        ("target", 268, 80, (88, 44), "y", 4, 44),
        ("error", 362, 80, (88, 44), "a^O - y", 4, 44),
        ("out_slope", 456, 80, (88, 44), "· σ′", 4, 44),
        ("out_delta", 550, 80, (88, 44), "= δ^O", 3, 44),
    ),
    (
        ("out_w 0 {k}", 0, 110, (72, 44), "{0} · w^O_0", 4),
        ("out_w 1 {k}", 156, 110, (72, 44), "+ {1} · w^O_1", 4),
        ("out_w 2 {k}", 312, 110, (72, 44), "+ {2} · w^O_2", 4),
        ("reaching {k}", 474, 110, (83, 44), "= ∂C/∂p_{k}", 3),
    ),
    (
        ("reaching {k}", 0, 50, (154, 46), "∂C/∂p_{k}, above its blocks", 4),
        ("share {k}", 332, 50, (77, 23), "× share s_{k}", 4),
        ("unpooled {k}", 332, 168, (77, 23), "= ∂C/∂a^F_{k}", 3),
    ),
    (
        ("unpooled {k}", 0, 50, (77, 23), "∂C/∂a^F_{k}", 4),
        ("slope {k}", 332, 50, (77, 23), "× σ′ = a^F_{k}(1 - a^F_{k})", 4),
        ("conv_delta {k}", 332, 168, (77, 23), "= δ^F_{k}", 3),
    ),
    (("conv_w_gradient {k}", 394, 90, (82, 36), "Σ = ∂C/∂w^F_{k}", 3),),
)
PLACES = "off", "[0, 0]", "[0, 1]", "[1, 0]", "[1, 1]"


class Explorer(Instrument):
    """One of the images backwards, a factor a step, to the gradient of a filter."""

    panel = (
        ("step", "choice", "step", (0, 1, 2, 3, 4)),
        ("k", "choice", "map", (0, 1, 2)),
        ("ties", "choice", "tie rule", network.TIES),
        ("hidden", "list", "you first", PLACES),
    )

    def exercises(self, f):
        """What the class answers first, at the chosen [u, v]."""
        if self.hidden == "off":
            return ()
        k, (u, v) = self.k, map(int, re.findall(r"\d", self.hidden))
        block = [(k, i, j) for i in (2 * u, 2 * u + 1) for j in (2 * v, 2 * v + 1)]
        whole, gradient = np.kron(f.reaching, np.ones((2, 2))), f.conv_w_gradient
        asked = (
            ("out_delta", [(0,), (1,), (2,)], "03 §4", {
                "y - a for a - y": -f.out_delta, "σ′ is missing": f.error,
                "a for σ′": f.error * f.out_a}),
            ("reaching", [(k, u, v)], "04 §2", {
                "y - a for a - y": -f.reaching, "a mean for the sum": f.reaching / 3,
                "σ′ of the outputs is missing": np.tensordot(f.error, f.out_w, 1),
                "u and v swapped": f.reaching.swapaxes(1, 2)}),
            ("unpooled", block, "04 §3", {
                "all of it, where losers get nothing and winners that tie share": whole,
                "a quarter each, as if pooling took the mean": whole / 4}),
            ("conv_delta", block, "04 §4", {
                "σ′ is missing": f.unpooled, "a for σ′": f.unpooled * f.conv_a,
                "the share is missing": whole * f.slope}),
            ("conv_w_gradient", [(k, u, v)], "05 §2", {
                "a mean for the sum": gradient / 16,
                "the filter is turned": gradient[:, ::-1, ::-1],
                "r and c swapped": gradient.swapaxes(1, 2)}),
        )  # fmt: skip
        return (asked[self.step],)

    def draw(self):
        image, target, k = self.inputs[self.image], self.targets[self.image], self.k
        f = backwards(image, target, self.parameters, self.ties)
        self.hide(f, *self.exercises(f))
        rule, drawn = STEPS[self.step].replace("_k", f"_{k}"), []
        deltas = [svg.figures(delta, 4) for delta in f.out_delta]
        for at, x, y, size, title, *more in MAPS[self.step]:
            place = at.format(k=k), x, y, size, title.format(*deltas, k=k)
            drawn.append(svg.grid(f, *place, *more))
        words = [(0, 18, rule)]
        if self.step == 0:
            words += [(150, 107 + 44 * o, f"{o + 1}:") for o in range(3)]
        if self.step == 4:
            bias = svg.figures(f.conv_b_gradient[k], 3)
            words.append((394, 226, f"∂C/∂b^F_{k} = Σ δ^F_{k} = {bias}"))
            for (i, j), delta in np.ndenumerate(f.conv_delta[k]):
                x, y = 95 * j, 44 + 59 * i
                seen = svg.pixels(x, y, image[i : i + 3, j : j + 3], 12)
                drawn.append(seen if delta else f"<g{svg.PALE}>{seen}</g>")
                words.append((x, y - 4, f"{svg.figures(delta, 4)} ×", "start", 14))
        drawn += [svg.text(*line) for line in words]
        return drawn, behind(self.at, True, f) or f"Step {self.step}: {rule}."
