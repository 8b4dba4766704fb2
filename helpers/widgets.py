"""Six instruments to see the network move. Each is a function from its state to numbers (see helpers.states), one from those
numbers to what is shown (HTML, see helpers.html), and one that builds the controls around them.

An instrument draws into an HTML widget from `observe`, so that nothing is printed and no figure is left behind. Where it
cannot draw, it shows one sentence instead.
"""

import functools

import anywidget
import ipywidgets as widgets
import matplotlib
import numpy as np
import traitlets
from IPython.display import display
from matplotlib.colors import to_hex
from tqdm.notebook import tqdm

from helpers import html, network, states
from helpers.data import CLASSES
from helpers.network import TIES
from helpers.plots import COLOURS, png

LEARNING_RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


def live(widget, text, figure=None):
    """Show an instrument. Where it cannot live (a stored notebook, a page, print) the figure and the text stand for it."""
    bundle = dict(widget._repr_mimebundle_())
    bundle["text/plain"] = f"[instrument: {text}; run this cell to use it]"
    if figure is not None:
        bundle["image/png"] = png(figure)
    display(bundle, raw=True)


class Instrument(widgets.VBox):
    """Controls above a screen that shows what `picture` makes of their values, anew whenever one changes.

    picture: takes the controls' values by name and returns HTML; a ValueError it raises is shown as a message.
    controls: a dict of widgets with a value. rows: the widgets to show, by default the controls and the screen.
    """

    def __init__(self, picture, controls, rows=None):
        self.picture, self.controls, self.screen = picture, controls, widgets.HTML()
        self.draw()
        super().__init__([*(rows or controls.values()), self.screen])
        self.add_class("instrument-controls")
        for control in controls.values():
            control.observe(self.draw, "value")

    def draw(self, _=None):
        """Show the picture of the present state."""
        try:
            with np.errstate(over="ignore"):
                self.screen.value = self.picture(**{name: control.value for name, control in self.controls.items()})
        except ValueError as error:
            self.screen.value = html.message(error)


def or_message(build):
    """Let a function that builds an instrument return a message where its arguments make that impossible."""

    @functools.wraps(build)
    def built(*arguments, **options):
        try:
            return build(*arguments, **options)
        except ValueError as error:
            return widgets.HTML(html.message(error))

    return built


def slider(label, last, value=0, width="430px"):
    """A slider over 0 ... last. Raises ValueError for a value that is not one of these."""
    return widgets.IntSlider(states.whole(label, value, 0, last), 0, last, description=label, layout={"width": width}, style={"description_width": "initial"})


def choice(label, options, kind=widgets.ToggleButtons, **more):
    """A choice among options, as toggle buttons or, with kind=widgets.Dropdown, as a list."""
    style = {"description_width": "initial"} | ({"button_width": "auto"} if kind is widgets.ToggleButtons else {})
    return kind(options=options, description=label, style=style, **more,
                layout={"width": "max-content", "margin": "2px 16px 2px 2px", "display": "flex", "flex_flow": "row nowrap", "grid_gap": "8px"})


def player(control, interval=500):
    """A play button that moves a slider from its first value to its last."""
    play = widgets.Play(control.value, control.min, control.max, interval=interval, show_repeat=False)
    widgets.jslink((play, "value"), (control, "value"))
    return widgets.HBox([control, widgets.Label("play, stop:"), play])


