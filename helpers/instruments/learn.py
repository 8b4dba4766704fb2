import numpy as np

from helpers import arrays, network
from helpers.instruments import instrument, svg
from helpers.instruments.instrument import RATES, SWITCH, backwards, behind

GIVEN, LAST = "given values", "last run"
SEEDS = {f"noise {seed}": seed for seed in range(5)}
MAPS = (  # kind, corner of the first, size of a cell, title
    ("image", 0, 26, 20, "image x"),
    ("conv_w", 138, 26, 18, "filters w^F, b^F"),
    ("conv_b", 198, 44, 18),
    ("conv_a", 258, 26, 18, "maps a^F"),
    ("pooled", 340, 26, 22, "pooled p"),
    ("out_w", 420, 26, 18, "weights w^O, b^O"),
    ("out_b", 542, 35, 18),
)


class Learn(instrument.Instrument):
    """The whole network on one screen, to draw on and to train step by step."""

    panel = (
        ("digit", "choice", "it is a", (1, 2, 3)),
        ("clear", "button", "clear", ()),
        ("step", "button", "one step", ()),
        ("undo", "button", "undo", ()),
        ("playing", "switch", "play / pause", SWITCH),
        ("deltas", "switch", "deltas", SWITCH),
        ("rate", "list", "rate η", RATES),
        ("start", "list", "start from", (GIVEN, LAST, *SEEDS)),
        ("restart", "button", "start over", ()),
    )

    def begin(self):
        self.starts = {GIVEN: self.parameters, LAST: self.parameters}
        self.load()
        self.note([], self.parameters)
        self.observe(self.load, "image")
        self.observe(self.do_restart, "start")

    def load(self, _=None):
        """Take the image from the strip, and its digit."""
        self.drawn = self.inputs[self.image].copy()
        self.digit = int(np.argmax(self.targets[self.image])) + 1

    def note(self, run, parameters):
        """Go on with these parameters; keep how good they are on all images."""
        out_a, targets = arrays.outputs(self.inputs, parameters), self.targets
        good = network.cost(out_a, targets), network.accuracy(out_a, targets)
        self.run, self.parameters = [*run, (parameters, *good)], parameters

    def do_restart(self, _=None):
        if self.run[1:]:
            self.starts[LAST] = self.parameters
        seed, self.playing = SEEDS.get(self.start), False
        self.note([], self.starts.get(self.start) or network.random_parameters(seed))

    def do_clear(self):
        self.drawn[:] = 0

    def do_paint(self, at, ink):
        self.drawn[svg.found(at)[1]] = ink

    def do_step(self):
        """One step of gradient descent, on the image shown alone."""
        target = np.eye(3)[[self.digit - 1]]
        slopes = network.gradient(self.drawn[None], target, self.parameters)
        self.note(self.run, network.update(self.parameters, slopes, self.rate))

    def do_tick(self):
        """One step of gradient descent, on all images."""
        slopes = arrays.gradient(self.inputs, self.targets, self.parameters)
        self.note(self.run, network.update(self.parameters, slopes, self.rate))

    def do_undo(self):
        self.run = self.run[:-1] or self.run
        self.parameters = self.run[-1][0]

    def draw(self):
        f = backwards(self.drawn, np.eye(3)[self.digit - 1], self.parameters)
        says, f.painted = behind(self.at, self.deltas, f), "image"
        if self.deltas:
            f.dots = {kind: getattr(f, back) for kind, back in instrument.BACK.items()}
        drawn = [svg.grid(f, *place) for place in MAPS]
        drawn.append(svg.bars(f, 568, 26, 72, 76))
        _, costs, good = zip(*self.run)
        steps = len(costs) - 1
        for y, values, title in (
            (174, costs, f"cost, all: {costs[-1]:.3f}"),
            (226, good, f"accuracy {100 * good[-1]:.1f}%"),
        ):
            curve = range(steps + 1), values, svg.COLOURS[0], svg.SOLID, ""
            spans, point = ((0, steps or 1), (0, max(values))), (steps, values[-1])
            drawn.append(svg.chart(0, y, 120, 26, spans, [curve], point, title, 0))
        earlier = ""
        if steps:
            before = network.forward(self.drawn, self.run[-2][0]).out_a
            earlier = f", a step before {network.cost(before, f.target):.5f}"
        return drawn, says or (
            f"The network says {np.argmax(f.out_a) + 1}, it is a {self.digit}; cost of "
            f"this image {network.cost(f.out_a, f.target):.5f}{earlier}. After {steps} "
            f"steps: cost of all {len(self.inputs)} images {costs[-1]:.4f}, accuracy "
            f"{100 * good[-1]:.1f} %."
        )
