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

from helpers.plots import COLOURS, SCALES, number

WIDTH, HEIGHT = 640, 262
TEXT, CELL, SMALL = 16, 14, 13.5  # font sizes
WINDOW, POSITIVE, NEGATIVE = COLOURS[1], "#E69F00", "#6A3D9A"
DASHES = {"-": "", "--": ' stroke-dasharray="8 5"', ":": ' stroke-dasharray="2 5"'}
SYMBOLS = {
    "image": "x", "window": "x", "product": "w^F x", "conv_w": "w^F", "conv_b": "b^F",
    "conv_z": "z^F", "conv_a": "a^F", "pooled": "p", "out_w": "w^O", "out_b": "b^O",
    "out_a": "a^O", "target": "y", "error": "a^O - y", "out_slope": "σ′",
    "out_delta": "δ^O", "reaching": "∂C/∂p", "share": "s", "unpooled": "∂C/∂a^F",
    "slope": "σ′", "conv_delta": "δ^F", "filter_gradient": "∂C/∂w^F",
}  # fmt: skip
PIXELS = ("image", "window")
UNIT = ("conv_a", "pooled", "out_a", "target", "out_slope", "share", "slope")


def symbol(at):
    """What stands at a place: "conv_w 1 0 2" is w^F_1[0, 2]."""
    kind, *place = at.split()
    first = f"_{place.pop(0)}" if place and kind not in PIXELS else ""
    return SYMBOLS[kind] + first + (f"[{', '.join(place)}]" if place else "")


def plain(name):
    """A name like w^F_1[0, 2] in letters alone, to be read aloud."""
    return re.sub(r"[\^_]", "", name)


def rich(name):
    """A name like w^F_1[0, 2] as HTML."""
    return re.sub(r"_(\w)", r"<sub>\1</sub>", re.sub(r"\^(\w)", r"<sup>\1</sup>", name))


def figures(value, count=6):
    """A number as text, to so many figures; inf, which is hidden, as ?."""
    return f"{value + 0.0:.{count}g}".replace("e-0", "e-").replace("inf", "?")


def text(x, y, content, anchor="start", size=TEXT, fill="currentColor"):
    """A line of text at (x, y); ^ and _ raise and lower the letter after them."""
    spans, level = "", 0
    for mark, one, rest in re.findall(r"([\^_])(\w)|([^\^_]+)", content):
        wanted = {"^": -6, "_": 4, "": 0}[mark]
        look = f'dy="{wanted - level}" font-size="{SMALL if mark else size}"'
        spans += f"<tspan {look}>{escape(one or rest)}</tspan>"
        level = wanted
    look = f'x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{fill}"'
    return f"<text {look}>{spans}</text>" if content else ""


def rect(x, y, width, height, fill="none", stroke="#999", line=1):
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" '
        f'fill="{fill}" stroke="{stroke}" stroke-width="{line}"/>'
    )


def frame(*place, colour, line):
    """A frame with a white rim, to be seen on any ground."""
    rim = rect(*place, stroke="white", line=line + 2)
    return rim + rect(*place, stroke=colour, line=line)