def stepper_picture(step, side=2):
    """What a Step looks like. Returns HTML."""
    i, j = step.place
    limit = np.max(np.abs(step.weights)) or 1.0
    feature = "feature map a<sup>F</sup> = σ(z<sup>F</sup>)"
    if step.phase == "slide":
        image = html.pixel_map(step.image, "image x, window outlined", (i, j, *step.weights.shape))
        sums = f"sum {html.number(np.sum(step.products), 4)} + bias {html.number(step.bias, 4)} = z[{i}, {j}] = {html.number(step.z, 4)}"
        parts = [html.pixel_map(step.window, "window", width=36), html.sign("×"), html.signed_map(step.weights, "filter w<sup>F</sup>", limit),
                 html.sign("="), html.signed_map(step.products, "products", limit)]
        text = html.paragraph(f"{sums}, &emsp; a[{i}, {j}] = σ(z) = {html.number(step.a, 4)}", "formula")
        window = (i, j, 1, 1)
    else:
        image = html.pixel_map(step.image, "image x")
        window = (i * side, j * side, side, side)
        block = step.conv_a[i * side:(i + 1) * side, j * side:(j + 1) * side]
        parts = [html.signed_map(block, f"pool block ({i}, {j})", decimals=4, width=70, won=step.won[i * side:(i + 1) * side, j * side:(j + 1) * side])]
        won = int(np.sum(step.won[i * side:(i + 1) * side, j * side:(j + 1) * side]))
        text = html.paragraph(f"largest entry: p[{i}, {j}] = {html.number(step.pooled[i, j], 4)}, &emsp; winners: {won}", "formula")
    maps = [html.signed_map(step.conv_a, feature, decimals=3, won=step.won, window=window)]
    if step.pooled.size:
        maps.append(html.signed_map(step.pooled, "pooled map p", decimals=3))
    return html.page(html.row(image, *parts), text, html.row(*maps))


@or_message
def convolution_stepper(images, conv_w, conv_b, names=None):
    """A window slides over an image, then the feature map is pooled, one step at a time.

    images: (N, H, W) or one (H, W). conv_w: (K, Fr, Fc) or one (Fr, Fc), conv_b to match. names: of the filters.
    Returns an Instrument, or a message where the arguments are not states.finite or do not fit.
    """
    images = states.finite("the images", images, 2 if np.ndim(images) == 2 else 3)
    conv_w = states.finite("the filters", conv_w, 2 if np.ndim(conv_w) == 2 else 3)
    images, conv_w = images.reshape(-1, *images.shape[-2:]), conv_w.reshape(-1, *conv_w.shape[-2:])
    conv_b = states.finite("the biases", np.ravel(conv_b), 1)
    if len(conv_b) != len(conv_w):
        raise ValueError(f"expected one bias for each of the {len(conv_w)} filters, found {len(conv_b)}")
    names = names or [f"filter {k}" for k in range(len(conv_w))]
    controls = {"image": choice("image", [(f"image {n}", n) for n in range(len(images))], widgets.Dropdown),
                "k": choice("filter", [(name, k) for k, name in enumerate(names)], widgets.Dropdown),
                "step": slider("step", sum(states.stepper_steps(images[0], conv_w)) - 1)}

    def picture(image, k, step):
        return stepper_picture(states.stepper_state(images[image], conv_w, conv_b, k, step))

    return Instrument(picture, controls, [widgets.HBox([controls["image"], controls["k"]]), player(controls["step"])])


def maps_picture(answer):
    """Feature maps and pooled maps of an Answer, one row a filter. Returns HTML."""
    rows = [html.row(html.signed_map(conv_a, f"feature map {k}", decimals=3, won=won, width=48), html.sign("→"),
                     html.signed_map(pooled, f"pooled map {k}", decimals=3, width=48))
            for k, (conv_a, won, pooled) in enumerate(zip(answer.passed.conv_a, answer.won, answer.passed.pooled))]
    return html.column(*rows)


def forward_picture(answer, target):
    """What an Answer looks like beside its target (O,). Returns HTML."""
    wanted = CLASSES[np.argmax(target)]
    verdict = "right" if answer.predicted == wanted else "wrong"
    end = html.column(html.bars(answer.passed.out_a, target), html.paragraph(f"prediction: digit {answer.predicted}"),
                      html.paragraph(f"label: digit {wanted} ({verdict})"),
                      html.paragraph(f"cost C = {html.number(network.squared_error(answer.passed.out_a, target), 4)}"))
    return html.page(html.row(html.pixel_map(answer.image, "image x", width=25), html.sign("→"), maps_picture(answer), html.sign("→"), end))


