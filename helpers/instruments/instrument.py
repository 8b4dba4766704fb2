"""What the instruments share: controls, the strip of images, a picture, a sentence."""

import base64
from html import escape
from pathlib import Path
from textwrap import fill
from types import SimpleNamespace

import anywidget
import numpy as np
import traitlets
from IPython.display import display

from helpers import arrays, network
from helpers.answers import Exercise, judge
from helpers.door import as_choice, as_floats
from helpers.instruments import svg
from helpers.instruments.svg import figures

HERE = Path(__file__).parent
SHAPES = {"conv_w": (3, 3, 3), "conv_b": (3,), "out_w": (3, 3, 2, 2), "out_b": (3,)}
RATES = (0.1, 0.01, 0.02, 0.05, 0.2, 0.5, 1.0, 2.0)
SWITCH = False, True
STRIP = "images", "list", "images", ("all", "wrong", "least sure", "has ties")
LEAST_SURE = 12
# Where to find the derivative of the cost with respect to a number, or to its z.
BACK = {"conv_a": "conv_delta", "pooled": "reaching", "out_a": "out_delta"}
BACK |= {kind: f"{kind}_gradient" for kind in SHAPES}
VIEW = "application/vnd.jupyter.widget-view+json"
# Where a notebook is opened again there is no instrument: no complaint, the picture.
FIRST_STATE = """.first-state img {background: white}
.jp-OutputArea-child:has(.first-state) + * > .jupyter-widgets {display: none}"""
alive = {}


def live(instrument, caption):
    """Show an instrument; where it cannot live, a picture of its first state stands for
    it, named by the caption. Run again, a cell puts a new one in place of the old."""
    for widget in alive.pop(caption, ()):
        widget.close()
    alive[caption] = instrument, instrument.layout
    source = base64.b64encode(instrument.picture.encode()).decode()
    page = (
        f'<figure class="first-state"><style>{FIRST_STATE}</style><img '
        f'width="{svg.WIDTH}" alt="{escape(caption)}" src="data:image/svg+xml;base64,'
        f'{source}"><figcaption>{escape(caption)}. Run this cell to use it.'
        "</figcaption></figure>"
    )
    text = fill(f"[instrument: {caption}; run this cell to use it]", 88)
    display({"text/html": page, "text/plain": text}, raw=True)
    view = {"version_major": 2, "version_minor": 0, "model_id": instrument.model_id}
    display({VIEW: view, "text/plain": ""}, raw=True)


def backwards(image, target, parameters, ties="share"):
    """All arrays of the forward and the backward pass of an image, by their names, and
    what svg.grid lays over them."""
    passed = network.forward(image, parameters)
    out_delta = network.output_delta(passed.out_a, target)
    reaching = network.pooled_gradient(out_delta, parameters.out_w)
    share = network.winner_shares(passed.conv_a, passed.pooled, ties)
    unpooled = network.unpool(reaching, share)
    slope = network.sigmoid_slope(passed.conv_a)
    out_slope = network.sigmoid_slope(passed.out_a)
    conv_delta, error = unpooled * slope, passed.out_a - target
    gradient = network.backward(image, target, parameters, passed, share)._asdict()
    gradient = {f"{kind}_gradient": part for kind, part in gradient.items()}
    painted, dots, limits, windows = "", {}, {}, {}
    known = locals() | gradient | passed._asdict() | parameters._asdict()
    return SimpleNamespace(**known)


