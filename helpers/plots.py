"""Arrays in, figure out, in one visual language.

Pixels are grey. What can be negative (weights, z, deltas, gradients) goes from blue
over white at 0 to red; what cannot (activations, pooled maps, slopes of the sigmoid)
from pale to dark green. One scale a figure; small maps carry their numbers.
"""

import base64
import html
import io
import re
import textwrap

import matplotlib
import numpy as np
from IPython.display import display
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

SCALES = {"signed": "RdBu_r", "unit": "Greens", "pixels": "Greys"}
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
FORWARD, BACKWARD = "#00558A", "#A63C00"  # dark enough for text
CROSS = "$\\times$"


def course_style(decimals=4):
    """Set how all numbers are printed and figures drawn, whatever was set before."""
    np.set_printoptions(
        precision=decimals, threshold=1000, edgeitems=3, linewidth=88, suppress=True,
        nanstr="nan", infstr="inf", sign="-", floatmode="fixed", legacy=False,
        formatter={"float_kind": lambda v: number(v, decimals).rjust(decimals + 4)},
    )  # fmt: skip
    matplotlib.rcdefaults()
    style = {"font.size": 12, "axes.titlesize": 12, "lines.linewidth": 2.2}
    matplotlib.rcParams.update(style | {"legend.frameon": False})
    matplotlib.rc("axes.spines", top=False, right=False)


def number(value, decimals):
    """A number as text: only zero is 0; what would round to zero has a power of ten.

    Below 1e-12, where digits differ from machine to machine, it is ~0.
    """
    text = f"{value:.{decimals}f}"
    if value == 0 or float(text) != 0:
        return text if value else "0"
    power = f"{value:.{max(decimals - 3, 0)}e}".replace("e-0", "e-")
    return power if abs(value) >= 1e-12 else "~0"