@or_message
def forward_explorer(digits, parameters):
    """One of the images on its way forward: feature maps, pooled maps, outputs.

    digits: images (N, H, W) and targets (N, O), as load_digits returns them. Returns an Instrument, or a message.
    """
    states.checked(digits.images[0], parameters)

    def picture(image):
        return forward_picture(states.forward_state(digits.images[image], parameters), digits.targets[image])

    return Instrument(picture, {"image": slider("image", len(digits.images) - 1)})


def _maps(arrays, title, decimals=4, limit=None, won=None, width=63):
    """A row of maps (K, ...), on one scale."""
    limit = limit or np.max(np.abs(arrays)) or 1.0
    return html.row(*(html.signed_map(values, title.format(k=k), limit, decimals, None if won is None else won[k], width=width)
                      for k, values in enumerate(arrays)))


def _show_output_delta(flow, _):
    lines = [[f"digit {CLASSES[o]}"] + [html.number(value, 5) for value in (a, y, a - y, a * (1 - a), delta)]
             for o, (a, y, delta) in enumerate(zip(flow.passed.out_a, flow.target, flow.out_delta))]
    head = ["output", "a<sup>O</sup>", "target y", "a<sup>O</sup> − y", "σ′ = a<sup>O</sup>(1 − a<sup>O</sup>)", "δ<sup>O</sup>"]
    return html.row(html.pixel_map(flow.image, "image x"), html.listing(head, lines, "the deltas of the outputs"))


def _show_reaches(flow, _):
    limit = np.max(np.abs(flow.out_w))
    terms = [html.row(html.sign(f"{'+ ' if o else ''}δ<sup>O</sup><sub>{o}</sub> = {html.number(delta, 4)} ×", 190),
                      _maps(flow.out_w[o], f"w<sup>O</sup><sub>{o}</sub>[{{k}}]", 2, limit)) for o, delta in enumerate(flow.out_delta)]
    return "".join(terms) + html.row(html.sign("=", 190), _maps(flow.reaches, "∂C/∂p<sub>{k}</sub>"))


def _show_shares(flow, _):
    won, side = flow.shares > 0, flow.shares.shape[1] // flow.reaches.shape[1]
    return (html.row(html.sign(""), _maps(flow.reaches, "∂C/∂p<sub>{k}</sub>, each above its block", width=63 * side))
            + html.row(html.sign("×"), _maps(flow.shares, "share, map {k}", 2, 1.0, won))
            + html.row(html.sign("="), _maps(flow.conv_a_gradient, "∂C/∂a<sup>F</sup><sub>{k}</sub>", won=won)))


def _show_conv_delta(flow, _):
    won = flow.shares > 0
    return (html.row(html.sign(""), _maps(flow.conv_a_gradient, "∂C/∂a<sup>F</sup><sub>{k}</sub>", won=won))
            + html.row(html.sign("×"), _maps(flow.slope, "σ′ = a<sup>F</sup>(1 − a<sup>F</sup>), map {k}", 4, 0.25))
            + html.row(html.sign("="), _maps(flow.conv_delta, "δ<sup>F</sup><sub>{k}</sub>", won=won)))


def _show_filter_gradient(flow, k):
    rows, columns = flow.conv_w_gradient[k].shape
    limit = np.max(np.abs(flow.conv_delta)) or 1.0
    windows = []
    for (i, j), delta in np.ndenumerate(flow.conv_delta[k]):
        table = html.pixel_map(flow.image[i:i + rows, j:j + columns], f"{html.number(delta, 4)} ×", width=27)
        windows.append(f'<div class="{"idle" if delta == 0 else "counts"}">{table}</div>')
    across = f'<div class="windows" style="grid-template-columns:repeat({flow.conv_delta.shape[2]}, max-content)">{"".join(windows)}</div>'
    total = html.signed_map(flow.conv_w_gradient[k], f"∂C/∂w<sup>F</sup><sub>{k}</sub>", np.max(np.abs(flow.conv_w_gradient)) or 1.0, 5, width=72)
    bias = html.paragraph(f"∂C/∂b<sup>F</sup><sub>{k}</sub> = Σ δ = {html.number(flow.conv_b_gradient[k], 5)}")
    delta = html.signed_map(flow.conv_delta[k], f"δ<sup>F</sup><sub>{k}</sub>", limit, 4, flow.shares[k] > 0, width=62)
    return html.row(html.column(html.paragraph("δ[i, j] × window (i, j) of the image"), across), html.sign("Σ ="), html.column(total, bias, delta))


