"""Numbers in, SVG out, in the colours of helpers.plots, WIDTH x HEIGHT units a picture.

A number is a cell: data-at says where it stands, its title what it is, to more digits.
"""

import re
from functools import cache
from html import escape

import matplotlib
import numpy as np
from matplotlib.colors import to_hex
from matplotlib.ticker import MaxNLocator

from helpers.plots import COLOURS, SCALES

WIDTH, HEIGHT, WINDOW, GREY = 640, 262, COLOURS[1], "#767676"
SOLID, DASHED, DOTTED = "", 'stroke-dasharray="8 5"', 'stroke-dasharray="2 5"'
DOT = 'fill="#E69F00" stroke="black"'  # what is positive
RING = 'fill="white" stroke="#6A3D9A" stroke-width="2.5"'  # what is negative
SYMBOLS = {
    "image": "x", "window": "x", "product": "w^F x", "conv_w": "w^F", "conv_b": "b^F",
    "conv_z": "z^F", "conv_a": "a^F", "pooled": "p", "out_w": "w^O", "out_b": "b^O",
    "out_a": "a^O", "target": "y", "error": "a^O - y", "out_slope": "σ′",
    "out_delta": "δ^O", "reaching": "∂C/∂p", "share": "s", "unpooled": "∂C/∂a^F",
    "slope": "σ′", "conv_delta": "δ^F", "conv_w_gradient": "∂C/∂w^F",
    "conv_b_gradient": "∂C/∂b^F", "out_w_gradient": "∂C/∂w^O",
    "out_b_gradient": "∂C/∂b^O",
}  # fmt: skip
PIXELS = ("image", "window")
UNIT = ("conv_a", "pooled", "out_a", "target", "out_slope", "share", "slope")
PALE = ' opacity="0.25"'
# Patterns for a letter that ^ raises and one that _ lowers.
HTML = "<sup>\\1</sup>", "<sub>\\1</sub>"
SHIFT = '<tspan dy="{}" font-size="13.5">\\1</tspan><tspan dy="{}">&#8203;</tspan>'
SHIFTED = SHIFT.format(-6, 6), SHIFT.format(4, -4)


def marked(name, raised, lowered):
    """A name like w^F_1[0, 2], as HTML or as SVG (SHIFTED)."""
    return re.sub(r"_(\w)", lowered, re.sub(r"\^(\w)", raised, escape(name)))


def plain(name):
    """A name like w^F_1[0, 2] in letters alone, to be read aloud."""
    return re.sub("[_^]", "", name)


def key(kind, place):
    """A place in words: that of conv_w[1, 0, 2] is "conv_w 1 0 2"."""
    return " ".join(map(str, (kind, *place)))


def found(at):
    """An array's name and the place in it, from words."""
    kind, *place = at.split()
    return kind, tuple(map(int, place))


def symbol(at):
    """What stands at a place in words: "conv_w 1 0 2" is w^F_1[0, 2]."""
    kind, *place = at.split()
    first = f"_{place.pop(0)}" if place and kind not in PIXELS else ""
    return SYMBOLS[kind] + first + (f"[{', '.join(place)}]" if place else "")


def figures(value, count=6):
    """A number as text, to so many figures; inf, which is hidden, as ?."""
    small = 0 < abs(value) < 0.01
    written = f"{value:.{count - 1}e}" if small else f"{value + 0.0:.{count}g}"
    return re.sub(r"\.?0*e-0?", "e-", written).replace("inf", "?")


