"""Numbers in, HTML out: tables, bars and curves that an instrument redraws at every drag, in the visual language of helpers.plots.

Numbers stay text, so they are sharp at any size, can be read aloud, and can be compared by a test. Nothing here knows the
network; every function returns a string.
"""

import html
import re

import matplotlib
import numpy as np
from matplotlib.colors import Normalize, to_hex
from matplotlib.ticker import MaxNLocator

from helpers.plots import CLASS_NAMES, COLOURS, SIGNED

STYLE = f"""<style>
.instrument {{font-size: 15px; line-height: 1.4; font-variant-numeric: tabular-nums; color: var(--jp-content-font-color1, black)}}
.instrument-controls {{--jp-widgets-font-size: 15px}}
.instrument .row {{display: flex; flex-wrap: wrap; gap: 6px 14px; align-items: center; margin: 4px 0}}
.instrument .column {{display: flex; flex-direction: column; gap: 4px; align-items: flex-start}}
.instrument .sign {{font-size: 20px; white-space: nowrap}}
.instrument .swatch {{display: inline-block; width: 22px; height: 4px; vertical-align: middle}}
.instrument p {{margin: 4px 0}}
.instrument table {{border-collapse: collapse; margin: 0}}
.instrument caption {{caption-side: top; text-align: left; padding: 0 0 2px; white-space: nowrap; color: inherit}}
.instrument td, .instrument th {{height: 25px; padding: 0 3px; text-align: center; font-size: 15px; font-weight: normal; white-space: nowrap}}
.instrument .map td {{box-sizing: border-box; border: 1px solid #bbb; padding: 0; font-size: 14px}}
.instrument .list th, .instrument .list td {{padding: 0 10px; border-bottom: 1px solid #bbb; text-align: right}}
.instrument .track {{position: relative; width: 90px; height: 16px; background: #eee}}
.instrument .bar {{height: 16px; background: {COLOURS[0]}}}
.instrument .target {{position: absolute; top: -4px; width: 4px; margin-left: -2px; height: 24px; background: black; outline: 1px solid white}}
.instrument .formula {{font-size: 18px; font-family: serif}}
.instrument .message {{border-left: 5px solid {COLOURS[1]}; padding: 6px 12px}}
.instrument .windows {{display: grid; gap: 3px 7px}}
.instrument .windows td {{width: 17px; min-width: 17px; height: 17px; font-size: 0}}
.instrument .idle {{opacity: 0.3}}
.instrument text {{font-size: 15px; fill: currentColor}}
</style>"""


def number(value, decimals=2):
    """A number with so many decimals, zero never negative; nothing for nan."""
    return "" if np.isnan(value) else f"{round(float(value), decimals) + 0.0:.{decimals}f}"


def symbol(name, svg=False):
    """A name like w^F_1[0, 2] with its superscript and subscript, as HTML, or for text inside a chart."""
    letter, upper, lower, rest = re.fullmatch(r"(\w)\^(\w)_(\d+)(.*)", name).groups()
    if svg:
        return f'{letter}<tspan dy="-5" font-size="11">{upper}</tspan><tspan dy="9" font-size="11">{lower}</tspan><tspan dy="-4">{rest}</tspan>'
    return f"{letter}<sup>{upper}</sup><sub>{lower}</sub>{rest}"


def page(*parts):
    """The parts one below the other, with the style they need."""
    return f'{STYLE}<div class="instrument">{"".join(parts)}</div>'


def row(*parts):
    """The parts side by side."""
    return f'<div class="row">{"".join(parts)}</div>'


def column(*parts):
    """The parts one below the other, for use in a row."""
    return f'<div class="column">{"".join(parts)}</div>'


def sign(text, width=0):
    """An operator between two parts of a row, at least so many pixels wide."""
    return f'<span class="sign" style="min-width:{max(width, 16)}px">{text}</span>'


def swatch(colour):
    """A short line in a colour: the key to a line in a chart."""
    return f'<span class="swatch" style="background:{colour}"></span>'


def paragraph(text, kind="text"):
    """A line of text; kind "formula" sets it larger."""
    return f'<p class="{kind}">{text}</p>'


def message(error):
    """What stands in an instrument's place when it cannot draw: one sentence, not a traceback."""
    return page(f'<p class="message" role="alert">Cannot draw this: {html.escape(str(error))}.</p>')


def pixel_map(image, title, window=None, width=30):
    """An image (H, W) of pixels 0 to 1 in grey. window: (i, j, rows, columns) outlined, or None. width: of a cell."""
    colours = matplotlib.colormaps["Greys"](Normalize(0, 1.3)(np.asarray(image)))
    texts = [[f"{pixel:g}" for pixel in line] for line in image]
    return _map(texts, colours, np.asarray(image) > 0.5, title, width, window=window)


def signed_map(values, title, limit=1.0, decimals=2, won=None, window=None, width=52):
    """A map (rows, columns), blue at -limit, white at 0, red at limit; 0 is written without decimals, nan not at all.

    won: booleans like values, framed black where true. window: (i, j, rows, columns) outlined, or None. width: of a cell.
    """
    colours = matplotlib.colormaps[SIGNED](Normalize(-limit, limit)(np.nan_to_num(values)))
    texts = [[number(value, decimals) if value else "0" for value in line] for line in values]
    return _map(texts, colours, np.abs(np.nan_to_num(values)) > 0.6 * limit, title, width, won, window)