BACKWARD_STEPS = (
    ("delta of the outputs", "δ<sup>O</sup><sub>o</sub> = (a<sup>O</sup><sub>o</sub> − y<sub>o</sub>) · a<sup>O</sup><sub>o</sub>(1 − a<sup>O</sup><sub>o</sub>)",
     _show_output_delta),
    ("what reaches the pooled maps", "∂C/∂p<sub>k</sub>[u, v] = Σ<sub>o</sub> δ<sup>O</sup><sub>o</sub> · w<sup>O</sup><sub>o</sub>[k, u, v]", _show_reaches),
    ("only the winners of each pool block",
     "∂C/∂a<sup>F</sup><sub>k</sub>[i, j] = ∂C/∂p<sub>k</sub>[u, v] · share<sub>k</sub>[i, j], &ensp; (i, j) in block (u, v)", _show_shares),
    ("delta of the feature maps",
     "δ<sup>F</sup><sub>k</sub>[i, j] = ∂C/∂a<sup>F</sup><sub>k</sub>[i, j] · a<sup>F</sup><sub>k</sub>[i, j](1 − a<sup>F</sup><sub>k</sub>[i, j])", _show_conv_delta),
    ("this image's share of a filter's gradient",
     "∂C/∂w<sup>F</sup><sub>k</sub>[r, c] = Σ<sub>i, j</sub> δ<sup>F</sup><sub>k</sub>[i, j] · x[i + r, j + c]", _show_filter_gradient),
)


def backward_picture(flow, step, k):
    """What a Flow looks like at one step of the chain rule; k: the filter whose gradient the last step shows. Returns HTML."""
    name, formula, show = BACKWARD_STEPS[step]
    return html.page(html.paragraph(f"step {step} of {len(BACKWARD_STEPS) - 1}: {name}"), html.paragraph(formula, "formula"), show(flow, k))


@or_message
def backward_explorer(digits, parameters):
    """One of the images on its way back, one factor of the chain rule a step.

    digits: images (N, H, W) and targets (N, O), as load_digits returns them. Returns an Instrument, or a message.
    """
    states.checked(digits.images[0], parameters)
    controls = {"image": slider("image", len(digits.images) - 1), "step": slider("step", len(BACKWARD_STEPS) - 1),
                "ties": choice("tie rule", TIES), "k": choice("filter, in the last step", [(str(k), k) for k in range(len(parameters.conv_b))])}

    def picture(image, step, ties, k):
        return backward_picture(states.backward_state(digits.images[image], digits.targets[image], parameters, ties), step, k)

    rows = [widgets.HBox([controls["image"], controls["step"]]), widgets.HBox([controls["ties"], controls["k"]])]
    return Instrument(picture, controls, rows)