def behind(at, back, f):
    """The sum behind the number at a place, written out; back: behind the derivative of
    the cost there. f: from backwards; a window is laid over what the number is made of.
    Returns "" where nothing is pointed at."""
    kind, place = svg.found(at) if at else ("", ())
    kind = BACK.get(kind, kind) if back else kind
    if not hasattr(f, kind):
        return ""
    name, value = svg.symbol(svg.key(kind, place)), getattr(f, kind)[place]
    symbols, terms, (k, i, j, v) = "", (), (*place, 0, 0, 0, 0)[:4]
    match kind:
        case "conv_a":
            f.windows[f"image {i} {j}"] = 3, 3
            window = f.image[i : i + 3, j : j + 3]
            terms = *zip(f.conv_w[k].flat, window.flat), f.conv_b[k]
        case "pooled":
            f.windows[f"conv_a {k} {2 * i} {2 * j}"] = 2, 2
            symbols, terms = "the largest of ", network.block(f.conv_a[k], i, j, 2).flat
        case "out_a":
            terms = *zip(f.out_w[k].flat, f.pooled.flat), f.out_b[k]
        case "out_delta":
            symbols, terms = "(a^O - y) · σ′ = ", [(f.error[k], f.out_slope[k])]
        case "reaching":
            symbols, terms = "Σ δ^O · w^O = ", zip(f.out_delta, f.out_w[:, k, i, j])
        case "conv_delta":
            factors = f.reaching[k, i // 2, j // 2], f.share[place], f.slope[place]
            symbols, terms = "∂C/∂p · share · σ′ = ", [factors]
        case "conv_w_gradient":
            f.windows[f"image {i} {j}"] = 4, 4
            window = f.image[i : i + 4, j : j + 4]
            symbols, terms = "Σ δ^F · x = ", zip(f.conv_delta[k].flat, window.flat)
        case "conv_b_gradient":
            symbols, terms = "Σ δ^F = ", f.conv_delta[k].flat
        case "out_w_gradient":
            symbols, terms = "δ^O · p = ", [(f.out_delta[k], f.pooled[i, j, v])]
        case "out_b_gradient":
            symbols, terms = "δ^O = ", [f.out_delta[k]]
        case _:
            return f"{name} = {figures(value)}"
    if not np.isfinite(value):
        return f"{name} = ?"
    factors = [term for term in map(np.atleast_1d, terms) if term[0]]
    written = [" · ".join(figures(one, 5) for one in term) for term in factors]
    sign = ", " if kind == "pooled" else " + "
    total = sign.join(written).replace("+ -", "- ") or "0"
    if kind in ("conv_a", "out_a"):
        total = f"σ({total}) = σ({figures(getattr(f, kind[:-1] + 'z')[place], 4)})"
    return f"{name} = {symbols}{total} = {figures(value, 4)}"


class Instrument(anywidget.AnyWidget):
    """Controls above a picture; whatever is done there, all is drawn anew.

    digits: images (N, 6, 6) and targets (N, 3), as from load_digits. parameters: the
    course's 69 numbers. state: the image and the controls to start with, by name.
    Raises ValueError for other sizes, and for what is not there.

    Subclasses have a panel: (name, kind, label, options) of each control. What it sets
    is an attribute of that name; a button calls do_NAME. They draw a picture and a
    sentence, and may hide numbers: a field each, judged, until it is right or revealed.
    Where there is a play, step goes from 0 to last.
    """

    _esm = (HERE / "instrument.js").read_text(encoding="utf-8")
    _css = (HERE / "instrument.css").read_text(encoding="utf-8")
    controls, asked = (traitlets.List().tag(sync=True) for _ in range(2))
    strip, picture, said, at = (traitlets.Unicode().tag(sync=True) for _ in range(4))
    frame, image = (traitlets.Int().tag(sync=True) for _ in range(2))
    playing = traitlets.Bool().tag(sync=True)
    pause = traitlets.Int(70).tag(sync=True)  # ms, from step to step of a play

    def __init__(self, digits, parameters, **state):
        self.inputs = as_floats("images", digits.images, ("N", 6, 6))
        self.targets = as_floats("targets", digits.targets, (len(self.inputs), 3))
        for name, part in parameters._asdict().items():
            as_floats(name, part, SHAPES[name])
        as_choice("image", state.get("image", 0), range(len(self.inputs)))
        for name, kind, label, options in (STRIP, *self.panel):
            if kind in ("choice", "list", "switch"):
                state[name] = as_choice(label, state.get(name, options[0]), options)
            if kind != "button":
                self.add_traits(**{name: traitlets.Any(0).tag(sync=True)})
        super().__init__(controls=[STRIP, *self.panel], **state)
        self.parameters, self.revealed, self.verdict = parameters, set(), ""
        self.begin()
        self.on_msg(lambda _, message, __: self.do(message["do"], *message["to"]))
        self.redraw()

    def begin(self):
        """What a subclass does before the first picture."""

    def set_state(self, sync_data):
        """Take what was set in the page."""
        super().set_state(sync_data)
        self.verdict = ""
        if set(sync_data) - {"at"}:
            self.revealed = set()
        self.redraw()

    def do(self, name, *arguments):
        """Do what the page asks for: a button, a pixel, an answer, a step of a play, if
        it does not come after the stop."""
        if name != "tick" or self.playing:
            getattr(self, f"do_{name}")(*arguments)
        self.redraw()

    def redraw(self):
        """Show the present state; say it, unless it is one of many that pass."""
        with self.hold_sync():
            drawn, sentence = self.draw()
            self.picture, self.strip = svg.picture(sentence, drawn), self.draw_strip()
            self.frame += 1
            if not self.playing:
                self.said = svg.marked(self.verdict or sentence, *svg.HTML)

    def do_set(self, name, value):
        """Take what a control was set to, in turn with the buttons."""
        self.revealed, self.verdict = set(), ""
        setattr(self, name, value)

    def do_first(self):
        self.step = 0

    def do_tick(self):
        """One step of a play: from the last to the first, and to the last, to stop."""
        self.step = (self.step + 1) % (self.last + 1)
        self.playing = self.step < self.last

    def do_answer(self, at, answer):
        """Judge a number of the class; a right one is shown."""
        right, told = judge(self.judged[at], answer)
        self.revealed |= {at} if right else set()
        self.verdict = f"{svg.symbol(at)}: {told}."

    def do_reveal(self, at):
        self.revealed |= {at}
        self.verdict = f"{svg.symbol(at)} = {figures(self.judged[at].right, 4)}"

    def hide(self, f, *asked):
        """Put inf in the arrays of backwards where the class has not answered yet.

        asked: a kind, its places, where to reread, and from each usual mistake to what
        it makes of the array.
        """
        self.judged = {}
        for kind, places, reread, mistakes in asked:
            right, hidden = getattr(f, kind), getattr(f, kind).copy()
            for place in places:
                at = svg.key(kind, place)
                wrong = {cause: array[place] for cause, array in mistakes.items()}
                self.judged[at] = Exercise(right[place], wrong, reread, within=0.01)
                if at not in self.revealed:
                    hidden[place] = np.inf
            setattr(f, kind, hidden)
        self.asked = [(at, svg.plain(svg.symbol(at))) for at in self.judged]

    def draw_strip(self):
        """The images, a row a digit; those that the filter leaves out are pale."""
        labels, kept = np.argmax(self.targets, axis=1), self.kept()
        step = min(19.5, (svg.WIDTH - 18) / np.max(np.bincount(labels)))
        size = {"size": min(16, 0.9 * step)}
        drawn = [svg.text(0, (o + 0.85) * step, f"{o + 1}", **size) for o in range(3)]
        for n, (o, image) in enumerate(zip(labels, self.inputs)):
            here, role = n == self.image, f'role="img"{svg.PALE}'
            if kept[n]:
                role = f'data-at="{n}" tabindex="-1" role="button" '
                role += f'aria-pressed="{str(here).lower()}"'
            look = (svg.WINDOW, 4) if here else ()
            place = 18 + step * np.sum(labels[:n] == o), 1 + o * step
            thumbnail = svg.pixels(*place, image, (step - 3) / 6, *look)
            drawn.append(
                f"<g {role}><title>image {n}, a {o + 1}</title>{thumbnail}</g>"
            )
        return svg.picture(f"{sum(kept)} images: {self.images}", drawn, 3 * step + 1)

    def kept(self):
        """Which images the filter keeps, booleans (N,)."""
        if self.images == "has ties":
            passed = (network.forward(x, self.parameters) for x in self.inputs)
            won = [network.winners(p.conv_a, p.pooled) for p in passed]
            return np.sum(won, axis=(1, 2, 3)) > won[0].size // 4
        out_a = arrays.outputs(self.inputs, self.parameters)
        wrong = np.argmax(out_a, axis=1) != np.argmax(self.targets, axis=1)
        sure = np.diff(np.sort(out_a))[:, -1]
        unsure = sure <= np.sort(sure)[:LEAST_SURE][-1]
        return {"all": sure >= 0, "wrong": wrong, "least sure": unsure}[self.images]
