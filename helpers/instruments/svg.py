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
KINDS = {  # symbol, and the scale that its colours are on
    "image": ("x", "pixels"), "window": ("x", "pixels"), "product": ("w^F x", "signed"),
    "conv_w": ("w^F", "signed"), "conv_b": ("b^F", "signed"), "conv_a": ("a^F", "unit"),
    "pooled": ("p", "unit"), "out_w": ("w^O", "signed"), "out_b": ("b^O", "signed"),
    "out_a": ("a^O", "unit"), "target": ("y", "unit"), "error": ("a^O - y", "signed"),
    "out_slope": ("σ′", "unit"), "out_delta": ("δ^O", "signed"),
    "share": ("s", "unit"), "reaching": ("∂C/∂p", "signed"), "unpooled": ("∂C/∂a^F", "signed"),
    "slope": ("σ′", "unit"), "conv_delta": ("δ^F", "signed"),
    "filter_gradient": ("∂C/∂w^F", "signed"),
}  # fmt: skip


def symbol(at):
    """What stands at a place: "conv_w 1 0 2" is w^F_1[0, 2]."""
    kind, *place = at.split()
    name = KINDS[kind][0]
    if place and KINDS[kind][1] != "pixels":
        name += f"_{place.pop(0)}"
    return name + (f"[{', '.join(place)}]" if place else "")


def plain(name):
    """A name like w^F_1[0, 2] in letters alone, to be read aloud."""
    return re.sub(r"[\^_]", "", name)


def rich(name):
    """A name like w^F_1[0, 2] as HTML."""
    return re.sub(r"_(\w)", r"<sub>\1</sub>", re.sub(r"\^(\w)", r"<sup>\1</sup>", name))


def figures(value, count=6):
    """A number as text, to so many figures."""
    return f"{value + 0.0:.{count}g}".replace("e-0", "e-")


def text(x, y, content, anchor="start", size=TEXT, fill="currentColor"):
    """A line of text at (x, y); ^ and _ raise and lower the letter after them."""
    spans, level = "", 0
    for mark, one, rest in re.findall(r"([\^_])(\w)|([^\^_]+)", content):
        wanted = {"^": -6, "_": 4, "": 0}[mark]
        look = f'dy="{wanted - level}" font-size="{SMALL if mark else size}"'
        spans += f"<tspan {look}>{escape(one or rest)}</tspan>" if content else ""
        level = wanted
    look = (
        f'x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="{size}" fill="{fill}"'
    )
    return f"<text {look}>{spans}</text>" if content else ""


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


def frame(x, y, width, height, colour, line=3):
    """A frame with a white rim, to be seen on any ground."""
    place = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="none"'
    rim = f'<rect {place} stroke="white" stroke-width="{line + 2}"/>'
    return f'{rim}<rect {place} stroke="{colour}" stroke-width="{line}"/>'


def grid(
    arrays, at, x, y, size, title="", write=None, limit=None, framed=None, window=None,
    dots=None, paint=False,
):  # fmt: skip
    """A map of numbers, or one number, its corner at (x, y).

    arrays, at: where its array is found, and the place in it: "conv_w 1" is conv_w[1].
    size: of a cell, or its width and height. title: above. write: decimals, or how to
    write a number; None: colour alone. limit: the value of the full colour, by default
    the largest in the array. framed: booleans, black frames. window: (i, j, rows,
    columns) outlined. dots: a second array, drawn as discs (positive) or rings, as large
    as its values. paint: pixels to draw on. nan: not there yet.
    """
    kind, *place = at.split()
    whole, place = np.asarray(getattr(arrays, kind), float), tuple(map(int, place))
    (width, height), scale = np.broadcast_to(size, 2), KINDS[kind][1]
    limit = limit or (np.max(np.abs(whole)) if scale == "signed" else 1) or 1
    low = -limit if scale == "signed" else 0
    shades = np.clip((np.nan_to_num(whole) - low) / (limit - low) * 256, 0, 255)
    radii = (
        np.zeros(whole.shape) if dots is None else dots / (np.max(np.abs(dots)) or 1)
    )
    drawn = [text(x, y - 5, title)]
    for inner, value in np.ndenumerate(whole[place]):
        (i, j), here = inner or (0, 0), place + inner
        key = " ".join(map(str, (kind, *here)))
        fill, ink = palette(scale)[int(shades[here])]
        left, top = x + j * width, y + i * height
        middle = left + width / 2, top + height / 2
        known = "not there yet" if np.isnan(value) else figures(value)
        says = f"{plain(symbol(key))} = {known}"
        shapes = (
            f'<rect x="{left:g}" y="{top:g}" width="{width}" height="{height}" '
            f'fill="{fill}" stroke="#999"/>'
        )
        if framed is not None and framed[inner]:
            says += ", winner"
            shapes += frame(left + 2, top + 2, width - 4, height - 4, "black", 2)
        if radii[here]:
            look = f'fill="{POSITIVE}" stroke="black"'
            if radii[here] < 0:
                look = f'fill="white" stroke="{NEGATIVE}" stroke-width="2.5"'
            centre = 'cx="{:g}" cy="{:g}"'.format(*middle)
            radius = max(0.42 * height * abs(radii[here]) ** 0.5, 1.5)
            shapes += f'<circle {centre} r="{radius:.1f}" {look}/>'
        if write is not None and not np.isnan(value):
            written = write(value) if callable(write) else number(value, write)
            shapes += text(middle[0], middle[1] + 5.5, written, "middle", CELL, ink)
        role = f'button" aria-pressed="{str(value > 0).lower()}' if paint else "img"
        drawn.append(
            f'<g data-at="{key}" role="{role}"><title>{says}</title>{shapes}</g>'
        )
    if window:
        i, j, rows, columns = window
        corner = x + j * width, y + i * height
        drawn.append(frame(*corner, columns * width, rows * height, WINDOW))
    return "".join(drawn)