def picture(caption, drawn, height=HEIGHT):
    """What was drawn, as a picture that needs nothing around it, named by a caption."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" '
        f'role="group" aria-label="{escape(caption)}" fill="currentColor" '
        f'font-family="sans-serif" font-size="{TEXT}">{"".join(drawn)}</svg>'
    )


@cache
def palette(scale):
    """The 256 colours of a scale, each with the ink that is read best on it."""
    colours = matplotlib.colormaps[SCALES[scale]](range(256))[:, :3]
    light = (((colours + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722)
    inks = np.where(light > 0.179, "black", "white")
    return [(to_hex(colour), ink) for colour, ink in zip(colours, inks)]


def grid(
    arrays, at, x, y, size, title="", write=None, limit=None, framed=None, window=None,
    dots=None, paint=False,
):  # fmt: skip
    """A map of numbers, or one number, its corner at (x, y).

    arrays, at: where its array is found, and the place in it: "conv_w 1" is conv_w[1].
    size: of a cell, or its width and height. title: above. write: decimals, or how to
    write a number; None: colour alone. limit: the value of the full colour, by default
    the largest in the array. framed: booleans, black frames. window: (i, j, rows,
    columns) outlined. dots: a second array, discs (positive) or rings as large as its
    values. paint: pixels to draw on. nan: not there yet; inf: hidden.
    """
    kind, *place = at.split()
    whole, place = np.asarray(getattr(arrays, kind), float), tuple(map(int, place))
    scale = "pixels" if kind in PIXELS else "unit" if kind in UNIT else "signed"
    known = np.where(np.isfinite(whole), whole, 0)
    limit = limit or (np.max(np.abs(known)) if scale == "signed" else 1) or 1
    low = -limit if scale == "signed" else 0
    shades = np.clip((known - low) / (limit - low) * 256, 0, 255)
    dots = np.zeros(whole.shape) if dots is None else dots
    sizes = dots / (np.max(np.abs(dots)) or 1)
    drawn, (width, height) = [text(x, y - 5, title)], np.broadcast_to(size, 2)
    for inner, value in np.ndenumerate(whole[place]):
        (i, j), here = inner or (0, 0), place + inner
        key = " ".join(map(str, (kind, *here)))
        fill, ink = palette(scale)[int(shades[here])]
        left, top = x + j * width, y + i * height
        middle, centre = left + width / 2, top + height / 2
        says = "not there yet" if np.isnan(value) else figures(value)
        shapes = rect(left, top, width, height, fill)
        if framed is not None and framed[inner]:
            inside = left + 2, top + 2, width - 4, height - 4
            says += ", winner"
            shapes += frame(*inside, colour="black", line=2)
        if sizes[here]:
            look = f'fill="{POSITIVE}" stroke="black"'
            if sizes[here] < 0:
                look = f'fill="white" stroke="{NEGATIVE}" stroke-width="2.5"'
            radius = max(0.42 * height * abs(sizes[here]) ** 0.5, 1.5)
            circle = f'cx="{middle:g}" cy="{centre:g}" r="{radius:.1f}"'
            shapes += f"<circle {circle} {look}/>"
        if write is not None and not np.isnan(value):
            written = write(value) if callable(write) else number(value, write)
            written = written.replace("inf", "?")
            shapes += text(middle, centre + 5.5, written, "middle", CELL, ink)
        role = f'button" aria-pressed="{str(value > 0).lower()}' if paint else "img"
        title = f"<title>{plain(symbol(key))} = {says}</title>"
        drawn.append(f'<g data-at="{key}" role="{role}">{title}{shapes}</g>')
    if window:
        i, j, rows, columns = window
        place = x + j * width, y + i * height, columns * width, rows * height
        drawn.append(f"<g>{frame(*place, colour=WINDOW, line=3)}</g>")
    return f"<g>{''.join(drawn)}</g>"


def pixels(x, y, image, side, edge="#999", line=1):
    """A small image (rows, columns), `side` units a pixel, its corner at (x, y)."""
    rows, columns = image.shape
    black = "".join(f"M{j} {i}h1v1h-1z" for i, j in np.argwhere(image > 0.5))
    look = f'stroke="{edge}" stroke-width="{line}" vector-effect="non-scaling-stroke"'
    ground = f'<path fill="white" d="M0 0h{columns}v{rows}h-{columns}z" {look}/>'
    place = f"translate({x:.1f} {y:.1f}) scale({side:.2f})"
    return f'<g transform="{place}">{ground}<path d="{black}" fill="black"/></g>'


def bars(x, y, out_a, target, width, step, lines=("", "", "")):
    """Outputs (O,) as bars from 0 to 1 under their numbers, a black line at the target.

    width: of a whole bar. step: from one to the next. lines: a text below each.
    """
    drawn = []
    for o, (value, wanted) in enumerate(zip(out_a, target)):
        top = y + o * step
        says = f"<title>aO{o} = {figures(value)}, target {wanted:g}</title>"
        shapes = (
            rect(x, top, width, 37, "transparent", "none")
            + text(x, top + 15, f"{o + 1}: {value:.3f}")
            + rect(x, top + 21, width, 12, "#eee")
            + rect(x, top + 21, round(width * value, 1), 12, COLOURS[0])
            + rect(x + width * wanted - 2, top + 17, 5, 20, "black", "white")
            + text(x, top + 53, lines[o], size=CELL)
        )
        drawn.append(f'<g data-at="out_a {o}" role="img">{says}{shapes}</g>')
    return "".join(drawn)


def chart(corner, size, spans, curves, point, title, label="", ticks=4):
    """Curves in a frame, a marked point (x, y), a key of the curves that have names.

    corner, size: of the frame. spans: ((low, high) of x, of y). curves: (xs, ys,
    colour, style, name) each, style as in DASHES. title: above. label: below. ticks:
    about how many numbers at the axes.
    """
    (x, y), (width, height), ((x_low, x_high), (y_low, y_high)) = corner, size, spans

    def across(value):
        return np.round((np.asarray(value) - x_low) / (x_high - x_low) * width, 1)

    def down(value):
        return np.round((y_high - np.asarray(value)) / (y_high - y_low) * height, 1)

    def marks(low, high):
        found = MaxNLocator(ticks).tick_values(low, high) if ticks else ()
        return [round(float(one), 10) + 0.0 for one in found if low <= one <= high]

    inside, around, end = "", text(x, y - 8, title), x + 12 + 9 * len(title)
    for xs, ys, colour, style, name in curves:
        look = f'fill="none" stroke="{colour}" stroke-width="3.5"{DASHES[style]}/>'
        points = " ".join(f"{a:g},{b:g}" for a, b in zip(across(xs), down(ys)))
        inside += f'<polyline points="{points}" {look}'
        if name:
            around += f'<path d="M{end} {y - 13}h24" {look}'
            around += text(end + 29, y - 8, name)
            end += 41 + 9 * len(name)
    for tick in marks(*spans[0]):
        around += text(x + across(tick), y + height + 18, f"{tick:g}", "middle")
    for tick in marks(*spans[1]):
        around += text(x - 6, y + down(tick) + 6, f"{tick:g}", "end")
    around += text(x + width / 2, y + height + 36, label, "middle")
    centre = f'cx="{x + across(point[0]):g}" cy="{y + down(point[1]):g}"'
    return (
        f'<g role="img" aria-label="{escape(plain(title))}">{around}'
        f'<path d="M{x} {y}v{height}h{width}" fill="none" stroke="currentColor"/>'
        f'<svg x="{x}" y="{y}" width="{width}" height="{height}">{inside}</svg>'
        f'<circle {centre} r="5.5" stroke="white" fill="{WINDOW}"/></g>'
    )
