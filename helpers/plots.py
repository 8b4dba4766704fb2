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
import zlib

import matplotlib
import numpy as np
from IPython.display import display
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

SCALES = {"signed": "RdBu_r", "unit": "Greens", "pixels": "Greys"}
SIGNED = SCALES["signed"]
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
FORWARD, BACKWARD = "#00558A", "#A63C00"  # dark enough for text
CLASS_NAMES = ("1", "2", "3")
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
    stand for it; varies: only the caption, since numbers differ from run to run.
    """
    picture, alt = base64.b64encode(png(figure)).decode(), html.escape(caption)
    page = (
        '<figure style="display: inline-block; margin: 0; padding: 8px; background: '
        f'#fff; color: #000"><img alt="{alt}" src="data:image/png;base64,{picture}">'
        f"<figcaption>{alt}</figcaption></figure>"
    )
    text = textwrap.fill(f"[figure: {caption}]", 88)
    text += "" if varies else "\n" + describe(figure)
    display({"text/html": page, "image/png": picture, "text/plain": text}, raw=True)


def describe(figure):
    """What a figure shows, read back from it: a paragraph an axes, 88 columns wide."""
    facts = ["; ".join(filter(None, _facts(ax))) for ax in figure.axes]
    maps = [
        (ax.get_title(), ax.images[0].get_array()) for ax in figure.axes if ax.images
    ]
    if len(maps) > 24:
        sums = ", ".join(f"{title} ({_fact(m.sum())})".strip() for title, m in maps)
        digest = zlib.crc32("".join(facts).encode())
        facts = [f"{len(maps)} maps (sums): {sums}; digest {digest:08x}"]
    plain = [fact.replace(CROSS, "wrong").replace("$", "") for fact in facts if fact]
    fill = textwrap.TextWrapper(88, initial_indent="- ", subsequent_indent="  ").fill
    return "\n".join(map(fill, plain))


def _fact(value):
    """Three digits of a number; the factor keeps its last bit from deciding a tie."""
    return "~0" if 0 < abs(value) < 1e-8 else f"{value * (1 + 1e-9) + 0.0:.3g}"


def _facts(ax):
    """The facts of one axes, one after the other."""
    yield ax.get_title()
    for axis in (ax.xaxis, ax.yaxis) if ax.axison else ():
        words = [axis.get_label_text(), "(log)" if axis.get_scale() == "log" else ""]
        ticks = [tick.get_text() for tick in axis.get_ticklabels() if ax.images]
        words += [] if ticks == [str(n) for n in range(len(ticks))] else ticks
        yield f"{axis.axis_name}: {' '.join(filter(None, words))}" if any(words) else ""
    if ax.get_label() == "<colorbar>":
        ends = ax.get_ylim() if ax.get_ylabel() else ax.get_xlim()
        yield f"colours {_fact(ends[0])} to {_fact(ends[1])}"
        return
    for values in (image.get_array() for image in ax.images):
        gap = "" if np.isin(values.compressed(), (0, 1)).all() else " "
        rows = (["|" if v is np.ma.masked else _fact(v) for v in row] for row in values)
        text = " / ".join(map(gap.join, rows))
        large = f"{values.shape}, digest {zlib.crc32(text.encode()):08x}"
        yield text if len(text) < 700 else large
    for frame in (patch for patch in ax.patches if not patch.get_fill()):
        cell = f"({frame.get_y() + 0.5:.0f}, {frame.get_x() + 0.5:.0f})"
        size = f" {frame.get_height():.0f} x {frame.get_width():.0f}"
        yield "framed " + cell + size.replace(" 1 x 1", "")
    for bars in ax.containers:
        for tick, value in zip(ax.yaxis.get_ticklabels(), bars.datavalues):
            yield f"{tick.get_text()} {_fact(value)}"
    for line in ax.lines:
        x, y = (np.asarray(values, float) for values in line.get_data())
        digits = [float(f"{v * (1 + 1e-9):.3g}") for v in y]
        some = {0, len(x) // 2, len(x) - 1, np.argmin(digits), np.argmax(digits)}
        some = range(len(x)) if len(x) < 5 else sorted(some)
        points = ", ".join(f"({_fact(x[n])}, {_fact(y[n])})" for n in some)
        yield f"{line.get_label()} {points}"
    for text in () if ax.images or ax.containers else ax.texts:
        yield f"{text.get_gid() or ''} {text.get_text()}".strip().replace("\n", " ")


def draw_map(
    ax, values, limit=1.0, title="", framed=None, decimals=2, scale="signed", ticks=True
):
    """Draw a map (rows, columns) on an axes, with its numbers unless decimals is None.

    scale: "signed" (-limit to limit), "unit" or "pixels" (0 to limit). framed: booleans
    like values. Entries that are nan stay empty. Returns the image, for a colour bar.
    """
    low, style = -limit if scale == "signed" else 0, {"color": "0.75", "linewidth": 0.8}
    drawn = ax.imshow(values, cmap=SCALES[scale], vmin=low, vmax=limit)
    rows, columns = np.shape(values)
    ax.hlines(np.arange(rows + 1) - 0.5, -0.5, columns - 0.5, **style)
    ax.vlines(np.arange(columns + 1) - 0.5, -0.5, rows - 0.5, **style)
    ax.set(title=title, xticks=range(columns * ticks), yticks=range(rows * ticks))
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    for (i, j), value in np.ndenumerate(values):
        if decimals is not None and not np.isnan(value):
            light = np.power(drawn.to_rgba(value)[:3], 2.2) @ (0.2126, 0.7152, 0.0722)
            style = {"size": 11, "color": "black" if light > 0.18 else "white"}
            ax.text(j, i, number(value, decimals), ha="center", va="center", **style)
        if framed is not None and framed[i, j]:
            _frame(ax, i, j, 1, 1, "black")
    return drawn


def _frame(ax, i, j, rows, columns, colour):
    halo = [withStroke(linewidth=5, foreground="white")]
    style = {"fill": False, "ec": colour, "lw": 2.5, "path_effects": halo}
    ax.add_patch(Rectangle((j - 0.45, i - 0.45), columns - 0.1, rows - 0.1, **style))


def plot_maps(
    rows, titles, label, framed=None, decimals=2, limit=None, scale="signed",
    x=("column", None), y=("row", None),
):  # fmt: skip
    """Rows of maps on one scale, with a colour bar.

    rows: (n, rows, columns), or a dict from row label to such arrays. titles: n texts.
    label: what colours mean. framed: booleans like rows. decimals: fewer where they do
    not fit. limit: the full colour; by default the largest absolute entry, or 1 where
    scale is not "signed". x, y: what columns and rows count, and their names or None.
    """
    rows = rows if isinstance(rows, dict) else {"": rows}
    framed = framed if isinstance(framed, dict) else dict.fromkeys(rows, framed)
    entries = np.concatenate([np.ravel(maps) for maps in rows.values()])
    limit = limit or (np.max(np.abs(entries)) if scale == "signed" else 1.0) or 1.0
    n, columns = (max(np.shape(maps)[k] for maps in rows.values()) for k in (0, 2))
    heights = [np.shape(maps)[1] for maps in rows.values()]
    room = 7.9 / n / columns
    longest = max(len(number(v, decimals or 0)) for v in entries) * 0.1 + 0.1
    while decimals and longest > room:
        decimals, longest = decimals - 1, longest - 0.1
    least = (0.1 * max(map(len, titles)) + 0.1) / columns
    width = min(max(0.36 if decimals is None else longest, 0.36, least), room)
    height = min(width, (5.4 - 0.4 * len(rows)) / sum(heights))
    size = (width * columns * n + 1.7, height * sum(heights) + 0.4 * len(rows) + 0.8)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(len(rows), n, squeeze=False, height_ratios=heights)
    for ax in axes.flat:
        ax.set_axis_off()
    for line, (name, maps) in zip(axes, rows.items()):
        for k, (ax, values) in enumerate(zip(line, maps)):
            ax.set_axis_on()
            frames = None if framed.get(name) is None else framed[name][k]
            title = titles[k] if ax in axes[0] else ""
            drawn = draw_map(ax, values, limit, title, frames, decimals, scale)
            spare = (columns - values.shape[1]) / 2  # cells of all rows equally large
            ax.set(aspect=height / width, xlim=(-0.5 - spare, columns - 0.5 - spare))
            ax.set_xticks(range(values.shape[1]), x[1])
            ax.set_yticks(range(0 if k else len(values)), None if k else y[1])
            ax.set_xlabel(x[0] if ax in axes[-1] else "")
        line[0].set_ylabel(f"{name}\n{y[0]}".strip())
    if label:
        figure.colorbar(drawn, ax=axes, label=label)
    return figure


def plot_image(image, title=""):
    """One image (H, W) with the number of each pixel."""
    places = {"x": ("column j", None), "y": ("row i", None)}
    return plot_maps(image[None], [title], None, None, 0, 1.0, "pixels", **places)


def plot_filters(conv_w, conv_b):
    """The filters (K, Fr, Fc) with their weights, each bias (K,) in the title."""
    titles = [f"filter {k}, bias {number(b, 2)}" for k, b in enumerate(conv_b)]
    return plot_maps(conv_w, titles, "weight $w^F$")


def plot_pooled(conv_a, pooled, winners, decimals=3):
    """Feature maps (K, I, J), winners (K, I, J) framed, above pooled maps (K, U, V)."""
    rows = {"feature map $a^F$": conv_a, "pooled map $p$": pooled}
    framed = {"feature map $a^F$": winners}
    titles = [f"map {k}" for k in range(len(conv_a))]
    return plot_maps(rows, titles, "activation", framed, decimals, scale="unit")


def plot_bars(values, label, log=False, targets=None, title=""):
    """Horizontal bars with their numbers: values is a dict from name to number.

    log: logarithmic axis. targets: a number a bar, drawn as black lines.
    """
    height, places = min(0.5 * len(values) + 1.0, 6.4), np.arange(len(values))
    figure = Figure(figsize=(7.2, height), layout="constrained")
    ax, lengths = figure.subplots(), list(values.values())
    bars = ax.barh(places, lengths, height=0.6, color=COLOURS[0], log=log)
    ax.bar_label(bars, [f"{length:.3g}" for length in lengths], padding=4)
    if targets is not None:
        ax.plot(targets, places, "|", color="black", ms=26, mew=3, label="target")
    ax.margins(x=0.15)
    ax.set(xlabel=label, title=title)
    ax.set_yticks(places, list(values))
    ax.invert_yaxis()
    return figure


def plot_outputs(out_a, target=None, title=""):
    """Outputs (O,) as bars from 0 to 1; black lines mark the target (O,)."""
    label = "output $a^O$" + ("" if target is None else " (black: target $y$)")
    bars = dict(zip(_classes(len(out_a)), out_a))
    figure = plot_bars(bars, label, targets=target, title=title)
    figure.axes[0].set(xlim=(-0.02, 1.2), xticks=[0, 0.5, 1])
    return figure


def _classes(count):
    names = CLASS_NAMES if count == len(CLASS_NAMES) else range(count)
    return [f"digit {name}" for name in names]


def plot_curves(x, curves, x_label, y_label, log="", title="", marks=None, ax=None):
    """Curves over x (n,): a dict from label to values (n,).

    log: the logarithmic axes, "x", "y" or "xy". marks: points, a dict from label to
    (x, y). ax: draw there, and not in a new figure.
    """
    ax = ax or Figure(figsize=(7.2, 3.8), layout="constrained").subplots()
    scales = {f"{axis}scale": "log" if axis in log else "linear" for axis in "xy"}
    ax.set(xlabel=x_label, ylabel=y_label, title=title, **scales)
    styles = ("-", "--", ":", "-.")
    for n, (label, values) in enumerate(curves.items()):
        style = {"color": COLOURS[n % 4], "linestyle": styles[(n + n // 4) % 4]}
        ax.plot(x, values, label=label, **style)
    for (label, point), shape in zip((marks or {}).items(), "osD^v<>" * 9):
        ax.plot(*zip(point), shape, color="black", ms=9, label=label)
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
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def plot_gallery(images, captions, columns=16, wrong=None):
    """Images (N, H, W) with a caption each; wrong: (N,) booleans, marked by a cross."""
    rows = -(-len(images) // columns)
    size = (9.6, min(12.5 / columns * rows + 0.2, 6.4))
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    wrong = [False] * len(images) if wrong is None else wrong
    for ax, image, caption, bad in zip(axes, images, captions, wrong):
        draw_map(ax, image, 1.0, "", None, None, "pixels", ticks=False)
        ax.set_title(f"{caption} {CROSS}" if bad else f"{caption}", size=11, pad=3)
        ax.spines[:].set(visible=bool(bad), color=BACKWARD, linewidth=3)
    for ax in axes[len(images) :]:
        ax.set_axis_off()
    return figure


def plot_network(image, parameters, passed, names=None):
    """The forward pass of one image, left to right, with every array that takes part.

    image: (H, W). parameters: conv_w (K, Fr, Fc), conv_b (K,), out_w (O, K, U, V) and
    out_b (O,). passed: its conv_a (K, I, J), pooled (K, U, V), out_a (O,). names: (O,).
    """
    conv_w, conv_b, out_w, out_b = parameters
    gaps = np.full((*out_w.shape[:3], 1), np.nan)  # between the K maps of an output
    beside = [np.hstack(maps)[:, :-1] for maps in np.concatenate([out_w, gaps], axis=3)]
    biases = [[f"bias\n{number(b, 2)}" for b in bias] for bias in (conv_b, out_b)]
    outputs, names = passed.out_a[:, None, None], names or _classes(len(out_b))
    columns = (
        (f"image\n$x$ {np.shape(image)}", [image], [""], "pixels"),
        (f"filters\n$w^F$ {conv_w.shape}", conv_w, biases[0], "signed"),
        (f"feature maps\n$a^F$ {passed.conv_a.shape}", passed.conv_a, None, "unit"),
        (f"pooled\n$p$ {passed.pooled.shape}", passed.pooled, None, "unit"),
        (f"output weights\n$w^O$ {out_w.shape}", beside, biases[1], "signed"),
        ("outputs\n$a^O$", outputs, names, "unit"),
    )
    limit, drawn = max(np.max(np.abs(conv_w)), np.max(np.abs(out_w))), {}
    figure = Figure(figsize=(9.6, 5.8), layout="constrained")
    shares = {"width_ratios": (2, 1.6, 1.5, 1.2, 2.8, 1.2), "height_ratios": (1, 0.04)}
    grid = figure.add_gridspec(2, 6, **shares)
    for at, (title, maps, labels, scale) in enumerate(columns):
        top, decimals = limit if scale == "signed" else 1.0, 2 if at == 5 else None
        for n, cell in enumerate(grid[0, at].subgridspec(len(maps), 1)):
            ax, title = figure.add_subplot(cell), "" if n else title
            style = {"decimals": decimals, "scale": scale, "ticks": False}
            drawn[scale] = draw_map(ax, maps[n], top, title, **style)
            for gap in np.flatnonzero(np.isnan(maps[n][0])):
                ax.axvspan(gap - 0.48, gap + 0.48, color="white", zorder=3)
            label = labels[n] if labels else ""
            ax.set_ylabel(label, rotation=0, ha="right", va="center")
    for scale, label, place in (("signed", "weight", 0), ("unit", "activation", 3)):
        bar = figure.add_subplot(grid[1, place : place + 3], label="<colorbar>")
        figure.colorbar(drawn[scale], bar, orientation="horizontal", label=label)
    return figure


def plot_windows(image, filter_w, bias, places):
    """How windows of an image (H, W) become weighted inputs, one row a place (i, j).

    Each row: the window framed, filter_w (Fr, Fc), their products, and z[i, j], the sum
    of the products plus the bias, a number.
    """
    (rows, columns), count = filter_w.shape, len(places)
    products = [filter_w * image[i : i + rows, j : j + columns] for i, j in places]
    limit = np.max(np.abs([*filter_w.flat, *(np.sum(p) + bias for p in products)]))
    figure = Figure(figsize=(9.6, min(1.95 * count + 0.3, 6.4)), layout="constrained")
    axes = figure.subplots(count, 4, squeeze=False, width_ratios=(1.1, 1, 1, 0.6))
    for line, (i, j), product in zip(axes, places, products):
        title, total = f"window at ({i}, {j})", np.sum(product)
        draw_map(line[0], image, 1.0, title, decimals=None, scale="pixels")
        _frame(line[0], i, j, rows, columns, COLOURS[1])
        draw_map(line[1], filter_w, limit, "filter", ticks=False)
        draw_map(line[2], product, limit, "filter times window", ticks=False)
        z, title = [[total + bias]], f"$z^F$[{i}, {j}]"
        drawn = draw_map(line[3], z, limit, title, ticks=False)
        line[3].set_xlabel(f"{number(total, 2)} + ({number(bias, 2)})")
    figure.colorbar(drawn, ax=axes, label="weight, product, $z^F$")
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


def _paths(name):
    """What a name stands for: "z^O" and "a^O" without a number are all three."""
    return [re.sub(r"([za]\^O)(?!_)", rf"\1_{o}", name) for o in range(3)]


def plot_chain(lit=(), above=None, below=None):
    """The computational graph of the network, from pixels to cost, with shapes.

    lit: nodes ("p", "z^O_1", "z^O" for all three) or edges ("p>z^O_1") to light; edges
    between two lit nodes are, too, the rest is pale. above: forward values, below:
    deltas and derivatives; dicts from node or edge to a number or text, or to three.
    """
    lit = {path for name in lit for path in _paths(name)}
    figure, boxes = Figure(figsize=(9.6, 5.0)), {}
    ax = figure.add_axes((0, 0, 1, 1), xlim=(0, 9.6), ylim=(0, 5.0))
    ax.set_axis_off()
    layer = ax.add_patch(Rectangle((5.85, 1.15), 0.9, 3.75, color="0.95", zorder=0))
    for name, (x, y, shape) in NODES.items():
        ink, on = "black" if not lit or name in lit else "0.6", name in lit
        frame = {"boxstyle": "round", "ec": ink, "fc": "#FFE9A8" if on else "white"}
        style = {
            "ha": "center",
            "va": "center",
            "size": 13,
            "color": ink,
            "bbox": frame,
        }
        label, gid = f"${name}$\n{shape}".strip(), "lit" if on else None
        boxes[name] = ax.text(x, y, label, gid=gid, **style).get_bbox_patch()
    for edge in dict.fromkeys(path for name in EDGES.split() for path in _paths(name)):
        start, end = edge.split(">")
        (x, y, _), (to_x, to_y, _) = NODES[start], NODES[end]
        to_x += 0.28 * np.sign(x - to_x) if start[0] in "wb" else 0
        on = not lit or edge in lit or {start, end} <= lit
        stop = layer if start in ("w^O", "b^O") else boxes[end]
        arrow = {"arrowstyle": "-|>", "lw": 1.8, "color": "black" if on else "0.8"}
        arrow |= {"patchA": boxes[start], "patchB": stop, "shrinkA": 0, "shrinkB": 1}
        ax.annotate("", (to_x, to_y), (x, y), arrowprops=arrow)
    halo = [withStroke(linewidth=4, foreground="white")]
    for texts, where, color in ((above, "above", FORWARD), (below, "below", BACKWARD)):
        va, side = ("bottom", 1) if where == "above" else ("top", -1)
        for name, given in (texts or {}).items():
            for path, value in dict(
                zip(_paths(name), np.broadcast_to(given, 3))
            ).items():
                ends = [np.array(NODES[node][:2]) for node in path.split(">")]
                far = 0.58 if path[0] == "p" else 0.5
                x, y = (1 - far) * ends[0] + far * ends[-1]
                y += side * (0.04 if ">" in path else 0.36 if NODES[path][2] else 0.25)
                text = value if isinstance(value, str) else number(value, 4)
                style = {"ha": "center", "va": va, "color": color, "path_effects": halo}
                ax.text(x, y, text, gid=f"{where} {path}:", **style)
    return figure
