"""What the instruments share: controls, the strip of images, a picture, one sentence."""

import base64
from html import escape
from pathlib import Path
from types import SimpleNamespace

import anywidget
import numpy as np
import traitlets
from IPython.display import display

from helpers import arrays, network
from helpers.door import as_choice, as_floats, as_whole
from helpers.instruments import svg
from helpers.instruments.svg import figures

HERE = Path(__file__).parent
SHAPES = {"conv_w": (3, 3, 3), "conv_b": (3,), "out_w": (3, 3, 2, 2), "out_b": (3,)}
RATES = (0.1, 0.01, 0.02, 0.05, 0.2, 0.5, 1.0, 2.0)
STRIP = {"images": ("list", "images", ("all", "wrong", "least sure", "has ties"))}
LEAST_SURE, PALE = 12, ' opacity="0.25"'
BACK = {"conv_a": "conv_delta", "pooled": "reaching", "out_a": "out_delta"}
alive = {}


def live(instrument, caption):
    """Show an instrument; where it cannot live, a picture of its first state stands for
    it, named by the caption. Run again, a cell puts a new one in place of the old."""
    for widget in alive.pop(caption, ()):
        widget.close()
    alive[caption] = instrument, instrument.layout
    drawn = instrument.picture.replace("<svg ", '<svg style="background:white" ', 1)
    page = (
        f'<img class="first-state" width="{svg.WIDTH}" alt="{escape(caption)}" '
        f'src="data:image/svg+xml;base64,{base64.b64encode(drawn.encode()).decode()}">'
    )
    display({"text/html": page, "text/plain": f"[picture: {caption}]"}, raw=True)
    view = {"version_major": 2, "version_minor": 0, "model_id": instrument.model_id}
    words = f"[instrument: {caption}; run this cell to use it]"
    bundle = {"application/vnd.jupyter.widget-view+json": view, "text/plain": words}
    display(bundle, raw=True)


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
    filter_gradient = network.filter_gradient(conv_delta, image)[0]
    gradient = network.backward(image, target, parameters, passed, share)
    return SimpleNamespace(**locals(), **passed._asdict(), **parameters._asdict())


def total(*pairs):
    """A sum written out: of numbers, and of products (of as many factors as there are)."""
    terms = [" · ".join(figures(f, 5) for f in np.atleast_1d(p)) for p in pairs]
    return " + ".join(terms).replace("+ -", "- ") or "0"