def _map(texts, colours, light, title, width, won=None, window=None):
    lines = []
    for i, line in enumerate(texts):
        cells = []
        for j, text in enumerate(line):
            frames, meanings = [], []
            if window is not None and _inside(i, j, window):
                frames, meanings = _outline(i, j, window), ["window"]
            if won is not None and won[i, j]:
                frames, meanings = frames + ["inset 0 0 0 3px black", "inset 0 0 0 4px white"], meanings + ["winner"]
            shadow = f";box-shadow:{','.join(frames)}" if frames else ""
            ink = "white" if light[i, j] else "black"
            cells.append(f'<td title="{", ".join(meanings)}" style="min-width:{width}px;background:{to_hex(colours[i, j])};color:{ink}{shadow}">{text}</td>')
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return f'<table class="map"><caption>{title}</caption>{"".join(lines)}</table>'


def _inside(i, j, window):
    top, left, rows, columns = window
    return top <= i < top + rows and left <= j < left + columns


def _outline(i, j, window):
    """The sides of cell (i, j) that are sides of the window, as inner shadows."""
    top, left, rows, columns = window
    sides = {"0 4px": i == top, "0 -4px": i == top + rows - 1, "4px 0": j == left, "-4px 0": j == left + columns - 1}
    return [f"inset {side} 0 {COLOURS[1]}" for side, here in sides.items() if here]


def listing(head, lines, title):
    """A table of texts: the head's cells, then the lines, each a list of cells whose first names the line."""
    heads = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    body = "".join(f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>' for first, *rest in lines)
    return f'<table class="list"><caption>{title}</caption><tr>{heads}</tr>{body}</table>'


def bars(out_a, target=None, title="outputs a<sup>O</sup>"):
    """The outputs (O,) as bars between 0 and 1, one a class, with their numbers; a black mark where the target (O,) is."""
    lines = []
    for o, value in enumerate(out_a):
        mark = "" if target is None else f'<div class="target" style="left:{100 * target[o]:.0f}%"></div>'
        bar = f'<div class="track"><div class="bar" style="width:{100 * value:.1f}%"></div>{mark}</div>'
        wanted = "" if target is None else f"<td>y = {target[o]:.0f}</td>"
        lines.append(f'<tr><th scope="row">digit {CLASS_NAMES[o]}</th><td>{bar}</td><td>{number(value, 3)}</td>{wanted}</tr>')
    return f'<table><caption>{title}</caption>{"".join(lines)}</table>'


def chart(curve, x_label, y_label, description, point, lines=(), verticals=(), size=(640, 270)):
    """A curve with a marked point, as SVG.

    curve: two arrays, x and y. point: (x, y). lines: (x, y, slope, left, right, colour) each, drawn with that slope
    through (x, y) from x + left to x + right. verticals: places of dotted lines. description: the chart in words.
    """
    (x, y), (width, height) = curve, size
    margin = 0.08 * (np.max(y) - np.min(y)) or 0.5
    edge = 0.015 * (np.max(x) - np.min(x))
    x_low, x_high, y_low, y_high = np.min(x) - edge, np.max(x) + edge, np.min(y) - margin, np.max(y) + margin
    left, bottom = 78, 46
    inner_width, inner_height = width - left - 12, height - bottom - 8

    def across(value):
        return (value - x_low) / (x_high - x_low) * inner_width

    def down(value):
        return (y_high - value) / (y_high - y_low) * inner_height

    def line(x0, y0, x1, y1, colour, more=""):
        return f'<line x1="{across(x0):.1f}" y1="{down(y0):.1f}" x2="{across(x1):.1f}" y2="{down(y1):.1f}" stroke="{colour}" {more}/>'

    drawn = [line(v, y_low, v, y_high, "currentColor", 'stroke-dasharray="2 4"') for v in verticals]
    drawn.append(f'<polyline points="{" ".join(f"{across(a):.1f},{down(b):.1f}" for a, b in zip(x, y))}" fill="none" '
                 f'stroke="{COLOURS[0]}" stroke-width="2.5"/>')
    drawn += [line(x0 + a, y0 + slope * a, x0 + b, y0 + slope * b, colour, 'stroke-width="3.5"') for x0, y0, slope, a, b, colour in lines]
    drawn.append(f'<circle cx="{across(point[0]):.1f}" cy="{down(point[1]):.1f}" r="6" fill="{COLOURS[1]}" stroke="white"/>')
    axes = [f'<text x="{left + across(tick):.1f}" y="{height - bottom + 16}" text-anchor="middle">{tick:g}</text>'
            for tick in _ticks(np.min(x), np.max(x))]
    axes += [f'<text x="{left - 8}" y="{13 + down(tick):.1f}" text-anchor="end">{tick:g}</text>' for tick in _ticks(y_low, y_high)]
    axes.append(f'<text x="{left + inner_width / 2}" y="{height - 6}" text-anchor="middle">{x_label}</text>')
    axes.append(f'<text transform="translate(16 {8 + inner_height / 2}) rotate(-90)" text-anchor="middle">{y_label}</text>')
    axes.append(f'<path d="M{left} 8V{height - bottom}H{width - 12}" fill="none" stroke="currentColor"/>')
    return (f'<svg width="{width}" height="{height}" role="img" aria-label="{html.escape(description)}">{"".join(axes)}'
            f'<svg x="{left}" y="8" width="{inner_width}" height="{inner_height}">{"".join(drawn)}</svg></svg>')


def _ticks(low, high):
    """Round numbers between low and high, free of the noise of their computation."""
    return [round(float(tick), 10) + 0.0 for tick in MaxNLocator(5).tick_values(low, high) if low <= tick <= high]
