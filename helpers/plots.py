"""Arrays in, figure out, in one visual language.

Pixels are grey (0 white, 1 black). Signed quantities share one diverging map, centred at zero (blue negative, white
zero, red positive; told apart with any kind of colour vision), and one scale a figure. Small maps carry their numbers.
Winners of a pool block have a black frame.
"""

import base64
import io

import matplotlib
import numpy as np
from IPython.display import display
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

SIGNED = "RdBu_r"
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
CLASS_NAMES = ("1", "2", "3")


def course_style(decimals=4):
    """Set how the whole course prints numbers and draws figures.

    Numbers in arrays get `decimals` decimals on every machine, and zero is never shown as negative.
    """

    def fixed(number):
        return f"{round(float(number), decimals) + 0.0:{decimals + 4}.{decimals}f}"

    np.set_printoptions(formatter={"float_kind": fixed}, linewidth=110)
    matplotlib.rcParams.update({"font.size": 12, "axes.titlesize": 12, "figure.dpi": 100, "savefig.dpi": 100,
                                "axes.spines.top": False, "axes.spines.right": False, "lines.linewidth": 2.2})


def png(figure):
    """A figure as PNG bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def show(figure, description):
    """Show a figure; its text form is the description, for readers without pictures and for comparing runs."""
    data = {"image/png": base64.b64encode(png(figure)).decode(), "text/plain": f"[figure: {description}]"}
    display(data, raw=True, metadata={"image/png": {"alt": description}})


def draw_pixels(ax, image, title="", numbers=False):
    """Draw an image (H, W) of pixels 0 to 1 in grey on an axes, with its numbers if asked."""
    ax.imshow(image, cmap="Greys", vmin=0, vmax=1.3)
    _frame(ax, image.shape, title)
    if numbers:
        for (i, j), pixel in np.ndenumerate(image):
            ax.text(j, i, f"{pixel:.0f}", ha="center", va="center", color="white" if pixel > 0.5 else "black")


def draw_signed(ax, values, limit, title="", winners=None, decimals=2):
    """Draw a map (rows, columns) of signed values on an axes, blue at -limit, white at 0, red at limit, with its numbers.

    Zero itself is written 0, without decimals. winners: booleans of the same shape; a black frame marks the true ones. decimals: None leaves the numbers out.
    Returns the drawn image, for a colour bar.
    """
    drawn = ax.imshow(values, cmap=SIGNED, vmin=-limit, vmax=limit)
    _frame(ax, values.shape, title)
    crowded = values.shape[1] > 3 and decimals is not None and decimals > 3
    for (i, j), value in np.ndenumerate(values):
        if decimals is not None:
            text = f"{round(float(value), decimals) + 0.0:.{decimals}f}" if value else "0"
            ax.text(j, i, text, ha="center", va="center", fontsize=9.5 if crowded else 11,
                    color="white" if abs(value) > 0.6 * limit else "black")
        if winners is not None and winners[i, j]:
            ax.add_patch(Rectangle((j - 0.44, i - 0.44), 0.88, 0.88, fill=False, edgecolor="black", linewidth=2.5))
    return drawn


def _frame(ax, shape, title):
    ax.set_title(title)
    ax.set_xticks(range(shape[1]))
    ax.set_yticks(range(shape[0]))
    ax.tick_params(length=0, labelsize=10)
    ax.set_xticks(np.arange(-0.5, shape[1]), minor=True)
    ax.set_yticks(np.arange(-0.5, shape[0]), minor=True)
    ax.grid(which="minor", color="0.75", linewidth=0.8)
    ax.tick_params(which="minor", length=0)
    ax.spines[:].set_visible(False)


def plot_image(image, title=""):
    """One image (H, W) with the number of each pixel, rows i downwards and columns j to the right."""
    figure = Figure(figsize=(3.6, 3.6), layout="constrained")
    ax = figure.subplots()
    draw_pixels(ax, image, title, numbers=True)
    ax.set_xlabel("column j")
    ax.set_ylabel("row i")
    return figure


def plot_maps(rows, titles, label, winners=None, decimals=2, limit=None):
    """Rows of signed maps on one scale, with a colour bar.

    rows: (n, rows, columns) for one row, or a dict from row label to such an array for several. titles: n texts, above the
    maps. label: what the colours mean. winners: as rows, booleans (one array or a dict); limit: the value of the full
    colours, by default the largest absolute entry.
    """
    rows = rows if isinstance(rows, dict) else {"": rows}
    winners = winners if isinstance(winners, dict) else {name: winners for name in rows}
    limit = limit or max(np.max(np.abs(maps)) for maps in rows.values()) or 1.0
    columns = max(len(maps) for maps in rows.values())
    shape = np.max([maps.shape[1:] for maps in rows.values()], axis=0)
    width = min(max(2.6, 0.72 * shape[1]), 8.5 / columns)
    figure = Figure(figsize=(width * columns + 1.1, width * shape[0] / shape[1] * len(rows) + 0.7), layout="constrained")
    axes = figure.subplots(len(rows), columns, squeeze=False)
    for row, (name, maps) in enumerate(rows.items()):
        for k, values in enumerate(maps):
            won = None if winners.get(name) is None else winners[name][k]
            drawn = draw_signed(axes[row, k], values, limit, titles[k] if row == 0 else "", won, decimals)
        axes[row, 0].set_ylabel(name)
        for ax in axes[row, len(maps):]:
            ax.set_axis_off()
    figure.colorbar(drawn, ax=axes, label=label, shrink=0.9)
    return figure


def plot_filters(conv_w, conv_b):
    """The filters (K, Fr, Fc) with their weights, each bias (K,) in the title."""
    titles = [f"filter {k}, bias {b:.2f}" for k, b in enumerate(conv_b)]
    return plot_maps(conv_w, titles, "weight $w^F$")


def plot_pooled(conv_a, pooled, winners, decimals=3):
    """Feature maps (K, I, J) with the winners of each pool block framed, above the pooled maps (K, U, V) they make."""
    rows = {"feature map $a^F$": conv_a, "pooled map $p$": pooled}
    figure = plot_maps(rows, [f"map {k}" for k in range(len(conv_a))], "activation",
                       winners={"feature map $a^F$": winners}, decimals=decimals)
    side = conv_a.shape[1] // pooled.shape[1]
    for ax in figure.axes[:len(conv_a)]:
        for edge in range(side, conv_a.shape[1], side):
            ax.axhline(edge - 0.5, color="black", linewidth=1.5)
            ax.axvline(edge - 0.5, color="black", linewidth=1.5)
    return figure


def plot_outputs(out_a, target=None, title="outputs"):
    """The outputs (O,) as bars between 0 and 1, one a class; a black line marks the target (O,)."""
    figure = Figure(figsize=(5.4, 2.4), layout="constrained")
    draw_outputs(figure.subplots(), out_a, target, title)
    return figure


def draw_outputs(ax, out_a, target=None, title=""):
    """Draw the outputs (O,) as bars on an axes, with the target (O,) as black lines."""
    places = np.arange(len(out_a))
    ax.barh(places, out_a, color=COLOURS[0], height=0.6)
    for place, value in zip(places, out_a):
        ax.text(value + 0.02, place, f"{value:.3f}", va="center")
    if target is not None:
        ax.vlines(target, places - 0.42, places + 0.42, color="black", linewidth=3)
    ax.set(xlim=(-0.02, 1.15), xticks=[0, 0.5, 1], xlabel="output $a^O$ (black line: target $y$)" if target is not None else "output $a^O$",
           yticks=places, yticklabels=[f"digit {CLASS_NAMES[o]}" for o in places], title=title)
    ax.invert_yaxis()


def plot_curves(x, curves, x_label, y_label, log=False, title=""):
    """Curves over x: curves is a dict from label to values like x. log: both axes logarithmic."""
    figure = Figure(figsize=(7.2, 3.8), layout="constrained")
    ax = figure.subplots()
    for (label, values), colour, style in zip(curves.items(), COLOURS, ("-", "--", ":", "-.")):
        ax.plot(x, values, color=colour, linestyle=style, label=label)
    if log:
        ax.set_xscale("log")
        ax.set_yscale("log")
    ax.set(xlabel=x_label, ylabel=y_label, title=title)
    if len(curves) > 1:
        ax.legend(frameon=False)
    return figure


def plot_bars(values, label, log=False):
    """Horizontal bars with their numbers: values is a dict from name to number, label what they are. log: logarithmic axis."""
    figure = Figure(figsize=(7.2, 0.5 * len(values) + 0.9), layout="constrained")
    ax = figure.subplots()
    bars = ax.barh(list(values), list(values.values()), color=COLOURS[0], height=0.6, log=log)
    ax.bar_label(bars, fmt="%.3g", padding=4)
    ax.margins(x=0.15)
    ax.set_xlabel(label)
    ax.invert_yaxis()
    return figure


def plot_learning_curve(costs, accuracies):
    """Cost and accuracy over epochs, side by side: dicts from label to one number an epoch, from epoch 0 on."""
    figure = Figure(figsize=(9.4, 3.6), layout="constrained")
    for ax, curves, name in zip(figure.subplots(1, 2), (costs, accuracies), ("cost C", "accuracy")):
        for (label, values), colour, style in zip(curves.items(), COLOURS, ("-", "--", ":", "-.")):
            ax.plot(values, color=colour, linestyle=style, label=label)
        ax.set(xlabel="epoch", ylabel=name)
        ax.set_ylim(bottom=0)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.legend(frameon=False)
    return figure


def plot_gallery(images, captions, columns=16, wrong=None):
    """Many images (N, H, W) with a caption each; where wrong (N booleans) is true the caption is bold, with a cross."""
    rows = -(-len(images) // columns)
    figure = Figure(figsize=(9.6, 9.6 / columns * 1.3 * rows + 0.2), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes:
        ax.set_axis_off()
    for n, (ax, image, caption) in enumerate(zip(axes, images, captions)):
        ax.imshow(image, cmap="Greys", vmin=0, vmax=1.3)
        ax.add_patch(Rectangle((-0.5, -0.5), image.shape[1], image.shape[0], fill=False, edgecolor="0.6", linewidth=1, clip_on=False))
        bad = wrong is not None and wrong[n]
        ax.set_title(f"{caption} ✗" if bad else f"{caption}", fontsize=11, fontweight="bold" if bad else "normal", pad=2)
    return figure


def plot_network(image, conv_w, conv_a, pooled, out_a):
    """The whole network on one image, left to right, each array with its shape: (H, W), (K, Fr, Fc), (K, I, J), (K, U, V), (O,)."""
    figure = Figure(figsize=(9.6, 5.4), layout="constrained")
    grid = figure.add_gridspec(len(conv_w), 5, width_ratios=(1.5, 1, 1, 1, 1.5))
    draw_pixels(figure.add_subplot(grid[:, 0]), image, f"image $x$\n{_size(image)}")
    limits = [np.max(np.abs(maps)) for maps in (conv_w, conv_a, conv_a)]
    names = (f"filters $w^F$\n{_size(conv_w)}", f"feature maps $a^F$\n{_size(conv_a)}", f"pooled maps $p$\n{_size(pooled)}")
    for column, (maps, limit, name) in enumerate(zip((conv_w, conv_a, pooled), limits, names), start=1):
        for k, values in enumerate(maps):
            ax = figure.add_subplot(grid[k, column])
            draw_signed(ax, values, limit, name if k == 0 else "", decimals=None)
            ax.set_xticks([])
            ax.set_yticks([])
    ax = figure.add_subplot(grid[:, 4])
    ax.bar(range(len(out_a)), out_a, color=COLOURS[0])
    for o, value in enumerate(out_a):
        ax.text(o, value + 0.01, f"{value:.2f}", ha="center", fontsize=11)
    ax.set(title=f"outputs $a^O$\n({len(out_a)})", xticks=range(len(out_a)), xticklabels=CLASS_NAMES[:len(out_a)], xlabel="digit", ylim=(0, 1.05))
    return figure


def _size(array):
    return "(" + " × ".join(str(n) for n in array.shape) + ")"
