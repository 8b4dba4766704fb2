"""Arrays in, figure out, in one visual language.

Pixels are grey. What can be negative (weights, z, deltas, gradients) goes from blue over
white at 0 to red; what cannot (activations, pooled maps, slopes of the sigmoid) from pale
to dark green. One scale a figure. Small maps carry their numbers; a black frame marks
winners. What a figure shows can be read back from it as text: `describe`.
"""

import base64
import html
import io
import re
import textwrap
import zlib

import matplotlib
import numpy as np
from IPython.display import display
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

SIGNED, UNIT, PIXELS = "RdBu_r", "Greens", "Greys"
SCALES = {"signed": SIGNED, "unit": UNIT, "pixels": PIXELS}
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
STYLES = ("-", "--", ":", "-.")
FORWARD, BACKWARD = "#00558A", "#A63C00"  # dark enough to be read as text
CLASS_NAMES = ("1", "2", "3")
LINE = 88


def course_style(decimals=4):
    """Set how the whole course prints numbers and draws figures, whatever was set before.

    Floats in arrays get `decimals` decimals, as `number` writes them.
    """
    np.set_printoptions(
        precision=decimals, threshold=1000, edgeitems=3, linewidth=LINE, suppress=True,
        nanstr="nan", infstr="inf", sign="-", floatmode="fixed", legacy=False,
        formatter={"float_kind": lambda v: number(v, decimals).rjust(decimals + 4)},
    )  # fmt: skip
    matplotlib.rcdefaults()
    matplotlib.rcParams.update(
        {
            "font.size": 12,
            "axes.titlesize": 12,
            "xtick.labelsize": 11,
            "ytick.labelsize": 11,
            "legend.fontsize": 11,
            "legend.frameon": False,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "lines.linewidth": 2.2,
        }
    )