def training_picture(history, epoch, image, target, number):
    """What a History looks like after an epoch; image (H, W) with target (O,) is the one of that number. Returns HTML."""
    parameters, out_a = history.parameters[epoch], history.out_a[epoch, number]
    limit = np.max(np.abs(parameters.conv_w)) or 1.0
    filters = (html.signed_map(w, f"filter {k}, bias {html.number(b)}", limit) for k, (w, b) in enumerate(zip(*parameters[:2])))
    cost, accuracy, epochs = history.costs[epoch], history.accuracies[epoch], np.arange(len(history.costs))
    curve = html.chart((epochs, history.costs), "epoch", "cost C", f"learning curve; after epoch {epoch} the cost is {cost:.4f}", (epoch, cost),
                       size=(500, 260))
    numbers = html.column(html.paragraph(f"after epoch {epoch}"), html.paragraph(f"cost C = {html.number(cost, 4)}"),
                          html.paragraph(f"accuracy {html.number(100 * accuracy, 1)} %"),
                          html.paragraph(f"({round(accuracy * history.out_a.shape[1])} of {history.out_a.shape[1]} images)"))
    answer = html.column(html.pixel_map(image, f"image {number}", width=25), html.bars(out_a, target))
    return html.page(html.row(*filters, numbers), html.row(curve, answer))


@or_message
def training_scrubber(digits, parameters, epochs=50, learning_rate=0.2):
    """Any epoch of a training run: filters, learning curve, outputs of an image. Another rate or tie rule trains again at once.

    digits: images (N, H, W) and targets (N, O), as load_digits returns them. Returns an Instrument, or a message.
    """
    epochs, learning_rate = states.whole("epochs", epochs, 1, states.MOST_EPOCHS), float(states.finite("the learning rate", learning_rate, 0))
    rates = sorted({*LEARNING_RATES, learning_rate})
    controls = {"epoch": slider("epoch", epochs), "image": slider("image", len(digits.images) - 1),
                "rate": choice("learning rate", rates, widgets.Dropdown, value=learning_rate), "ties": choice("tie rule", TIES)}
    bar = tqdm(total=epochs, desc="training", display=False, bar_format="{desc}: {percentage:3.0f}%|{bar}| {n_fmt} of {total_fmt} epochs")

    @functools.lru_cache
    def run(ties, rate):
        bar.reset()
        history = states.training_state(digits.images, digits.targets, parameters, ties, rate, epochs, bar.update)
        bar.refresh()
        return history

    def picture(epoch, image, rate, ties):
        return training_picture(run(ties, rate), epoch, digits.images[image], digits.targets[image], image)

    rows = [player(controls["epoch"], 200), controls["image"], widgets.HBox([controls["rate"], controls["ties"]]), bar.container]
    return Instrument(picture, controls, rows)


class PixelGrid(anywidget.AnyWidget):
    """A board of pixels, 0 or 1, to click, to drag over, or to set with the arrow keys and the space bar. value: a list of rows."""

    value = traitlets.List().tag(sync=True)
    _esm = """
    function render({ model, el }) {
      const board = document.createElement("div"), [rows, columns] = [model.get("value").length, model.get("value")[0].length];
      let ink = null;
      board.className = "pixel-board";
      board.setAttribute("role", "group");
      board.setAttribute("aria-label", "pixels to draw on: arrow keys move, space sets or clears");
      board.style.gridTemplateColumns = `repeat(${columns}, 37px)`;
      const cells = Array.from({ length: rows * columns }, (_, n) => {
        const cell = document.createElement("button");
        Object.assign(cell, { type: "button", tabIndex: n ? -1 : 0 });
        cell.setAttribute("aria-label", `row ${Math.floor(n / columns)}, column ${n % columns}`);
        return board.appendChild(cell);
      });
      const pixel = n => model.get("value")[Math.floor(n / columns)][n % columns];
      const show = () => cells.forEach((cell, n) => cell.setAttribute("aria-pressed", pixel(n) ? "true" : "false"));
      const focus = n => { cells.forEach((cell, m) => cell.tabIndex = m === n ? 0 : -1); cells[n].focus(); };
      const set = (n, to) => {
        if (pixel(n) === to) return;
        model.set("value", model.get("value").map((row, i) => row.map((old, j) => i * columns + j === n ? to : old)));
        model.save_changes();
      };
      board.onpointerdown = event => {
        const n = cells.indexOf(event.target);
        if (n < 0 || event.button) return;
        event.preventDefault(); focus(n); ink = 1 - pixel(n); set(n, ink); board.setPointerCapture(event.pointerId);
      };
      board.onpointermove = event => {
        const n = ink === null ? -1 : cells.indexOf(el.getRootNode().elementFromPoint(event.clientX, event.clientY));
        if (n >= 0) { focus(n); set(n, ink); }
      };
      board.onpointerup = board.onpointercancel = () => { ink = null; };
      board.onkeydown = event => {
        const n = cells.indexOf(event.target), j = n % columns;
        const to = { ArrowUp: n - columns, ArrowDown: n + columns, ArrowLeft: j ? n - 1 : n, ArrowRight: j < columns - 1 ? n + 1 : n }[event.key];
        if (event.key === " " || event.key === "Enter") set(n, 1 - pixel(n));
        else if (to === undefined) return;
        else if (cells[to]) focus(to);
        event.preventDefault(); event.stopPropagation();
      };
      model.on("change:value", show);
      show();
      el.appendChild(board);
    }
    export default { render };
    """
    _css = f"""
    .pixel-board {{display: grid; width: max-content; padding: 4px; touch-action: none}}
    .pixel-board button {{width: 37px; height: 37px; padding: 0; border: 1px solid #999; background: white; cursor: pointer}}
    .pixel-board button[aria-pressed=true] {{background: {to_hex(matplotlib.colormaps["Greys"](1 / 1.3))}}}
    .pixel-board button:focus {{outline: 3px solid {COLOURS[1]}; outline-offset: -3px}}
    """


