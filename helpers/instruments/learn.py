"""Make the network learn: all its 69 numbers on one screen."""

import numpy as np

from helpers import arrays, network
from helpers.instruments import svg
from helpers.instruments.instrument import RATES, Instrument, backwards, behind

GIVEN, LAST = "given values", "last run"
SEEDS = {f"noise {seed}": seed for seed in range(5)}
PIECES = {  # corner of the first, size of a cell
    "conv_w": (138, 35, 18), "conv_b": (200, 53, 18), "conv_a": (256, 26, 18),
    "pooled": (350, 40, 22), "out_w": (414, 44, 18), "out_b": (538, 53, 18),
}  # fmt: skip
HEADS = {0: "image x", 138: "filters w^F, b^F", 262: "maps a^F", 340: "pooled p",
         418: "weights w^O, b^O", 560: "outputs"}  # fmt: skip


class Learn(Instrument):
    """The whole network on one screen, to draw on and to train step by step.

    digits: images (N, 6, 6) and targets (N, 3), as load_digits returns them. image: the
    first shown. parameters: where it starts. Raises ValueError for other sizes.
    """

    panel = {
        "digit": ("choice", "it is a", (1, 2, 3)),
        "clear": ("button", "clear", ()),
        "step": ("button", "one step", ()),
        "undo": ("button", "undo", ()),
        "playing": ("play", "play all images", 60),
        "deltas": ("choice", "deltas", ("off", "on")),
        "rate": ("list", "rate η", RATES),
        "start": ("list", "start from", (GIVEN, LAST, *SEEDS)),
        "restart": ("button", "start over", ()),
    }

    def begin(self):
        self.starts = {GIVEN: self.parameters, LAST: self.parameters}
        self.load()
        self.note([], self.parameters)
        self.observe(self.load, "image")
        self.observe(self.do_restart, "start")

    def load(self, _=None):
        """Take the image from the strip, and its digit."""
        self.drawn = self.inputs[self.image].copy()
        self.digit, self.event = int(np.argmax(self.targets[self.image])) + 1, ""

    def note(self, run, parameters):
        """Go on with these parameters; keep how good they are on all images."""
        out_a, targets = arrays.outputs(self.inputs, parameters), self.targets
        good = network.cost(out_a, targets), network.accuracy(out_a, targets)
        self.run, self.event = [*run, (parameters, *good)], ""
        self.parameters = parameters

    def do_restart(self, _=None):
        seed = SEEDS.get(self.start)
        chosen = self.starts.get(self.start) or network.random_parameters(seed)
        if len(self.run) > 1:
            self.starts[LAST] = self.parameters
        self.playing = False
        self.note([], chosen)

    def do_clear(self):
        self.drawn = np.zeros((6, 6))

    def do_paint(self, at, ink):
        _, i, j = at.split()
        self.drawn[int(i), int(j)] = ink

    def do_step(self):
        """One step of gradient descent, on the image shown alone."""
        image, target = self.drawn[None], np.eye(3)[[self.digit - 1]]
        before = network.cost(network.outputs(image, self.parameters), target)
        slopes = network.gradient(image, target, self.parameters)
        self.note(self.run, network.update(self.parameters, slopes, self.rate))
        self.event = f"One step, from a cost of this image of {before:.5f}. "

    def do_undo(self):
        self.run = self.run[:-1] or self.run
        self.parameters, self.event = self.run[-1][0], "One step taken back. "

    def do_tick(self):
        """One step of gradient descent, on all images."""
        slopes = arrays.gradient(self.inputs, self.targets, self.parameters)
        self.note(self.run, network.update(self.parameters, slopes, self.rate))

    def draw(self):
        back, target = self.deltas == "on", np.eye(3)[self.digit - 1]
        flow = backwards(self.drawn, target, self.parameters)
        kind, *place = self.at.split() or [""]
        n, *corner = map(int, place or (0,))
        windows = {"conv_a": ("image", 1, 3), "pooled": (f"conv_a {n}", 2, 2)}
        windows |= {"conv_w": ("image", 1, 4)} if back else {}
        where, times, side = windows.get(kind, ("", 1, 0))
        window = {where: (*(times * c for c in corner), side, side)}
        drawn = [svg.text(x, 18, head) for x, head in HEADS.items()]
        place = "image", 0, 26, 20
        drawn.append(svg.grid(flow, *place, window=window.get("image"), paint=True))
        second = {"conv_a": flow.conv_delta, "pooled": flow.reaching}
        second |= flow.gradient._asdict()
        for name, (x, y, size) in PIECES.items():
            dots, shape = second[name] if back else None, getattr(flow, name).shape
            for n in np.ndindex(shape[: 2 if name == "out_w" else 1]):
                at = " ".join(map(str, (name, *n)))
                place = at, x + 41 * sum(n[1:]), y + 76 * n[0], size
                framed = flow.share[n] > 0 if name == "conv_a" else None
                more = {"dots": dots, "framed": framed, "window": window.get(at)}
                drawn.append(svg.grid(flow, *place, **more))
        lines = [f"δ {svg.number(d, 4)}" if back else "" for d in flow.out_delta]
        drawn.append(svg.bars(566, 28, flow.out_a, target, 70, 76, lines))
        _, costs, good = zip(*self.run)
        steps = len(costs) - 1
        for y, values, most, title in (
            (174, costs, max(costs), f"cost, all: {costs[-1]:.3f}"),
            (226, good, 1, f"accuracy {100 * good[-1]:.1f}%"),
        ):
            curve = range(steps + 1), values, svg.COLOURS[0], "-", ""
            frame = (0, y), (120, 26), ((0, max(steps, 1)), (0, most))
            point = steps, values[-1]
            drawn.append(svg.chart(*frame, [curve], point, title, ticks=0))
        says = behind(self.at, back, flow) or (
            f"{self.event}The network says {np.argmax(flow.out_a) + 1}, it is a "
            f"{self.digit}; cost of this image {network.cost(flow.out_a, target):.5f}. "
            f"After {steps} steps: cost of all {len(self.inputs)} images "
            f"{costs[-1]:.4f}, accuracy {100 * good[-1]:.1f} %."
        )
        return svg.picture("the whole network", drawn), says
