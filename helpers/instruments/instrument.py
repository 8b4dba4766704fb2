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
STRIP = {"images": ("list", "images", ("all", "wrong", "least sure", "has ties"))}
LEAST_SURE, PALE = 12, ' opacity="0.25"'
BACK = {"conv_a": "conv_delta", "pooled": "reaching", "out_a": "out_delta"}
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
    words = escape(caption)
    page = (
        f'<figure class="first-state"><style>{FIRST_STATE}</style>'
        f'<img width="{svg.WIDTH}" alt="{words}" '
        f'src="data:image/svg+xml;base64,{source}">'
        f"<figcaption>{words}. Run this cell to use it.</figcaption></figure>"
    )
    text = fill(f"[instrument: {caption}; run this cell to use it]", 88)
    display({"text/html": page, "text/plain": text}, raw=True)
    view = {"version_major": 2, "version_minor": 0, "model_id": instrument.model_id}
    display({VIEW: view, "text/plain": ""}, raw=True)


def backwards(image, target, parameters, ties="share"):
    """All arrays of the forward and the backward pass of an image, by their names."""
    passed = network.forward(image, parameters)
    out_delta = network.output_delta(passed.out_a, target)
    reaching = network.pooled_gradient(out_delta, parameters.out_w)
    share = network.winner_shares(passed.conv_a, passed.pooled, ties)
    unpooled = network.unpool(reaching, share)
    slope = network.sigmoid_slope(passed.conv_a)
    out_slope = network.sigmoid_slope(passed.out_a)
    conv_delta, error = unpooled * slope, passed.out_a - target
    gradient = network.backward(image, target, parameters, passed, share)
    filter_gradient = gradient.conv_w
    return SimpleNamespace(**locals(), **passed._asdict(), **parameters._asdict())


def total(*pairs):
    """A sum written out: of numbers, or of products of as many factors as there are."""
    terms = [" · ".join(figures(f, 5) for f in np.atleast_1d(p)) for p in pairs]
    return " + ".join(terms).replace("+ -", "- ") or "0"