def number(value, decimals):
    """A number as text: exactly zero is 0; what would round to zero has a power of ten.

    Below 1e-12 digits differ from machine to machine: ~0.
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


def show(figure, caption):
    """Show a figure with its caption below, which is also its text alternative.

    Where there are no pictures, and where runs are compared, the caption and the facts of
    `describe` stand for it.
    """
    picture = base64.b64encode(png(figure)).decode()
    text = html.escape(caption)
    page = (
        '<figure style="display: inline-block; margin: 0; padding: 8px; '
        'background: white; color: black">'
        f'<img alt="{text}" src="data:image/png;base64,{picture}">'
        f"<figcaption>{text}</figcaption></figure>"
    )
    facts = textwrap.fill(f"[figure: {caption}]", LINE) + "\n" + describe(figure)
    data = {"text/html": page, "image/png": picture, "text/plain": facts}
    display(data, raw=True)


def describe(figure):
    """What a figure shows, read back from it: a paragraph an axes, 88 columns wide."""
    drawn = [ax for ax in figure.axes if ax.has_data() or ax.texts or ax.get_title()]
    maps = [ax for ax in drawn if ax.images and ax.get_label() != "<colorbar>"]
    facts = []
    if len(maps) > 24:
        drawn = [ax for ax in drawn if ax not in maps]
        sums = [f"{ax.get_title()} ({_fact(ax.images[0].get_array().sum())})" for ax in maps]
        pixels = np.concatenate([ax.images[0].get_array().ravel() for ax in maps])
        facts.append(f"{len(maps)} maps, title (sum): {', '.join(sums)}; {_digest(pixels)}")
    for ax in drawn:
        facts.append("; ".join(_facts(ax)))
    plain = (re.sub(r"\s+", " ", fact.replace("$\\times$", "wrong").replace("$", "")) for fact in facts)
    return "\n".join(textwrap.fill(f"- {p}", LINE, subsequent_indent="  ") for p in plain)


def _facts(ax):
    """The facts of one axes, as a list of texts."""
    if ax.get_label() == "<colorbar>":
        ends = ax.get_xlim() if ax.get_xlabel() else ax.get_ylim()
        return [f"colours: {ax.get_xlabel() or ax.get_ylabel()}, {_span(ends)}"]
    facts = [ax.get_title()] if ax.get_title() else []
    for name, axis in (("x", ax.xaxis), ("y", ax.yaxis)):
        ticks = [tick.get_text() for tick in axis.get_ticklabels()] if ax.images else []
        plain = ticks == [str(n) for n in range(len(ticks))]
        named = axis.get_label_text() + ("" if plain else " " + ", ".join(ticks))
        facts += [f"{name}: {named}"] if ax.axison and named else []
    for image in ax.images:
        facts.append(_map_fact(image.get_array()))
    frames = [p for p in ax.patches if isinstance(p, Rectangle) and not p.get_fill()]
    facts += ["framed " + ", ".join(map(_frame_fact, frames))] if frames else []
    lit = [patch.get_label() for patch in ax.patches if patch.get_gid() == "lit"]
    facts += ["lit: " + ", ".join(lit)] if lit else []
    for bars in ax.containers:
        axis = ax.yaxis if bars.orientation == "horizontal" else ax.xaxis
        for tick, value in zip(axis.get_ticklabels(), bars.datavalues):
            noisy = bars.patches[0].get_gid() == "noisy"
            facts.append(f"{tick.get_text()} {'varies' if noisy else _fact(value)}")
    facts += [_line_fact(line) for line in ax.lines]
    if not ax.images and not ax.containers:
        texts = [(text.get_gid(), text.get_text()) for text in ax.texts]
        facts += [f"{gid} {text}" if gid else text for gid, text in texts if text]
    return facts


def _fact(value):
    """Three digits of a number; the factor keeps the last bit from deciding a tie."""
    return "~0" if 0 < abs(value) < 1e-8 else f"{value * (1 + 1e-9) + 0.0:.3g}"


def _span(ends):
    return f"{_fact(ends[0])} to {_fact(ends[1])}"


def _digest(values):
    return f"digest {zlib.crc32(' '.join(map(_fact, values.ravel())).encode()):08x}"


def _map_fact(values):
    """All numbers of a map, row by row; of a large one its range and a digest."""
    if np.isin(values.compressed(), (0, 1)).all() and values.size <= 400:
        return " ".join("".join(f"{v:.0f}" for v in row) for row in values)
    if values.size > 64:
        return f"{values.shape} {_span((values.min(), values.max()))}, {_digest(values)}"
    rows = (["|" if v is np.ma.masked else _fact(v) for v in row] for row in values)
    return " / ".join(" ".join(row) for row in rows)


def _frame_fact(frame):
    top, left = np.ceil((frame.get_y(), frame.get_x())).astype(int)
    rows, columns = max(round(frame.get_height()), 1), max(round(frame.get_width()), 1)
    size = "" if rows == columns == 1 else f" {rows} x {columns}"
    return f"({top}, {left}){size}"


def _line_fact(line):
    """A line's label, its ends and extremes; all points where there are few."""
    x, y = (np.asarray(values, float) for values in line.get_data())
    label = "" if line.get_label().startswith("_") else line.get_label() + " "
    if line.get_gid() == "noisy":
        return f"{label}{len(x)} points, which vary"
    rounded = np.array([float(f"{v * (1 + 1e-9):.3g}") for v in y])
    names = {0: "starts", len(x) // 2: "middle", len(x) - 1: "ends"}
    names |= {int(np.argmin(rounded)): "lowest", int(np.argmax(rounded)): "highest"} | names
    if len(x) <= 4:
        return label + " ".join(f"({_fact(u)}, {_fact(v)})" for u, v in zip(x, y))
    points = (f"{names[n]} ({_fact(x[n])}, {_fact(y[n])})" for n in sorted(names))
    return f"{label}{len(x)} points: {', '.join(points)}"


def _ink(ground):
    """Black or white, whichever is read better on a ground (r, g, b): at least 4.5 : 1."""
    rgb = np.asarray(ground[:3])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return "black" if linear @ (0.2126, 0.7152, 0.0722) > 0.179 else "white"


def draw_map(ax, values, limit=1.0, title="", framed=None, decimals=2, scale="signed"):
    """Draw a map (rows, columns) on an axes, with its numbers; None decimals: without.

    scale: "signed" (-limit to limit), "unit" or "pixels" (0 to limit). framed: booleans
    like values. Entries that are nan stay empty. Returns the image, for a colour bar.
    """
    low = -limit if scale == "signed" else 0
    drawn = ax.imshow(values, cmap=SCALES[scale], vmin=low, vmax=limit)
    rows, columns = np.shape(values)
    ax.set_title(title)
    ax.set(xticks=range(columns), yticks=range(rows))
    ax.set_xticks(np.arange(-0.5, columns), minor=True)
    ax.set_yticks(np.arange(-0.5, rows), minor=True)
    ax.grid(which="minor", color="0.75", linewidth=0.8)
    ax.tick_params(which="both", length=0)
    ax.spines[:].set_visible(False)
    for (i, j), value in np.ndenumerate(values):
        if decimals is not None and not np.isnan(value):
            ink = _ink(drawn.to_rgba(value))
            place = {"ha": "center", "va": "center", "fontsize": 11, "color": ink}
            ax.text(j, i, number(value, decimals), **place)
        if framed is not None and framed[i, j]:
            _draw_frame(ax, (j - 0.44, i - 0.44), 0.88, 0.88)
    return drawn


def _draw_frame(ax, corner, width, height, colour="black"):
    halo = [withStroke(linewidth=5, foreground="white")]
    style = {"fill": False, "edgecolor": colour, "linewidth": 2.5, "path_effects": halo}
    ax.add_patch(Rectangle(corner, width, height, **style))


def plot_image(image, title=""):
    """One image (H, W) with the number of each pixel."""
    figure = Figure(figsize=(3.6, 3.6), layout="constrained")
    ax = figure.subplots()
    draw_map(ax, image, 1.0, title, decimals=0, scale="pixels")
    ax.set(xlabel="column j", ylabel="row i")
    return figure


def plot_maps(
    rows, titles, label, framed=None, decimals=2, limit=None, scale="signed",
    x=("column", None), y=("row", None),
):  # fmt: skip
    """Rows of maps on one scale, with a colour bar.

    rows: (n, rows, columns), or a dict from row label to such an array. titles: n texts,
    above the maps. label: what the colours mean. framed: booleans like rows (an array or
    a dict). limit: the value of the full colour, by default the largest absolute entry
    (scale "signed") or 1. x, y: what columns and rows count, and their names or None.
    """
    rows = rows if isinstance(rows, dict) else {"": rows}
    framed = framed if isinstance(framed, dict) else dict.fromkeys(rows, framed)
    largest = max(np.max(np.abs(maps)) for maps in rows.values())
    limit = limit or (largest if scale == "signed" else 1.0) or 1.0
    n = max(len(maps) for maps in rows.values())
    columns = max(np.shape(maps)[2] for maps in rows.values())
    heights = [np.shape(maps)[1] for maps in rows.values()]
    longest = 3 if decimals is None else decimals + 3
    room = (9.6 - 1.7) / n
    wanted = max(0.1 * longest + 0.06, 0.1 * max(map(len, titles)) / columns)
    cell = min(max(wanted, 0.36), room / columns)
    high = min(cell, (6.4 - 0.9 - 0.35 * len(rows)) / sum(heights))
    size = (cell * columns * n + 1.7, high * sum(heights) + 0.35 * len(rows) + 0.9)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(len(rows), n, squeeze=False, height_ratios=heights)
    for row, (name, maps) in enumerate(rows.items()):
        for k, ax in enumerate(axes[row]):
            if k >= len(maps):
                ax.set_axis_off()
                continue
            frames = None if framed.get(name) is None else framed[name][k]
            title = "" if row else titles[k]
            drawn = draw_map(ax, maps[k], limit, title, frames, decimals, scale)
            ax.set_aspect(high / cell)
            ax.set_xticks(ax.get_xticks(), x[1])
            ax.set_yticks(ax.get_yticks(), y[1])
        axes[row, 0].set_ylabel(f"{name}\n{y[0]}".strip())
    for ax in axes[-1, : len(maps)]:
        ax.set_xlabel(x[0])
    figure.colorbar(drawn, ax=axes, label=label, shrink=0.9)
    return figure


def plot_filters(conv_w, conv_b):
    """The filters (K, Fr, Fc) with their weights, each bias (K,) in the title."""
    titles = [f"filter {k}, bias {number(b, 2)}" for k, b in enumerate(conv_b)]
    return plot_maps(conv_w, titles, "weight $w^F$")


def plot_pooled(conv_a, pooled, winners, decimals=3):
    """Feature maps (K, I, J), winners (K, I, J) framed, above pooled maps (K, U, V)."""
    rows = {"feature map $a^F$": conv_a, "pooled map $p$": pooled}
    framed = {"feature map $a^F$": winners}
    titles = [f"map {k}" for k in range(len(conv_a))]
    figure = plot_maps(rows, titles, "activation", framed, decimals, scale="unit")
    height, width = conv_a.shape[1:]
    side = height // pooled.shape[1]
    for ax in figure.axes[: len(conv_a)]:
        lines = {"color": "black", "linewidth": 1.5}
        ax.hlines(np.arange(side, height, side) - 0.5, -0.5, width - 0.5, **lines)
        ax.vlines(np.arange(side, width, side) - 0.5, -0.5, height - 0.5, **lines)
    return figure


def _class_names(count):
    return CLASS_NAMES if count == len(CLASS_NAMES) else [str(o) for o in range(count)]


def draw_outputs(ax, out_a, target=None, title="", names=None):
    """Draw outputs (O,) as bars on an axes, the target (O,) as black lines."""
    places = np.arange(len(out_a))
    ax.bar_label(ax.barh(places, out_a, color=COLOURS[0], height=0.6), fmt="%.3f", padding=4)
    label = "output $a^O$"
    if target is not None:
        ax.plot(target, places, "|", color="black", ms=26, mew=3, label="target")
        label += " (black: target $y$)"
    ax.set(xlim=(-0.02, 1.3), xticks=[0, 0.5, 1], xlabel=label, title=title)
    ax.set_yticks(places, [f"digit {name}" for name in names or _class_names(len(out_a))])
    ax.invert_yaxis()


def plot_outputs(out_a, target=None, title=""):
    """Outputs (O,) as bars from 0 to 1, one a class; black lines mark the target (O,)."""
    figure = Figure(figsize=(5.4, 0.5 * len(out_a) + 1.0), layout="constrained")
    draw_outputs(figure.subplots(), out_a, target, title)
    return figure


def draw_curves(ax, x, curves, x_label, y_label, title="", noisy=()):
    """Draw curves, a dict from label to values like x, on an axes; see plot_curves."""
    for n, (label, values) in enumerate(curves.items()):
        colour, style = COLOURS[n % 4], STYLES[(n + n // 4) % 4]
        gid = "noisy" if label in noisy else None
        ax.plot(x, values, color=colour, linestyle=style, label=label, gid=gid)
    ax.set(xlabel=x_label, ylabel=y_label, title=title)


def plot_curves(x, curves, x_label, y_label, log="", title="", marks=None, noisy=()):
    """Curves over x (n,): a dict from label to values (n,).

    log: the logarithmic axes, "x", "y" or "xy". marks: single points, a dict from label
    to (x, y). noisy: labels of curves whose numbers differ from run to run.
    """
    figure = Figure(figsize=(7.2, 3.8), layout="constrained")
    ax = figure.subplots()
    draw_curves(ax, x, curves, x_label, y_label, title, noisy)
    for (label, (at, height)), shape in zip((marks or {}).items(), "osD^v<>" * 9):
        ax.plot([at], [height], shape, color="black", ms=9, label=label)
    ax.set(xscale="log" if "x" in log else "linear", yscale="log" if "y" in log else "linear")
    if len(ax.lines) > 1:
        ax.legend()
    return figure


def plot_bars(values, label, log=False, noisy=False):
    """Horizontal bars with their numbers: values is a dict from name to number.

    log: logarithmic axis. noisy: the numbers differ from run to run.
    """
    figure = Figure(figsize=(7.2, min(0.5 * len(values) + 0.9, 6.4)), layout="constrained")
    ax = figure.subplots()
    gid = "noisy" if noisy else None
    heights, places = list(values.values()), np.arange(len(values))
    bars = ax.barh(places, heights, color=COLOURS[0], height=0.6, log=log, gid=gid)
    ax.bar_label(bars, fmt="%.3g", padding=4)
    ax.margins(x=0.15)
    ax.set_xlabel(label)
    ax.set_yticks(places, list(values))
    ax.invert_yaxis()
    return figure


def plot_learning_curve(costs, accuracies):
    """Cost and accuracy, side by side: dicts from label to a number an epoch, from 0 on."""
    figure = Figure(figsize=(9.4, 3.6), layout="constrained")
    pairs = zip(figure.subplots(1, 2), (costs, accuracies), ("cost $C$", "accuracy"))
    for ax, curves, name in pairs:
        epochs = range(len(next(iter(curves.values()))))
        draw_curves(ax, epochs, curves, "epoch", name)
        ax.set_ylim(bottom=0)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if len(costs) > 1:
        figure.axes[0].legend()
    return figure


def plot_gallery(images, captions, columns=16, wrong=None):
    """Images (N, H, W) with a caption each; wrong: (N,) booleans, marked by a cross."""
    rows = -(-len(images) // columns)
    size = (9.6, min(9.6 / columns * 1.3 * rows + 0.2, 6.4))
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes[len(images) :]:
        ax.set_axis_off()
    for n, (ax, image, caption) in enumerate(zip(axes, images, captions)):
        ax.imshow(image, cmap=PIXELS, vmin=0, vmax=1)
        bad = wrong is not None and wrong[n]
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set(visible=True, color=BACKWARD if bad else "0.6")
        ax.spines[:].set_linewidth(3 if bad else 1)
        ax.set_title(f"{caption} $\\times$" if bad else f"{caption}", fontsize=11, pad=3)
    return figure


def plot_network(image, parameters, passed, names=None):
    """The forward pass of one image, left to right, with every array that takes part.

    image: (H, W). parameters: with conv_w (K, Fr, Fc), conv_b (K,), out_w (O, K, U, V),
    out_b (O,). passed: with conv_a (K, I, J), pooled (K, U, V), out_a (O,). names: (O,).
    """
    conv_w, conv_b, out_w, out_b = parameters
    figure = Figure(figsize=(9.6, 5.8), layout="constrained")
    grid = figure.add_gridspec(2, 6, width_ratios=(2, 1.5, 1.3, 0.9, 2.6, 0.9), height_ratios=(1, 0.04))
    limit = max(np.max(np.abs(conv_w)), np.max(np.abs(out_w)))
    gaps = np.full((*out_w.shape[:3], 1), np.nan)  # the K maps of an output, side by side
    beside = [np.hstack(maps)[:, :-1] for maps in np.concatenate([out_w, gaps], axis=3)]
    names = [f"digit {name}" for name in names or _class_names(len(out_b))]
    columns = (
        (f"image $x$\n{_size(image)}", [image], [""], "pixels"),
        (f"filters $w^F$ {_size(conv_w)}\nbiases $b^F$", conv_w, conv_b, "signed"),
        (f"feature maps $a^F$\n{_size(passed.conv_a)}", passed.conv_a, None, "unit"),
        (f"pooled $p$\n{_size(passed.pooled)}", passed.pooled, None, "unit"),
        (f"output weights $w^O$\n{_size(out_w)}, biases $b^O$", beside, out_b, "signed"),
        (f"outputs $a^O$\n{_size(out_b)}", passed.out_a.reshape(-1, 1, 1), names, "unit"),
    )
    for at, (title, maps, labels, scale) in enumerate(columns):
        cells = grid[0, at].subgridspec(len(maps), 1)
        for n, values in enumerate(maps):
            ax = figure.add_subplot(cells[n])
            top = limit if scale == "signed" else 1.0
            decimals = 2 if np.size(values) == 1 else None
            drawn = draw_map(ax, values, top, "" if n else title, None, decimals, scale)
            ax.set(xticks=[], yticks=[])
            if labels is not None:
                text = labels[n] if isinstance(labels[n], str) else number(labels[n], 2)
                ax.set_ylabel(text, rotation=0, ha="right", va="center")
        if at in (4, 5):
            bar = figure.add_subplot(grid[1, :3] if at == 4 else grid[1, 3:], label="<colorbar>")
            name = "weight" if at == 4 else "activation"
            figure.colorbar(drawn, cax=bar, orientation="horizontal", label=name)
    return figure


def plot_windows(image, filter_w, bias, places):
    """How windows become weighted inputs: a row for each (i, j) of places.

    image: (H, W). filter_w: (Fr, Fc). bias: a number. Each row shows the window framed,
    the filter, their products, and z[i, j], the sum of the products plus the bias.
    """
    rows, columns = filter_w.shape
    windows = [image[i : i + rows, j : j + columns] for i, j in places]
    z = [np.sum(filter_w * window) + bias for window in windows]
    limit = max(np.max(np.abs(filter_w)), np.max(np.abs(z)))
    figure = Figure(figsize=(9.6, min(1.95 * len(places) + 0.3, 6.4)), layout="constrained")
    axes = figure.subplots(len(places), 4, squeeze=False, width_ratios=(1, 1, 1, 0.5))
    for line, (i, j), window, value in zip(axes, places, windows, z):
        draw_map(line[0], image, 1.0, f"window at ({i}, {j})", None, None, "pixels")
        _draw_frame(line[0], (j - 0.5, i - 0.5), columns, rows, COLOURS[1])
        draw_map(line[1], filter_w, limit, "filter")
        draw_map(line[2], filter_w * window, limit, "filter times window")
        drawn = draw_map(line[3], np.array([[value]]), limit, f"$z^F$[{i}, {j}]")
        line[3].set(xticks=[], yticks=[])
        line[3].set_xlabel(f"= {number(value - bias, 2)} + ({number(bias, 2)})")
    figure.colorbar(drawn, ax=axes, label="weight, product, $z^F$", shrink=0.8)
    return figure


# The computational graph: where each node stands, in inches, and its shape.
NODES = {
    "x": (0.55, 3.1, "(6, 6)"), "z^F": (2.05, 3.1, "(3, 4, 4)"),
    "a^F": (3.5, 3.1, "(3, 4, 4)"), "p": (4.9, 3.1, "(3, 2, 2)"),
    "z^O_0": (6.25, 4.35, ""), "z^O_1": (6.25, 3.1, ""), "z^O_2": (6.25, 1.85, ""),
    "a^O_0": (7.6, 4.35, ""), "a^O_1": (7.6, 3.1, ""), "a^O_2": (7.6, 1.85, ""),
    "C": (9.05, 3.1, "()"), "w^F": (1.3, 1.0, "(3, 3, 3)"), "b^F": (2.8, 1.0, "(3,)"),
    "w^O": (5.55, 0.4, "(3, 3, 2, 2)"), "b^O": (6.95, 0.4, "(3,)"), "y": (9.05, 1.0, "(3,)"),
}  # fmt: skip
EDGES = (
    "x>z^F", "w^F>z^F", "b^F>z^F", "z^F>a^F", "a^F>p", "p>z^O", "w^O>z^O_2", "b^O>z^O_2",
    "z^O>a^O", "a^O>C", "y>C",
)  # fmt: skip


def _paths(name):
    """The names a name stands for: "z^O" and "a^O" without a number are all three."""
    return [re.sub(r"([za]\^O)(?!_)", rf"\1_{o}", name) for o in range(3)]


def _spread(texts):
    """Texts by single node or edge: a list is dealt to the three, a number written."""
    spread = {}
    for name, given in (texts or {}).items():
        several = given if isinstance(given, (list, tuple, np.ndarray)) else [given] * 3
        for path, one in zip(_paths(name), several):
            spread[path] = one if isinstance(one, str) else number(one, 4)
    return spread


def plot_chain(lit=(), above=None, below=None):
    """The computational graph of the network, with shapes, from pixels to cost.

    lit: names of nodes ("p", "z^O_1", "z^O" for all three) or edges ("p>z^O_1") to light,
    the rest is pale; an edge between two lit nodes is lit. above: forward values, below:
    derivatives and deltas; dicts from name to a number or text, or three of them.
    """
    lit = {path for name in lit for path in _paths(name)}
    figure = Figure(figsize=(9.6, 5.1))
    ax = figure.add_axes((0, 0, 1, 1), xlim=(0, 9.6), ylim=(0, 5.1))
    ax.set_axis_off()
    for edge in dict.fromkeys(path for name in EDGES for path in _paths(name)):
        _draw_edge(ax, edge, not lit or edge in lit or lit.issuperset(edge.split(">")))
    for name, (x, y, shape) in NODES.items():
        on = not lit or name in lit
        width, height = (0.94, 0.62) if shape else (0.7, 0.46)
        style = {"fc": "#FFF1C9" if name in lit else "white", "ec": "black" if on else "0.75"}
        corner, gid = (x - width / 2, y - height / 2), "lit" if name in lit else None
        box = FancyBboxPatch(corner, width, height, "round,pad=0,rounding_size=0.1", **style)
        box.set(linewidth=2.2 if name in lit else 1.2, gid=gid, label=name)
        ax.add_patch(box)
        ink = {"color": "black" if on else "0.55", "ha": "center", "va": "center"}
        ax.text(x, y + (0.13 if shape else 0), f"${name}$", fontsize=15, **ink)
        ax.text(x, y - 0.18, shape, fontsize=11, **ink)
    for side, texts, colour in ((1, above, FORWARD), (-1, below, BACKWARD)):
        for name, text in _spread(texts).items():
            x, y = np.mean([NODES[node][:2] for node in name.split(">")], axis=0)
            gap = 0.05 if ">" in name else 0.37 if NODES[name][2] else 0.28
            style = {"color": colour, "ha": "center", "va": "bottom" if side > 0 else "top"}
            note = ax.text(x, y + side * gap, text, fontsize=12, **style)
            note.set(gid=f"{'above' if side > 0 else 'below'} {name}:")
            note.set_path_effects([withStroke(linewidth=3, foreground="white")])
    return figure


def _draw_edge(ax, edge, on):
    start, end = (NODES[name] for name in edge.split(">"))
    upward = start[1] < 1.5
    half = 0.47 if start[2] else 0.35, 0.47 if end[2] else 0.35
    begin = (start[0], start[1] + 0.31) if upward else (start[0] + half[0], start[1])
    stop = (end[0] - half[1], end[1])
    if upward:
        lean = np.sign(end[0] - start[0])
        stop = (end[0] - lean * 0.25, end[1] - (0.31 if end[2] else 0.23))
    style = {"arrowstyle": "-|>", "color": "black" if on else "0.8", "lw": 1.8 if on else 1.2}
    ax.annotate("", stop, begin, arrowprops=style | {"shrinkA": 0, "shrinkB": 1})


def _size(array):
    return "(" + ", ".join(str(n) for n in array.shape) + ")"