def pixels(x, y, image, side, edge="#999", line=1):
    """A small image (rows, columns), `side` units a pixel, its corner at (x, y)."""
    rows, columns = image.shape
    black = "".join(f"M{j} {i}h1v1h-1z" for i, j in np.argwhere(image > 0.5))
    return (
        f'<g transform="translate({x:.1f} {y:.1f}) scale({side:.2f})"><path '
        f'fill="white" d="M0 0h{columns}v{rows}h-{columns}z" stroke="{edge}" stroke-width="{line}" '
        f'vector-effect="non-scaling-stroke"/><path fill="black" d="{black}"/></g>'
    )


def bars(x, y, out_a, target, width, step, lines=("", "", "")):
    """Outputs (O,) as bars from 0 to 1 under their numbers, a black line at the target.

    width: of a whole bar. step: from one to the next. lines: a text below each.
    """
    drawn = []
    for o, (value, wanted) in enumerate(zip(out_a, target)):
        top, edge = y + o * step, x + width * wanted - 2
        drawn.append(
            f'<g data-at="out_a {o}" role="img"><title>aO{o} = {figures(value)}, '
            f"target {wanted:g}</title>{text(x, top + 15, f'{o + 1}: {value:.3f}')}<rect "
            f'x="{x}" y="{top + 21}" width="{width}" height="12" fill="#eee" '
            f'stroke="#999"/><rect x="{x}" y="{top + 21}" height="12" '
            f'width="{width * value:.1f}" fill="{COLOURS[0]}"/><rect x="{edge:g}" '
            f'y="{top + 17}" width="5" height="20" stroke="white" fill="black"/></g>'
            f"{text(x, top + 53, lines[o], size=CELL)}"
        )
    return "".join(drawn)


def chart(corner, size, spans, curves, point, title, label="", ticks=4, strokes=()):
    """Curves in a frame, a marked point (x, y), a key of the curves that have names.

    corner, size: of the frame. spans: ((low, high) of x, of y). curves: (xs, ys,
    colour, style, name) each, style as in DASHES. title: above. label: below. ticks:
    about how many numbers at the axes. strokes: points where an upright line stands.
    """
    (x, y), (width, height), ((x_low, x_high), (y_low, y_high)) = corner, size, spans

    def across(value):
        return np.round((np.asarray(value) - x_low) / (x_high - x_low) * width, 1)

    def down(value):
        return np.round((y_high - np.asarray(value)) / (y_high - y_low) * height, 1)

    def round_numbers(low, high):
        found = MaxNLocator(ticks).tick_values(low, high) if ticks else ()
        return [round(float(one), 10) + 0.0 for one in found if low <= one <= high]

    drawn, around, end = [], [text(x, y - 8, title)], x + 12 + 9 * len(title)
    for left, top in strokes:
        place = f"M{across(left)} {down(top) - 12}v24"
        drawn.append(f'<path d="{place}" stroke="currentColor" stroke-width="2"/>')
    for xs, ys, colour, style, name in curves:
        look = f'fill="none" stroke="{colour}" stroke-width="3.5"{DASHES[style]}/>'
        points = " ".join(f"{a:g},{b:g}" for a, b in zip(across(xs), down(ys)))
        drawn.append(f'<polyline points="{points}" {look}')
        if name:
            around.append(f'<path d="M{end} {y - 13}h24" {look}')
            around.append(text(end + 29, y - 8, name))
            end += 41 + 9 * len(name)
    for tick in round_numbers(*spans[0]):
        around.append(text(x + across(tick), y + height + 18, f"{tick:g}", "middle"))
    for tick in round_numbers(*spans[1]):
        around.append(text(x - 6, y + down(tick) + 6, f"{tick:g}", "end"))
    return (
        f'<g role="img" aria-label="{escape(plain(title))}">{"".join(around)}'
        f"{text(x + width / 2, y + height + 36, label, 'middle')}"
        f'<path d="M{x} {y}v{height}h{width}" fill="none" stroke="currentColor"/>'
        f'<svg x="{x}" y="{y}" width="{width}" height="{height}">{"".join(drawn)}</svg>'
        f'<circle cx="{x + across(point[0]):g}" cy="{y + down(point[1]):g}" r="5.5" '
        f'stroke="white" fill="{WINDOW}"/></g>'
    )