def picture(caption, drawn, height=HEIGHT):
    """What was drawn, as a picture that needs nothing around it, named by a caption."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" '
        f'role="group" aria-label="{plain(caption)}" fill="currentColor" '
        f'font-family="sans-serif">{"".join(drawn)}</svg>'
    )


def text(x, y, content, anchor="start", size=16, fill="currentColor"):
    """A line of text at (x, y); ^ and _ raise and lower the letter after them."""
    look = f'text-anchor="{anchor}" font-size="{size}" fill="{fill}"'
    return f'<text x="{x:g}" y="{y:g}" {look}>{marked(content, *SHIFTED)}</text>'


def rect(x, y, width, height, fill="none", stroke="#999", line=1):
    place = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"'
    return f'<rect {place} fill="{fill}" stroke="{stroke}" stroke-width="{line}"/>'


def frame(x, y, width, height, colour, line):
    """A frame with a white rim, to be seen on any ground."""
    rim = rect(x, y, width, height, "none", "white", line + 2)
    return rim + rect(x, y, width, height, "none", colour, line)


@cache
def palette(scale):
    """The 256 colours of a scale, each with the ink that is read best on it."""
    colours = matplotlib.colormaps[SCALES[scale]](range(256))[:, :3]
    light = (((colours + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722)
    inks = np.where(light > 0.179, "black", "white")
    return [(to_hex(colour), ink) for colour, ink in zip(colours, inks)]


def grid(f, at, x, y, size, title="", write=None, down=76, across=41):
    """The numbers of an array as cells, the corner of the first at (x, y).

    f: from `backwards`, with what is laid over its maps. at: where they are found:
    "conv_w 1" is f.conv_w[1]. size: of a cell, or its width and height. title: above.
    write: to so many figures; None: colour alone. The last two axes make a map; maps
    stand `down` below each other and, along a second axis, `across` beside each other;
    a vector is maps of one number. nan: not there yet; inf: hidden.
    """
    (kind, place), (width, height) = found(at), np.broadcast_to(size, 2)
    whole = np.asarray(getattr(f, kind), float)
    known = np.where(np.isfinite(whole), whole, 0)
    scale = "pixels" if kind in PIXELS else "unit" if kind in UNIT else "signed"
    signed = scale == "signed"
    limit = f.limits.get(kind) or (np.max(np.abs(known)) if signed else 1) or 1
    shades = np.clip((known / limit + signed) / (1 + signed) * 256, 0, 255).astype(int)
    dots = f.dots.get(kind, np.zeros(whole.shape))
    dots = dots / (np.max(np.abs(dots)) or 1)
    drawn, over = text(x, y - 5, title), ""
    for inner, value in np.ndenumerate(whole[place]):
        maps, (i, j) = (inner[:-2], inner[-2:]) if inner[1:] else (inner, (0, 0))
        left = x + j * width + across * sum(maps[1:])
        top = y + i * height + down * sum(maps[:1])
        here, middle, centre = place + inner, left + width / 2, top + height / 2
        name, (fill, ink) = key(kind, here), palette(scale)[shades[here]]
        says = "not there yet" if np.isnan(value) else figures(value)
        shapes, role = rect(left, top, width, height, fill), 'role="img"'
        if whole.shape == f.share.shape and f.share[here] > 0:
            shapes += frame(left + 2, top + 2, width - 4, height - 4, "black", 2)
            says += ", winner"
        if dots[here] and not write:
            radius = max(0.42 * height * abs(dots[here]) ** 0.5, 1.5)
            look = f'r="{radius:.1f}" {DOT if dots[here] > 0 else RING}'
            shapes += f'<circle cx="{middle:g}" cy="{centre:g}" {look}/>'
        if write and not np.isnan(value):
            written = figures(value, write)
            shapes += text(middle, centre + 5.5, written, "middle", 14, ink)
        if kind == f.painted:
            role = f'role="button" aria-pressed="{str(value > 0).lower()}"'
        shapes = f"<title>{plain(symbol(name))} = {says}</title>{shapes}"
        drawn += f'<g data-at="{name}" tabindex="-1" {role}>{shapes}</g>'
        if name in f.windows:
            rows, columns = f.windows[name]
            over += frame(left, top, columns * width, rows * height, WINDOW, 3)
    return f"<g>{drawn}{over}</g>"


def pixels(x, y, image, side, edge="#999", line=1):
    """A small image (rows, columns), `side` units a pixel, its corner at (x, y)."""
    rows, columns = image.shape
    black = "".join(f"M{j} {i}h1v1h-1z" for i, j in np.argwhere(image > 0.5))
    look = f'stroke="{edge}" stroke-width="{line}" vector-effect="non-scaling-stroke"'
    ground = f'<path fill="white" d="M0 0h{columns}v{rows}h-{columns}z" {look}/>'
    place = f"translate({x:.1f} {y:.1f}) scale({side:.2f})"
    return f'<g transform="{place}">{ground}<path d="{black}" fill="black"/></g>'


def bars(f, x, y, width, down):
    """The outputs, each over a bar from 0 to 1 with a black line at its target."""
    drawn = grid(f, "out_a", x + 18, y, (width - 18, 22), "", 3, down)
    for o, (value, wanted) in enumerate(zip(f.out_a, f.target)):
        top = y + o * down
        drawn += text(x, top + 17, f"{o + 1}:") + rect(x, top + 25, width, 9, "#eee")
        drawn += rect(x, top + 25, width * value, 9, COLOURS[0])
        drawn += rect(x + width * wanted - 2, top + 22, 5, 15, "black", "white")
        if f.dots:
            drawn += text(x, top + 51, f"δ {figures(f.out_delta[o], 3)}", size=14)
    return drawn


def chart(x, y, width, height, spans, curves, point, title, ticks=4, label=""):
    """Curves in a frame, a marked point, a key of the curves that have names.

    x, y, width, height: of the frame. spans: ((low, high) of x, of y). curves: (xs, ys,
    colour, dashes, name) each. point: (x, y). title: above. ticks: about how many
    numbers at an axis. label: below.
    """
    (left, right), (bottom, top) = spans

    def to(u, v):
        """Where a point is in the picture."""
        down = height * (top - v) / (top - bottom)
        return x + width * (u - left) / (right - left), y + down

    drawn, end = text(x, y - 8, title), x + 12 + 9 * len(title)
    for xs, ys, colour, dashes, name in curves:
        look = f'fill="none" stroke="{colour}" stroke-width="3.5" {dashes}'
        points = " ".join(f"{u:.1f},{v:.1f}" for u, v in map(to, xs, ys))
        drawn += f'<polyline points="{points}" {look}/>'
        if name:
            drawn += f'<path d="M{end} {y - 13}h24" {look}/>'
            drawn += text(end + 29, y - 8, name)
            end += 41 + 9 * len(name)
    marks = MaxNLocator(ticks).tick_values if ticks else lambda *_: ()
    for tick in marks(left, right):
        if left <= tick <= right:
            below = to(tick, bottom)[0], y + height + 18
            drawn += text(*below, f"{tick + 0.0:g}", "middle")
    for tick in marks(bottom, top):
        if bottom <= tick <= top:
            drawn += text(x - 6, to(left, tick)[1] + 6, f"{tick + 0.0:g}", "end")
    drawn += text(x + width / 2, y + height + 36, label, "middle")
    axes, (u, v) = f"M{x} {y}v{height}h{width}", to(*point)
    return (
        f'<g role="img" aria-label="{plain(title)}">{drawn}'
        f'<path d="{axes}" fill="none" stroke="currentColor"/>'
        f'<circle cx="{u:g}" cy="{v:g}" r="5.5" stroke="white" fill="{WINDOW}"/></g>'
    )