def behind(at, back, flow):
    """The sum behind the number at a place, written out; back: behind the derivative of
    the cost there. flow: of backwards. Returns "" where there is none."""
    kind, *place = at.split() or [""]
    kind, place = BACK.get(kind, kind) if back else kind, tuple(map(int, place))
    n, rest, f = (*place, 0)[0], place[1:], flow
    name = svg.symbol(" ".join(map(str, (kind, *place)))) if at else ""
    if kind == "conv_a":
        seen = f.image[rest[0] : rest[0] + 3, rest[1] : rest[1] + 3]
        terms = total(*zip(f.conv_w[n].ravel(), seen.ravel()), f.conv_b[n])
        z, a = figures(f.conv_z[place], 4), figures(f.conv_a[place], 4)
        return f"z^F = {terms} = {z}; {name} = σ(z^F) = {a}"
    if kind == "out_a":
        terms = total(*zip(f.out_w[n].ravel(), f.pooled.ravel()), f.out_b[n])
        z, a = figures(f.out_z[n], 4), figures(f.out_a[n], 4)
        return f"z^O = {terms} = {z}; {name} = σ(z^O) = {a}"
    if kind == "pooled":
        entries = network.block(f.conv_a[n], *rest, 2).ravel()
        return f"{name} = the largest of {', '.join(map(figures, entries))}"
    if kind in ("conv_delta", "unpooled"):
        reaching = f.reaching[n, rest[0] // 2, rest[1] // 2]
        factors = reaching, f.share[place], f.slope[place]
        end = figures(f.conv_delta[place], 4)
        return f"{name} = ∂C/∂p · share · σ′ = {total(factors)} = {end}"
    if kind == "reaching":
        terms = total(*zip(f.out_delta, f.out_w[(slice(None), *place)]))
        return f"{name} = Σ δ^O · w^O = {terms} = {figures(f.reaching[place], 4)}"
    if kind == "out_delta":
        error = f"({figures(f.out_a[n])} - {f.target[n]:g}) · {figures(f.out_slope[n])}"
        return f"{name} = (a^O - y) · σ′ = {error} = {figures(f.out_delta[n], 4)}"
    if kind == "image":
        return f"{name} = {f.image[place]:g}"
    if kind not in SHAPES:
        return ""
    value = f"{name} = {figures(getattr(f, kind)[place])}"
    if not back:
        return value
    if kind == "conv_w":
        seen = f.image[rest[0] : rest[0] + 4, rest[1] : rest[1] + 4]
        terms = total(*f.conv_delta[n][seen * f.conv_delta[n] != 0])
    elif kind == "conv_b":
        terms = total(*f.conv_delta[n][f.conv_delta[n] != 0])
    elif kind == "out_w":
        terms = total((f.out_delta[n], f.pooled[rest]))
    else:
        terms = total(f.out_delta[n])
    return f"{value}; ∂C/∂{name} = {terms} = {figures(getattr(f.gradient, kind)[place], 4)}"


class Instrument(anywidget.AnyWidget):
    """Controls above a picture; whatever is done there is drawn anew.

    Subclasses have a panel: (kind, label, options) of each control by name. What it sets
    is an attribute; a button calls do_NAME. They draw a picture and a sentence. plays, to:
    the attribute that a play moves, and how far.
    """

    _esm = (HERE / "instrument.js").read_text(encoding="utf-8")
    _css = (HERE / "instrument.css").read_text(encoding="utf-8")
    panel, plays, to = {}, "", 0
    controls = traitlets.List().tag(sync=True)
    strip = traitlets.Unicode().tag(sync=True)
    picture = traitlets.Unicode().tag(sync=True)
    said = traitlets.Unicode().tag(sync=True)
    at = traitlets.Unicode().tag(sync=True)
    frame = traitlets.Int().tag(sync=True)
    playing = traitlets.Bool().tag(sync=True)
    image = traitlets.Int().tag(sync=True)

    def __init__(self, digits, parameters, **state):
        self.inputs = as_floats("images", digits.images, ("N", 6, 6))
        self.targets = as_floats("targets", digits.targets, (len(self.inputs), 3))
        for name, part in parameters._asdict().items():
            as_floats(name, part, SHAPES[name])
        if as_whole("image", state.get("image", 0), 0) >= len(self.inputs):
            raise ValueError(f"expected an image that is there, found {state['image']}")
        self.parameters, panel = parameters, STRIP | self.panel
        kept = {n: c for n, c in panel.items() if c[0] in ("choice", "list", "slider")}
        for name, (kind, label, options) in kept.items():
            first = 0 if kind == "slider" else options[0]
            if kind != "slider":
                as_choice(label, state.get(name, first), options)
            self.add_traits(**{name: traitlets.Any(first).tag(sync=True)})
        super().__init__(controls=[(n, *c) for n, c in panel.items()], **state)
        self.begin()
        self.observe(self.redraw, [*kept, "at", "image"])
        self.observe(self.replay, "playing")
        self.on_msg(lambda _, message, __: getattr(self, message["do"])(*message["to"]))
        self.redraw()

    def begin(self):
        """What a subclass does before the first picture."""

    def redraw(self, _=None):
        """Show the present state; say it, unless it is one of many that pass."""
        with self.hold_sync():
            self.picture, sentence = self.draw()
            self.strip = self.draw_strip()
            self.frame += 1
            if not self.playing:
                self.said = svg.rich(sentence)

    def do_image(self, number):
        self.image = int(number)

    def replay(self, _):
        """A play that came to its end starts again; one that stops says where it is."""
        if self.playing and self.plays and getattr(self, self.plays) == self.to:
            self.do_first()
        self.redraw()

    def do_first(self):
        setattr(self, self.plays, 0)

    def do_tick(self):
        """The next frame of a play, up to the last."""
        now = getattr(self, self.plays) + 1
        if now >= self.to:
            self.playing = False
        setattr(self, self.plays, min(now, self.to))

    def draw_strip(self):
        """The images, a row a digit; those that the filter leaves out are pale."""
        labels, kept = np.argmax(self.targets, axis=1), self.kept()
        step = min(19.5, (svg.WIDTH - 18) / np.max(np.bincount(labels)))
        drawn = [svg.text(0, (o + 0.85) * step, f"{o + 1}") for o in range(3)]
        for o in range(3):
            for column, n in enumerate(np.flatnonzero(labels == o)):
                look = (svg.WINDOW, 4) if n == self.image else ()
                role = f'role="img"{PALE}'
                if n in kept:
                    pressed = str(n == self.image).lower()
                    role = f'data-image="{n}" role="button" aria-pressed="{pressed}"'
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