def behind(at, back, f):
    """The sum behind the number at a place, written out; back: behind the derivative of
    the cost there. f: from backwards. Returns "" where nothing is pointed at."""
    kind, *place = at.split() or [""]
    kind, place = BACK.get(kind, kind) if back else kind, tuple(map(int, place))
    if not hasattr(f, kind):
        return ""
    n, i, j, v = (*place, 0, 0, 0, 0)[:4]
    name = svg.symbol(" ".join(map(str, (kind, *place))))
    value = getattr(f, kind)[place]
    if np.isinf(value):
        return f"{name} = ?"
    match kind, back:
        case "conv_a", False:
            pairs = zip(f.conv_w[n].flat, f.image[i : i + 3, j : j + 3].flat)
            z = figures(f.conv_z[place], 4)
            terms = f"σ({total(*pairs, f.conv_b[n])}) = σ({z})"
        case "pooled", False:
            entries = network.block(f.conv_a[n], i, j, 2).flat
            terms = "the largest of " + ", ".join(map(figures, entries))
        case "out_a", False:
            pairs = zip(f.out_w[n].flat, f.pooled.flat)
            terms = f"σ({total(*pairs, f.out_b[n])}) = σ({figures(f.out_z[n], 4)})"
        case "out_delta", True:
            terms = f"(a^O - y) · σ′ = {total((f.error[n], f.out_slope[n]))}"
        case "reaching", True:
            pairs = zip(f.out_delta, f.out_w[:, n, i, j])
            terms = f"Σ δ^O · w^O = {total(*pairs)}"
        case "conv_delta", True:
            factors = f.reaching[n, i // 2, j // 2], f.share[place], f.slope[place]
            terms = f"∂C/∂p · share · σ′ = {total(factors)}"
        case "conv_w", True:
            pairs = zip(f.conv_delta[n].flat, f.image[i : i + 4, j : j + 4].flat)
            terms = f"Σ δ^F · x = {total(*(pair for pair in pairs if pair[0]))}"
        case "conv_b", True:
            terms = f"Σ δ^F = {total(*(d for d in f.conv_delta[n].flat if d))}"
        case "out_w", True:
            terms = f"δ^O · p = {total((f.out_delta[n], f.pooled[i, j, v]))}"
        case "out_b", True:
            terms = f"δ^O_{n}"
        case _:
            return f"{name} = {figures(value)}"
    if kind in SHAPES:
        name, value = f"∂C/∂{name}", getattr(f.gradient, kind)[place]
    return f"{name} = {terms} = {figures(value, 4)}"


class Instrument(anywidget.AnyWidget):
    """Controls above a picture; whatever is done there, all is drawn anew.

    Subclasses have a panel: (kind, label, options) of each control by name. What it
    sets is an attribute; a button calls do_NAME. They draw a picture and a sentence,
    and may hide numbers: a field each, judged, until it is right or revealed.
    """

    _esm = (HERE / "instrument.js").read_text(encoding="utf-8")
    _css = (HERE / "instrument.css").read_text(encoding="utf-8")
    panel = {}
    controls, asked = (traitlets.List().tag(sync=True) for _ in range(2))
    strip, picture, said, at = (traitlets.Unicode().tag(sync=True) for _ in range(4))
    frame, image = (traitlets.Int().tag(sync=True) for _ in range(2))
    playing = traitlets.Bool().tag(sync=True)

    def __init__(self, digits, parameters, **state):
        self.inputs = as_floats("images", digits.images, ("N", 6, 6))
        self.targets = as_floats("targets", digits.targets, (len(self.inputs), 3))
        for name, part in parameters._asdict().items():
            as_floats(name, part, SHAPES[name])
        as_choice("image", state.get("image", 0), range(len(self.inputs)))
        self.parameters, panel = parameters, STRIP | self.panel
        for name, (kind, label, options) in panel.items():
            if kind in ("choice", "list"):
                state[name] = as_choice(label, state.get(name, options[0]), options)
            if kind in ("choice", "list", "slider"):
                self.add_traits(**{name: traitlets.Any(0).tag(sync=True)})
        super().__init__(controls=[(n, *c) for n, c in panel.items()], **state)
        self.revealed, self.verdict = set(), ""
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
        """Do what the page asks for: a button, an image, a pixel, a frame of a play."""
        getattr(self, f"do_{name}")(*arguments)
        self.redraw()

    def redraw(self):
        """Show the present state; say it, unless it is one of many that pass."""
        with self.hold_sync():
            self.picture, sentence = self.draw()
            self.strip, self.frame = self.draw_strip(), self.frame + 1
            if not self.playing:
                self.said = svg.rich(self.verdict or sentence)

    def do_image(self, number):
        self.image, self.revealed, self.verdict = int(number), set(), ""

    def do_answer(self, at, answer):
        """Judge a number of the class; a right one is shown."""
        right, told = judge(self.judged[at], answer)
        self.revealed |= {at} if right else set()
        self.verdict = f"{svg.symbol(at)}: {told}."

    def do_reveal(self, at):
        self.revealed |= {at}
        self.verdict = f"{svg.symbol(at)} = {figures(self.judged[at].right, 4)}"

    def hide(self, flow, *asked):
        """The arrays of backwards, inf where the class has not answered yet; asked: a
        kind, places, where to reread, and from each usual mistake to its array."""
        shown, self.judged = SimpleNamespace(**vars(flow)), {}
        for kind, places, reread, mistakes in asked:
            right = getattr(flow, kind)
            setattr(shown, kind, right.copy())
            for place in places:
                at = " ".join(map(str, (kind, *place)))
                wrong = {cause: array[place] for cause, array in mistakes.items()}
                self.judged[at] = Exercise(right[place], wrong, reread, within=0.01)
                if at not in self.revealed:
                    getattr(shown, kind)[place] = np.inf
        self.asked = [(at, svg.plain(svg.symbol(at))) for at in self.judged]
        return shown

    def draw_strip(self):
        """The images, a row a digit; those that the filter leaves out are pale."""
        labels, kept, drawn = np.argmax(self.targets, axis=1), self.kept(), []
        step = min(19.5, (svg.WIDTH - 18) / np.max(np.bincount(labels)))
        for o in range(3):
            drawn.append(svg.text(0, (o + 0.85) * step, f"{o + 1}"))
            for column, n in enumerate(np.flatnonzero(labels == o)):
                look, role = (), f'role="img"{PALE}'
                if n in kept:
                    pressed = str(n == self.image).lower()
                    role = f'data-image="{n}" role="button" aria-pressed="{pressed}"'
                if n == self.image:
                    look = svg.WINDOW, 4
                place = 18 + column * step, 1 + o * step
                thumbnail = svg.pixels(*place, self.inputs[n], (step - 3) / 6, *look)
                title = f"<title>image {n}, a {o + 1}</title>"
                drawn.append(f"<g {role}>{title}{thumbnail}</g>")
        return svg.picture(f"{len(kept)} images: {self.images}", drawn, 3 * step + 1)

    def kept(self):
        """The numbers of the images that the filter keeps."""
        if self.images == "all":
            return range(len(self.inputs))
        if self.images == "has ties":
            passed = (network.forward(x, self.parameters) for x in self.inputs)
            winners = [network.winners(p.conv_a, p.pooled) for p in passed]
            return np.flatnonzero([np.sum(w) > w.size // 4 for w in winners])
        out_a = arrays.outputs(self.inputs, self.parameters)
        if self.images == "wrong":
            return np.flatnonzero(np.argmax(out_a, 1) != np.argmax(self.targets, 1))
        ordered = np.sort(out_a, axis=1)
        return np.argsort(ordered[:, -1] - ordered[:, -2])[:LEAST_SURE]