def draw_picture(answer):
    """What the network makes of a drawing, as an Answer. Returns HTML."""
    ink = f"{int(np.sum(answer.image))} of {answer.image.size} pixels are set"
    warning = (f"It knows only {len(answer.passed.out_a)} answers: even of a blank or of noise it says the digit with the largest output. "
               f"{'This drawing is blank.' if not np.any(answer.image) else ink + '.'}")
    end = html.column(html.bars(answer.passed.out_a), html.paragraph(f"The network says: digit {answer.predicted}", "formula"),
                      f'<p style="max-width:225px">{warning}</p>')
    return html.page(html.row(maps_picture(answer), end))


@or_message
def draw_digit(digits, parameters, seed=0):
    """A board to draw on, and what the network says.

    digits: images (N, H, W), the examples to load; the board has their size. seed: of the noise. Returns an Instrument, or
    a message.
    """
    states.checked(digits.images[0], parameters)
    noise = np.random.default_rng(seed)
    shape = digits.images[0].shape
    board = PixelGrid(value=digits.images[0].astype(int).tolist())
    example = slider("example", len(digits.images) - 1, width="234px")

    def button(text, change, width="72px"):
        def pressed(_):
            board.value = change(np.array(board.value)).astype(int).tolist()

        control = widgets.Button(description=text, layout={"width": width})
        control.on_click(pressed)
        return control

    edits = [button("clear", np.zeros_like), button("invert", lambda image: 1 - image), button("noise", lambda _: noise.integers(0, 2, shape))]
    moves = [button(text, functools.partial(states.shifted, down=down, right=right), "110px")
             for text, down, right in (("← left", 0, -1), ("→ right", 0, 1), ("↑ up", -1, 0), ("↓ down", 1, 0))]
    load = button("load the example", lambda _: digits.images[example.value], "224px")
    left = widgets.VBox([widgets.Label("click or drag; arrow keys, space"), board, widgets.HBox(edits), widgets.HBox(moves[:2]),
                         widgets.HBox(moves[2:]), example, load], layout={"flex": "0 0 auto", "width": "242px"})
    instrument = Instrument(lambda board: draw_picture(states.forward_state(board, parameters)), {"board": board})
    instrument.children = [widgets.HBox([left, instrument.screen])]
    return instrument