def png(figure):
    """A figure as PNG bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100, metadata={"Software": None})
    return buffer.getvalue()


def show(figure, caption, varies=False):
    """Show a figure and its caption, which in the page is also its text alternative.

    Without pictures, and where runs are compared, the caption and what `describe` reads
    stand for it; varies: points of curves with powers of ten only, since rounding is
    drawn, whose digits differ from machine to machine.
    """
    picture, alt = base64.b64encode(png(figure)).decode(), html.escape(caption)
    page = (
        '<figure style="display: inline-block; margin: 0; padding: 8px; background: '
        f'#fff; color: #000"><img alt="{alt}" src="data:image/png;base64,{picture}">'
        f"<figcaption>{alt}</figcaption></figure>"
    )
    text = textwrap.fill(f"[figure: {caption}]", 88)
    text += "\n" + describe(figure, rough=varies)
    display({"text/html": page, "image/png": picture, "text/plain": text}, raw=True)


def describe(figure, rough=False):
    """What a figure shows, read back from it: a paragraph an axes, 88 columns wide.

    rough: points of curves with powers of ten only.
    """
    facts = ["; ".join(filter(None, _facts(ax, rough))) for ax in figure.axes]
    plain = [fact.replace(CROSS, "wrong").replace("$", "") for fact in facts if fact]
    fill = textwrap.TextWrapper(88, initial_indent="- ", subsequent_indent="  ").fill
    return "\n".join(map(fill, plain))


def _fact(value):
    """Three digits of a number; the factor keeps its last bit from deciding a tie."""
    return "~0" if 0 < abs(value) < 1e-8 else f"{value * (1 + 1e-9) + 0.0:.3g}"


def _power(value):
    """The power of ten of the first digit of a number; below 1e-12 it is ~0."""
    return re.sub(r"\d(?=e)", "1", f"{value:.0e}") if abs(value) >= 1e-12 else "~0"


def _facts(ax, rough):
    """The facts of one axes: words, then numbers, then where something stands."""
    yield ax.get_title()
    for axis in (ax.xaxis, ax.yaxis) if ax.axison else ():
        words = [axis.get_label_text(), "(log)" if axis.get_scale() == "log" else ""]
        ticks = [tick.get_text() for tick in axis.get_ticklabels() if ax.images]
        words += [] if ticks == [str(n) for n in range(len(ticks))] else ticks
        yield f"{axis.axis_name}: {' '.join(filter(None, words))}" if any(words) else ""
    if ax.get_label() == "<colorbar>":
        low, high = map(_fact, ax.get_ylim())
        yield f"colours {low} to {high}"
    for values in (image.get_array() for image in ax.images):
        gap = "" if np.isin(values, (0, 1)).all() else " "
        yield " / ".join(gap.join(map(_fact, row)) for row in values)
    for frame in (patch for patch in ax.patches if not patch.get_fill()):
        size = f" {frame.get_height():.0f} x {frame.get_width():.0f}"
        cell = f"framed ({frame.get_y() + 0.5:.0f}, {frame.get_x() + 0.5:.0f})"
        yield cell + size.replace(" 1 x 1", "")
    for line in ax.lines:
        x, y = line.get_data()
        shown = [_power(v) if rough else _fact(v) for v in y]
        order = [float(text.lstrip("~")) for text in shown]
        some = {0, len(x) // 2, len(x) - 1, np.argmin(order), np.argmax(order)}
        place = "{:.3g}".format if ax.get_xscale() == "log" else _fact
        points = ", ".join(f"({place(x[n])}, {shown[n]})" for n in sorted(some))
        yield f"{line.get_label()} {points}"
    for text in () if ax.images else ax.texts:
        yield f"{text.get_gid() or ''} {text.get_text()}".strip().replace("\n", " ")


def draw_map(ax, values, scale, limit=1.0, decimals=None, framed=None):
    """Draw a map (rows, columns) on an axes, with its numbers unless decimals is None.

    scale: "signed" (-limit to limit), "unit" or "pixels" (0 to limit). framed: booleans
    like values, or None. Returns the image, for a colour bar.
    """
    low, style = -limit if scale == "signed" else 0, {"color": "0.75", "linewidth": 0.8}
    drawn = ax.imshow(values, cmap=SCALES[scale], vmin=low, vmax=limit)
    rows, columns = np.shape(values)
    ax.hlines(np.arange(rows + 1) - 0.5, -0.5, columns - 0.5, **style)
    ax.vlines(np.arange(columns + 1) - 0.5, -0.5, rows - 0.5, **style)
    ax.set(xticks=[], yticks=[])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    for (i, j), value in np.ndenumerate(values):
        if decimals is not None:
            light = np.power(drawn.to_rgba(value)[:3], 2.2) @ (0.2126, 0.7152, 0.0722)
            style = {"size": 11, "color": "black" if light > 0.18 else "white"}
            ax.text(j, i, number(value, decimals), ha="center", va="center", **style)
        if framed is not None and framed[i, j]:
            draw_frame(ax, i, j)
    return drawn


def draw_frame(ax, i, j, rows=1, columns=1, colour="black"):
    """Frame rows x columns cells of a map, the first of them in row i, column j."""
    halo = [withStroke(linewidth=5, foreground="white")]
    style = {"fill": False, "ec": colour, "lw": 2.5, "path_effects": halo}
    ax.add_patch(Rectangle((j - 0.45, i - 0.45), columns - 0.1, rows - 0.1, **style))


def plot_maps(rows, titles, label, framed=None, decimals=2, limit=None, scale="signed"):
    """Rows of maps on one scale, with a colour bar.

    rows: (n, rows, columns), or a dict from row label to such arrays. titles: n texts.
    label: what colours mean; "" for no bar. framed: booleans like rows. decimals: None
    for no numbers. limit: the full colour; by default the largest absolute entry, or 1
    where scale is not "signed".
    """
    if not isinstance(rows, dict):
        rows, framed = {"": rows}, {"": framed}
    entries = np.concatenate([np.ravel(maps) for maps in rows.values()])
    limit = limit or (np.max(np.abs(entries)) if scale == "signed" else 1.0) or 1.0
    n, columns = len(titles), max(np.shape(maps)[2] for maps in rows.values())
    heights = [np.shape(maps)[1] for maps in rows.values()]
    widths = [0.36, (0.1 * max(map(len, titles)) + 0.1) / columns]
    if decimals is not None:
        widths.append(0.1 * max(len(number(v, decimals)) for v in entries) + 0.1)
    width = min(max(widths), 7.9 / n / columns)
    height = min(width, (5.4 - 0.4 * len(rows)) / sum(heights))
    size = (width * columns * n + 1.7, height * sum(heights) + 0.4 * len(rows) + 0.8)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(len(rows), n, squeeze=False, height_ratios=heights)
    for line, (name, maps) in zip(axes, rows.items()):
        marked = (framed or {}).get(name)
        for k, (ax, values) in enumerate(zip(line, maps)):
            frames = None if marked is None else marked[k]
            drawn = draw_map(ax, values, scale, limit, decimals, frames)
            spare = (columns - values.shape[1]) / 2  # cells of all rows equally large
            ax.set(aspect=height / width, xlim=(-0.5 - spare, columns - 0.5 - spare))
            ax.set_xticks(range(values.shape[1]))
        line[0].set(ylabel=f"{name}\nrow".strip(), yticks=range(len(maps[0])))
    for top, bottom, title in zip(axes[0], axes[-1], titles):
        top.set_title(title)
        bottom.set_xlabel("column")
    if label:
        figure.colorbar(drawn, ax=axes, label=label)
    return figure


def plot_curves(x, curves, x_label, y_label, log="", marks=None, ax=None):
    """Curves over x (n,): a dict from label to values (n,).

    log: the logarithmic axes, "x", "y" or "xy". marks: points, a dict from label to
    (x, y). ax: draw there, and not in a new figure.
    """
    ax = ax or Figure(figsize=(7.2, 3.8), layout="constrained").subplots()
    scales = {f"{axis}scale": "log" if axis in log else "linear" for axis in "xy"}
    ax.set(xlabel=x_label, ylabel=y_label, **scales)
    styles = ("-", "--", ":", "-.")
    for n, (label, values) in enumerate(curves.items()):
        style = {"color": COLOURS[n % 4], "linestyle": styles[(n + n // 4) % 4]}
        ax.plot(x, values, label=label, **style)
    for n, (label, point) in enumerate((marks or {}).items()):
        ax.plot(*zip(point), "osD^"[n % 4], color="black", ms=9, label=label)
    if len(ax.lines) > 1:
        ax.legend()
    return ax.figure


def plot_learning_curve(costs, accuracies):
    """Cost and accuracy side by side: dicts from label to numbers, from epoch 0 on."""
    figure = Figure(figsize=(9.4, 3.6), layout="constrained")
    named = {"cost $C$": costs, "accuracy": accuracies}
    for ax, (name, curves) in zip(figure.subplots(1, 2), named.items()):
        epochs = range(len(next(iter(curves.values()))))
        plot_curves(epochs, curves, "epoch", name, ax=ax)
        ax.set_ylim(bottom=0)
    return figure


def plot_gallery(images, captions, columns=16, wrong=None):
    """Images (N, H, W) with a caption each; wrong: (N,) booleans, marked by a cross."""
    rows = -(-len(images) // columns)
    size = (9.6, min(12.5 / columns * rows + 0.2, 6.4))
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    wrong = [False] * len(images) if wrong is None else wrong
    for ax, image, caption, bad in zip(axes, images, captions, wrong):
        draw_map(ax, image, "pixels")
        ax.set_title(f"{caption} {CROSS}" if bad else f"{caption}", size=11, pad=3)
        ax.spines[:].set(visible=bool(bad), color=BACKWARD, linewidth=3)
    for ax in axes[len(images) :]:
        ax.set_axis_off()
    return figure


NODES = {  # centre, in inches, and shape
    "x": (0.42, 3, "(6, 6)"), "z^F": (1.75, 3, "(3, 4, 4)"),
    "a^F": (3.2, 3, "(3, 4, 4)"), "p": (4.62, 3, "(3, 2, 2)"),
    "z^O_0": (6.3, 4.3, ""), "z^O_1": (6.3, 3, ""), "z^O_2": (6.3, 1.7, ""),
    "a^O_0": (7.7, 4.3, ""), "a^O_1": (7.7, 3, ""), "a^O_2": (7.7, 1.7, ""),
    "C": (9.15, 3, ""), "y": (9.15, 1.3, "(3,)"),
    "w^F": (1.1, 1.3, "(3, 3, 3)"), "b^F": (2.4, 1.3, "(3,)"),
    "w^O": (5.75, 0.55, "(3, 3, 2, 2)"), "b^O": (6.8, 0.55, "(3,)"),
}  # fmt: skip
EDGES = (
    "x>z^F w^F>z^F b^F>z^F z^F>a^F a^F>p p>z^O w^O>z^O_2 b^O>z^O_2 z^O>a^O a^O>C y>C"
)


def _paths(name, values=None):
    """What a name stands for, each with its value: "z^O" and "a^O" are all three."""
    names = [re.sub(r"([za]\^O)(?!_)", rf"\1_{o}", name) for o in range(3)]
    return dict(zip(names, np.broadcast_to(values, 3)))


def plot_chain(lit=(), above=None, below=None):
    """The computational graph of the network, from pixels to cost, with shapes.

    lit: nodes to light ("p", "z^O_1", "z^O" for all three); edges between two are, too,
    the rest is pale. above: forward values, below: deltas and derivatives; dicts from
    node or edge ("p>z^O_1") to a number or text, or to three.
    """
    lit = {path for name in lit for path in _paths(name)}
    figure, boxes = Figure(figsize=(9.6, 5.0)), {}
    ax = figure.add_axes((0, 0, 1, 1), xlim=(0, 9.6), ylim=(0, 5.0))
    ax.set_axis_off()
    layer = ax.add_patch(Rectangle((5.85, 1.15), 0.9, 3.75, color="0.95", zorder=0))
    for name, (x, y, shape) in NODES.items():
        on, ink = name in lit, "black" if not lit or name in lit else "0.6"
        frame = {"boxstyle": "round", "ec": ink, "fc": "#FFE9A8" if on else "white"}
        style = {"ha": "center", "va": "center", "color": ink, "bbox": frame}
        style |= {"gid": "lit"} if on else {}
        text = ax.text(x, y, f"${name}$\n{shape}".strip(), size=13, **style)
        boxes[name] = text.get_bbox_patch()
    for edge in dict.fromkeys(path for name in EDGES.split() for path in _paths(name)):
        start, end = edge.split(">")
        (x, y, _), (to_x, to_y, _) = NODES[start], NODES[end]
        to_x += 0.28 * np.sign(x - to_x) if start[0] in "wb" else 0
        stop = layer if start in ("w^O", "b^O") else boxes[end]
        ink = "black" if not lit or {start, end} <= lit else "0.8"
        arrow = {"arrowstyle": "-|>", "lw": 1.8, "color": ink}
        arrow |= {"patchA": boxes[start], "patchB": stop, "shrinkA": 0, "shrinkB": 1}
        ax.annotate("", (to_x, to_y), (x, y), arrowprops=arrow)
    halo = [withStroke(linewidth=4, foreground="white")]
    for texts, where, color in ((above, "above", FORWARD), (below, "below", BACKWARD)):
        va, side = ("bottom", 1) if where == "above" else ("top", -1)
        style = {"ha": "center", "va": va, "color": color, "path_effects": halo}
        for name, values in (texts or {}).items():
            for path, value in _paths(name, values).items():
                ends = [np.array(NODES[node][:2]) for node in path.split(">")]
                far = 0.58 if path[0] == "p" else 0.5
                x, y = (1 - far) * ends[0] + far * ends[-1]
                y += side * (0.04 if ">" in path else 0.36 if NODES[path][2] else 0.25)
                text = value if isinstance(value, str) else number(value, 4)
                ax.text(x, y, text, gid=f"{where} {path}:", **style)
    return figure