def weight_picture(name, curve, tangent, ties):
    """What a Curve and a Tangent of it look like; name: of the weight. Returns HTML."""
    lines = [] if np.isnan(tangent.kink) else [(tangent.kink, tangent.kink_cost, tangent.left, -0.9, 0, COLOURS[2]),
                                               (tangent.kink, tangent.kink_cost, tangent.right, 0, 0.9, COLOURS[3])]
    lines.append((tangent.value, tangent.cost, tangent.derived, -1.5, 1.5, COLOURS[1]))
    slopes = f"derived slope {html.number(tangent.derived, 5)}, measured slope {html.number(tangent.measured, 5)}"
    drawn = html.chart((curve.values, curve.costs), html.symbol(name, svg=True), "cost C", f"cost along {name}: at {tangent.value:.4f} it is "
                       f"{tangent.cost:.5f}, {slopes}; {len(curve.kinks)} kinks", (tangent.value, tangent.cost), lines, curve.kinks, (780, 300))
    texts = [html.paragraph(f"{html.symbol(name)} = {html.number(tangent.value, 4)}, &emsp; C = {html.number(tangent.cost, 5)}", "formula"),
             html.paragraph(f"{html.swatch(COLOURS[1])} {slopes}"), html.paragraph(_verdict(tangent, ties)), html.paragraph(_kink(curve, tangent))]
    return html.page(*texts[:1], drawn, *texts[1:])


def _verdict(tangent, ties):
    if abs(tangent.value - tangent.kink) < 2 * states.NEAR:
        return "The weight stands on a kink: there is no derivative here."
    if abs(tangent.derived - tangent.measured) <= 1e-4 * max(abs(tangent.measured), 1e-3):
        return f"The tangent of the rule “{ties}” touches the curve."
    return f"The tangent of the rule “{ties}” misses: windows with the same pixels tie, and each is given the whole delta."


def _kink(curve, tangent):
    if not len(curve.kinks):
        return "No kink: moving this weight, no other window starts to win a pool block."
    return (f"{len(curve.kinks)} kinks (dotted): other windows start to win. Nearest, at {html.number(tangent.kink, 4)}: slope {html.swatch(COLOURS[2])} left "
            f"{html.number(tangent.left, 5)}, {html.swatch(COLOURS[3])} right {html.number(tangent.right, 5)}.")


@or_message
def one_weight(digits, parameters, name="w^F_0[0, 0]", image=0):
    """The cost along one of the weights and biases, with the tangent of the derived derivative.

    digits: images (N, H, W) and targets (N, O), as load_digits returns them. name, image: the weight and image to start with.
    Returns an Instrument, or a message.
    """
    parameters = states.checked(digits.images[0], parameters)[1]
    places = states.weight_places(parameters)
    if name not in places:
        raise ValueError(f"expected the name of a weight or bias like {next(iter(places))}, found {name!r}")
    controls = {"name": choice("weight or bias", list(places), widgets.Dropdown, value=name), "by": widgets.FloatSlider(
        0, min=-states.REACH, max=states.REACH, step=0.05, description="moved by", layout={"width": "430px"}, style={"description_width": "initial"}),
        "ties": choice("tie rule", TIES), "batch": choice("cost of", [("one image", False), (f"all {len(digits.images)} images", True)]),
        "image": slider("image", len(digits.images) - 1, image)}

    def chosen(batch, image):
        which = slice(None) if batch else slice(image, image + 1)
        return digits.images[which], digits.targets[which], parameters

    @functools.lru_cache(maxsize=16)
    def curve(name, batch, image):
        return states.curve_state(*chosen(batch, image), places[name])

    def picture(name, by, ties, batch, image):
        along = curve(name, batch, None if batch else image)
        field, index = places[name]
        value = getattr(parameters, field)[index] + by
        return weight_picture(name, along, states.tangent_state(*chosen(batch, image), places[name], value, ties, along.kinks), ties)

    rows = [widgets.HBox([controls["name"], controls["by"]]), widgets.HBox([controls["ties"], controls["batch"]]), controls["image"]]
    return Instrument(picture, controls, rows)
