"""The instruments without a browser: their numbers, what they show, what they say when they cannot show anything."""

import re
from html import unescape

import ipywidgets
import matplotlib.pyplot
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from helpers import html, network, plots, states, widgets
from helpers.checks import finite_differences
from helpers.data import load_digits, load_published
from helpers.network import TIES, Parameters

DIGITS = load_digits()
INITIAL = Parameters(**load_published()["initial"])
FEW = DIGITS._replace(
    images=DIGITS.images[::16], labels=DIGITS.labels[::16], targets=DIGITS.targets[::16]
)


def table(page, caption):
    """The numbers of the table with this caption, row by row; None for an empty cell."""
    body = re.search(
        rf"<caption>{re.escape(caption)}</caption>(.*?)</table>", page, re.DOTALL
    ).group(1)
    rows = [
        re.findall(r"<td[^>]*>([^<]*)</td>", line) for line in body.split("</tr>")[:-1]
    ]
    return [[float(cell) if cell else None for cell in cells] for cells in rows]


def words(page):
    """What can be read, without the tags."""
    return unescape(re.sub(r"<style>.*?</style>|<[^>]*>", "", page, flags=re.DOTALL))


def titles(page, caption):
    """What the cells of a table are said to be, one text a row."""
    body = re.search(
        rf"<caption>{re.escape(caption)}</caption>(.*?)</table>", page, re.DOTALL
    ).group(1)
    return [re.findall(r'title="([^"]*)"', line) for line in body.split("</tr>")[:-1]]


def chart(page):
    """The corners (n, 2) of the drawn curve, in pixels, and the place (2,) of the marked point."""
    corners = re.search(r'polyline points="([^"]*)"', page).group(1)
    point = re.search(r'<circle cx="([^"]*)" cy="([^"]*)"', page).groups()
    return np.array(
        [corner.split(",") for corner in corners.split()], dtype=float
    ), np.array(point, dtype=float)


def assert_drawn(page, x, y, point):
    """The chart shows y over x, on scales of its own, and the point on the same scales."""
    corners, marked = chart(page)
    for values, drawn, value, place in zip((x, y), corners.T, point, marked):
        scale = np.polyfit(values, drawn, 1)
        np.testing.assert_allclose(np.polyval(scale, values), drawn, atol=0.1)
        np.testing.assert_allclose(np.polyval(scale, value), place, atol=0.1)


# Drawing


def test_numbers_are_never_negative_zero_and_nan_is_empty():
    assert [html.number(value) for value in (-0.001, 0.125, -2, np.nan)] == [
        "0.00",
        "0.12",
        "-2.00",
        "",
    ]


def test_colours_are_those_of_the_figures():
    ax = Figure().subplots()
    plots.draw_pixels(ax, DIGITS.images[0])
    plots.draw_signed(ax, INITIAL.conv_w[0], 3.0)
    for picture, drawn in zip(
        ax.images,
        (
            html.pixel_map(DIGITS.images[0], ""),
            html.signed_map(INITIAL.conv_w[0], "", 3.0),
        ),
    ):
        expected = [
            to_hex(colour)
            for colour in picture.cmap(picture.norm(picture.get_array())).reshape(-1, 4)
        ]
        assert re.findall(r"background:(#\w{6})", drawn) == expected


def test_winners_and_the_window_are_marked_by_more_than_colour():
    page = html.signed_map(
        np.zeros((2, 3)),
        "map",
        won=np.array([[True, False, False], [False, False, True]]),
        window=(0, 1, 2, 2),
    )
    assert titles(page, "map") == [
        ["winner", "window", "window"],
        ["", "window", "window, winner"],
    ]


def test_a_chart_says_what_it_shows_and_stays_in_its_frame():
    page = html.chart(
        (np.arange(3), np.array([1.0, 4.0, 9.0])),
        "x",
        "y",
        "a <chart>",
        (1, 4.0),
        [(1, 4.0, 4.0, -1, 1, "red")],
        [0.5],
    )
    assert 'aria-label="a &lt;chart&gt;"' in page
    corners = re.search(r'polyline points="([^"]*)"', page).group(1)
    assert len(corners.split()) == 3
    assert html.chart((np.arange(3), np.ones(3)), "x", "y", "flat", (1, 1.0))
    assert "nan" not in page


# Convolution stepper


@pytest.mark.parametrize("step", [0, 5, 15])
def test_a_step_has_the_nine_products_and_what_came_before(step):
    image, k, (i, j) = DIGITS.images[40], 2, divmod(step, 4)
    state = states.stepper_state(image, INITIAL.conv_w, INITIAL.conv_b, k, step)
    passed = network.forward(image, INITIAL)
    assert state.phase == "slide" and state.place == (i, j)
    np.testing.assert_array_equal(state.window, image[i : i + 3, j : j + 3])
    np.testing.assert_allclose(
        np.sum(state.products) + state.bias, passed.conv_z[k, i, j]
    )
    np.testing.assert_allclose(
        (state.z, state.a), (passed.conv_z[k, i, j], passed.conv_a[k, i, j])
    )
    np.testing.assert_array_equal(
        state.conv_a.ravel()[: step + 1], passed.conv_a[k].ravel()[: step + 1]
    )
    assert (
        np.all(np.isnan(state.conv_a.ravel()[step + 1 :]))
        and np.all(np.isnan(state.pooled))
        and not np.any(state.won)
    )


def test_pooling_follows_block_by_block():
    image = DIGITS.images[40]
    passed = network.forward(image, INITIAL)
    won = network.winners(passed.conv_a, passed.pooled)
    state = states.stepper_state(image, INITIAL.conv_w, INITIAL.conv_b, 1, 17)
    assert state.phase == "pool" and state.place == (0, 1)
    np.testing.assert_array_equal(state.pooled, [passed.pooled[1, 0], [np.nan, np.nan]])
    np.testing.assert_array_equal(state.won[:2], won[1, :2])
    assert not np.any(state.won[2:])


def test_any_image_and_any_filter():
    rng = np.random.default_rng(1)
    image, weights = rng.uniform(0, 1, (5, 8)), rng.normal(size=(1, 2, 3))
    assert states.stepper_steps(image, weights) == (24, 6)
    assert states.stepper_steps(rng.uniform(0, 1, (7, 6)), INITIAL.conv_w) == (20, 0)
    state = states.stepper_state(image, weights, np.array([0.5]), 0, 29)
    np.testing.assert_allclose(
        state.pooled[1, 2],
        np.max(
            network.sigmoid(network.convolve(image, weights, np.array([0.5])))[
                0, 2:, 4:
            ]
        ),
    )
    stepper = widgets.convolution_stepper(image, weights[0], 0.5, names=["edge"])
    stepper.controls["step"].value = stepper.controls["step"].max
    assert f"p[1, 2] = {state.pooled[1, 2]:.4f}" in words(stepper.screen.value)


def test_the_stepper_shows_its_state():
    stepper = widgets.convolution_stepper(DIGITS.images, INITIAL.conv_w, INITIAL.conv_b)
    (
        stepper.controls["image"].value,
        stepper.controls["k"].value,
        stepper.controls["step"].value,
    ) = 9, 1, 6
    products = DIGITS.images[9][1:4, 2:5] * INITIAL.conv_w[1]
    assert table(stepper.screen.value, "products") == np.round(products, 2).tolist()
    assert f"z[1, 2] = {np.sum(products) + INITIAL.conv_b[1]:.4f}" in words(
        stepper.screen.value
    )
    assert (
        np.array(titles(stepper.screen.value, "image x, window outlined")).tolist()
        == np.where(np.pad(np.ones((3, 3)), ((1, 2), (2, 1))), "window", "").tolist()
    )
    stepper.controls["step"].value = 19
    pooled = network.forward(DIGITS.images[9], INITIAL).pooled[1]
    assert table(stepper.screen.value, "pooled map p") == np.round(pooled, 3).tolist()


# Forward explorer, draw a digit


def test_the_forward_explorer_shows_every_array():
    explorer = widgets.forward_explorer(DIGITS, INITIAL)
    explorer.controls["image"].value = 50
    passed, page = network.forward(DIGITS.images[50], INITIAL), explorer.screen.value
    won = network.winners(passed.conv_a, passed.pooled)
    assert table(page, "image x") == DIGITS.images[50].tolist()
    for k in range(3):
        assert table(page, f"feature map {k}") == np.round(passed.conv_a[k], 3).tolist()
        assert table(page, f"pooled map {k}") == np.round(passed.pooled[k], 3).tolist()
        assert (np.array(titles(page, f"feature map {k}")) == "winner").tolist() == won[
            k
        ].tolist()
    for value in passed.out_a:
        assert f"{value:.3f}" in page
    assert f"prediction: digit {1 + np.argmax(passed.out_a)}" in words(page)
    assert f"label: digit {DIGITS.labels[50]}" in words(page)


def test_shifting_loses_what_leaves():
    image = np.arange(1.0, 37.0).reshape(6, 6)
    assert states.shifted(image, 1, 0).tolist() == [[0.0] * 6] + image[:5].tolist()
    assert (
        states.shifted(image, 0, -1).tolist()
        == np.c_[image[:, 1:], np.zeros(6)].tolist()
    )
    assert states.shifted(image, 0, 0).tolist() == image.tolist()


def buttons(widget):
    """Every button of a widget, by its text."""
    found = (
        {widget.description: widget} if isinstance(widget, ipywidgets.Button) else {}
    )
    for child in getattr(widget, "children", ()):
        found |= buttons(child)
    return found


def test_the_board_can_be_edited_and_is_answered_at_once():
    drawing = widgets.draw_digit(DIGITS, INITIAL)
    board, press = (
        drawing.controls["board"],
        {text: button.click for text, button in buttons(drawing).items()},
    )

    def agrees(image):
        assert board.value == np.asarray(image).astype(int).tolist()
        passed = network.forward(np.asarray(image, dtype=float), INITIAL)
        for value in passed.out_a:
            assert f"{value:.3f}" in drawing.screen.value
        assert (
            table(drawing.screen.value, "pooled map 0")
            == np.round(passed.pooled[0], 3).tolist()
        )
        assert f"says: digit {1 + np.argmax(passed.out_a)}" in words(
            drawing.screen.value
        )

    agrees(DIGITS.images[0])
    press["clear"]()
    agrees(np.zeros((6, 6)))
    assert "blank" in words(drawing.screen.value) and "knows only 3 answers" in words(
        drawing.screen.value
    )
    board.value = np.eye(6).astype(int).tolist()
    agrees(np.eye(6))
    press["↓ down"]()
    agrees(np.eye(6, k=-1))
    press["→ right"]()
    agrees(np.diag([0, 1, 1, 1, 1, 1]))
    press["↑ up"]()
    press["← left"]()
    agrees(np.diag([1, 1, 1, 1, 1, 0]))
    press["invert"]()
    agrees(1 - np.diag([1, 1, 1, 1, 1, 0]))
    press["noise"]()
    agrees(np.random.default_rng(0).integers(0, 2, (6, 6)))
    press["load the example"]()
    agrees(DIGITS.images[0])


# Backward explorer


@pytest.mark.parametrize("ties", TIES)
def test_the_backward_pass_ends_in_the_gradient(ties):
    flow = states.backward_state(DIGITS.images[20], DIGITS.targets[20], INITIAL, ties)
    gradient = network.gradient(
        DIGITS.images[20:21], DIGITS.targets[20:21], INITIAL, ties
    )
    np.testing.assert_allclose(flow.conv_w_gradient, gradient.conv_w, atol=1e-15)
    np.testing.assert_allclose(flow.conv_b_gradient, gradient.conv_b, atol=1e-15)
    np.testing.assert_allclose(
        flow.conv_delta, flow.conv_a_gradient * flow.slope, atol=1e-15
    )
    blocks = flow.conv_a_gradient.reshape(3, 2, 2, 2, 2).sum(axis=(2, 4))
    tied = flow.shares.reshape(3, 2, 2, 2, 2).sum(axis=(2, 4))
    np.testing.assert_allclose(blocks, flow.reaches * tied, atol=1e-15)


def test_the_backward_explorer_goes_one_factor_a_step():
    explorer = widgets.backward_explorer(DIGITS, INITIAL)
    explorer.controls["image"].value = 20
    flow = states.backward_state(DIGITS.images[20], DIGITS.targets[20], INITIAL, "all")
    assert all(f"{delta:.5f}" in explorer.screen.value for delta in flow.out_delta)
    shown = {
        1: ("∂C/∂p<sub>2</sub>", flow.reaches[2]),
        2: ("share, map 2", flow.shares[2]),
        3: ("δ<sup>F</sup><sub>2</sub>", flow.conv_delta[2]),
        4: ("∂C/∂w<sup>F</sup><sub>0</sub>", flow.conv_w_gradient[0]),
    }
    for step, (caption, values) in shown.items():
        explorer.controls["step"].value = step
        assert f"step {step} of 4" in words(explorer.screen.value)
        np.testing.assert_allclose(
            table(explorer.screen.value, caption), values, atol=0.51e-4
        )
    explorer.controls["ties"].value, explorer.controls["k"].value = "share", 2

    def cost(weights):
        moved = INITIAL._replace(
            conv_w=np.concatenate([INITIAL.conv_w[:2], weights[None]])
        )
        return network.squared_error(
            network.forward(DIGITS.images[20], moved).out_a, DIGITS.targets[20]
        )

    expected = finite_differences(cost, INITIAL.conv_w[2])
    np.testing.assert_allclose(
        table(explorer.screen.value, "∂C/∂w<sup>F</sup><sub>2</sub>"),
        expected,
        atol=0.51e-5,
    )


# Training scrubber


def test_the_scrubber_shows_any_epoch_and_trains_again():
    scrubber = widgets.training_scrubber(FEW, INITIAL, epochs=4)
    scrubber.controls["image"].value = 3
    for epoch, ties, rate in (
        (0, "all", 0.2),
        (4, "all", 0.2),
        (4, "first", 0.2),
        (3, "first", 0.5),
    ):
        (
            scrubber.controls["ties"].value,
            scrubber.controls["rate"].value,
            scrubber.controls["epoch"].value,
        ) = ties, rate, epoch
        history = network.train(
            FEW.images, FEW.targets, INITIAL, ties, epochs=4, learning_rate=rate
        )
        trained = history[epoch]
        out_a = network.outputs(FEW.images, trained)
        text = words(scrubber.screen.value)
        assert f"cost C = {network.squared_error(out_a, FEW.targets):.4f}" in text
        assert f"accuracy {100 * network.accuracy(out_a, FEW.targets):.1f} %" in text
        assert f"after epoch {epoch}" in text
        np.testing.assert_allclose(
            table(scrubber.screen.value, f"filter 1, bias {trained.conv_b[1]:.2f}"),
            trained.conv_w[1],
            atol=0.00501,
        )
        assert all(f"{value:.3f}" in text for value in out_a[3])
        costs = [
            network.squared_error(network.outputs(FEW.images, step), FEW.targets)
            for step in history
        ]
        assert_drawn(scrubber.screen.value, range(5), costs, (epoch, costs[epoch]))


def test_training_reports_its_progress():
    calls = []
    history = states.training_state(
        FEW.images, FEW.targets, INITIAL, "all", 0.2, 3, lambda: calls.append(1)
    )
    assert len(calls) == 3 and len(history.parameters) == len(history.costs) == 4
    bar = widgets.training_scrubber(FEW, INITIAL, epochs=3).children[-2].children[1]
    assert (bar.value, bar.max) == (3, 3)


# One weight


def test_every_weight_has_a_name():
    places = states.weight_places(INITIAL)
    assert len(places) == 69
    assert places["w^F_1[0, 2]"] == ("conv_w", (1, 0, 2)) and places["b^O_2"] == (
        "out_b",
        (2,),
    )
    moved = states.with_weight(INITIAL, places["w^O_2[0, 1, 1]"], 7.0)
    assert moved.out_w[2, 0, 1, 1] == 7.0 and INITIAL.out_w[2, 0, 1, 1] != 7.0
    assert sum(np.sum(one != other) for one, other in zip(moved, INITIAL)) == 1


def winning_windows(images, parameters):
    """The windows, as bytes, that win each pool block: by weighted inputs, for the sigmoid may round two to one value."""
    found = []
    for image in images:
        conv_z = network.convolve(image, parameters.conv_w, parameters.conv_b)
        won = network.winners(conv_z, network.pool(conv_z))
        found += [
            {
                image[i : i + 3, j : j + 3].tobytes()
                for i in (2 * u, 2 * u + 1)
                for j in (2 * v, 2 * v + 1)
                if won[k, i, j]
            }
            for k, u, v in np.ndindex(3, 2, 2)
        ]
    return found


@pytest.mark.parametrize("index", [(2, 2, 2), (1, 0, 1), (0, 1, 1)])
def test_kinks_are_where_other_windows_start_to_win(index):
    images, place = DIGITS.images[[20, 44]], ("conv_w", index)
    value = INITIAL.conv_w[index]
    found = states.kinks(images, INITIAL, place, value - 4, value + 4)
    grid = np.linspace(value - 4, value + 4, 400)
    windows = [
        winning_windows(images, states.with_weight(INITIAL, place, w)) for w in grid
    ]
    changes = [n for n in range(len(grid) - 1) if windows[n] != windows[n + 1]]
    assert (
        changes
        and sorted({int(np.searchsorted(grid, kink)) - 1 for kink in found}) == changes
    )


@pytest.mark.parametrize("name", ["b^F_1", "w^O_0[1, 0, 1]", "b^O_2"])
def test_only_a_filter_weight_has_kinks(name):
    assert (
        states.kinks(
            DIGITS.images[:8], INITIAL, states.weight_places(INITIAL)[name], -9.0, 9.0
        ).size
        == 0
    )


def test_both_slopes_of_a_kink_are_those_of_the_curve():
    images, targets, place = (
        DIGITS.images[44:45],
        DIGITS.targets[44:45],
        ("conv_w", (1, 0, 1)),
    )
    value = INITIAL.conv_w[1, 0, 1]
    tangent = states.tangent_state(
        images,
        targets,
        INITIAL,
        place,
        value,
        "share",
        states.kinks(images, INITIAL, place, value - 4, value + 4),
    )

    def cost(w):
        return network.squared_error(
            network.outputs(images, states.with_weight(INITIAL, place, w)), targets
        )

    np.testing.assert_allclose(
        tangent.left, (cost(tangent.kink) - cost(tangent.kink - 1e-5)) / 1e-5, rtol=1e-3
    )
    np.testing.assert_allclose(
        tangent.right,
        (cost(tangent.kink + 1e-5) - cost(tangent.kink)) / 1e-5,
        rtol=1e-3,
    )
    assert abs(tangent.left - tangent.right) > 0.05
    np.testing.assert_allclose(
        (tangent.cost, tangent.kink_cost), (cost(value), cost(tangent.kink))
    )
    np.testing.assert_allclose(tangent.derived, tangent.measured, rtol=1e-6)


def test_one_weight_shows_tangent_kink_and_tie():
    weight = widgets.one_weight(FEW, INITIAL, "w^F_1[2, 1]")
    assert "misses" in words(weight.screen.value)
    weight.controls["ties"].value = "first"
    assert "touches" in words(weight.screen.value)
    weight.controls["by"].value = -0.5
    value = INITIAL.conv_w[1, 2, 1] - 0.5
    moved = states.with_weight(INITIAL, ("conv_w", (1, 2, 1)), value)
    slope = network.gradient(FEW.images[:1], FEW.targets[:1], moved, "first").conv_w[
        1, 2, 1
    ]
    cost = network.squared_error(
        network.outputs(FEW.images[:1], moved), FEW.targets[:1]
    )
    text = words(weight.screen.value)
    assert (
        f"= {value:.4f}" in text
        and f"C = {cost:.5f}" in text
        and f"derived slope {slope:.5f}" in text
    )
    curve = states.curve_state(
        FEW.images[:1], FEW.targets[:1], INITIAL, ("conv_w", (1, 2, 1))
    )
    assert_drawn(weight.screen.value, curve.values, curve.costs, (value, cost))
    assert weight.screen.value.count("<line") == 3 + int(
        re.search(r"(\d+) kinks", text).group(1)
    )
    (
        weight.controls["by"].value,
        weight.controls["batch"].value,
        weight.controls["name"].value,
    ) = 0, True, "b^O_1"
    assert (
        f"C = {network.squared_error(network.outputs(FEW.images, INITIAL), FEW.targets):.5f}"
        in words(weight.screen.value)
    )
    assert "No kink" in words(weight.screen.value)


def test_on_a_kink_there_is_no_derivative():
    images, targets = DIGITS.images[44:45], DIGITS.targets[44:45]
    corners = states.kinks(images, INITIAL, ("conv_w", (1, 0, 1)), -4.0, 4.0)
    tangent = states.tangent_state(
        images, targets, INITIAL, ("conv_w", (1, 0, 1)), corners[0], "all", corners
    )
    curve = states.curve_state(
        images, targets, INITIAL, ("conv_w", (1, 0, 1)), points=5
    )
    assert "no derivative" in words(
        widgets.weight_picture("w^F_1[0, 1]", curve, tangent, "all")
    )


# What cannot be drawn, and how an instrument is shown

NOT_FINITE = INITIAL._replace(conv_w=INITIAL.conv_w * np.nan)


@pytest.mark.parametrize(
    "build, complaint",
    [
        (
            lambda: widgets.convolution_stepper(
                np.zeros((2, 2)), INITIAL.conv_w, INITIAL.conv_b
            ),
            "does not fit into the image of 2 x 2",
        ),
        (
            lambda: widgets.convolution_stepper(
                np.zeros(6), INITIAL.conv_w, INITIAL.conv_b
            ),
            "expected the images to have 3 dimensions",
        ),
        (
            lambda: widgets.convolution_stepper("six", INITIAL.conv_w, INITIAL.conv_b),
            "expected the images to be numbers",
        ),
        (
            lambda: widgets.convolution_stepper(DIGITS.images, INITIAL.conv_w, [0.0]),
            "one bias for each of the 3 filters, found 1",
        ),
        (
            lambda: widgets.convolution_stepper(
                DIGITS.images, NOT_FINITE.conv_w, INITIAL.conv_b
            ),
            "expected the filters to be finite",
        ),
        (
            lambda: widgets.forward_explorer(DIGITS, NOT_FINITE),
            "expected conv_w to be finite",
        ),
        (
            lambda: widgets.backward_explorer(
                DIGITS._replace(images=DIGITS.images[:, :5]), INITIAL
            ),
            "sizes do not fit",
        ),
        (
            lambda: widgets.training_scrubber(DIGITS, INITIAL, epochs=0),
            "expected epochs to be a whole number from 1 to 10000, found 0",
        ),
        (lambda: widgets.training_scrubber(DIGITS, INITIAL, epochs=2.5), "found 2.5"),
        (
            lambda: widgets.training_scrubber(DIGITS, INITIAL, epochs="many"),
            "found 'many'",
        ),
        (
            lambda: widgets.training_scrubber(
                FEW, INITIAL, epochs=2, learning_rate=np.inf
            ),
            "expected the learning rate to be finite",
        ),
        (
            lambda: widgets.draw_digit(DIGITS, NOT_FINITE),
            "expected conv_w to be finite",
        ),
        (
            lambda: widgets.one_weight(DIGITS, INITIAL, "w^F_9[0, 0]"),
            "expected the name of a weight or bias like w^F_0[0, 0]",
        ),
        (
            lambda: widgets.one_weight(DIGITS, INITIAL, image=96),
            "expected image to be a whole number from 0 to 95, found 96",
        ),
    ],
)
def test_a_message_stands_where_nothing_can_be_drawn(build, complaint, recwarn):
    widget = build()
    assert isinstance(widget, ipywidgets.HTML) and complaint in words(widget.value)
    assert "Traceback" not in widget.value and not recwarn.list


def test_a_message_replaces_a_picture_and_goes_away_again():
    broken = DIGITS.images.copy()
    broken[5, 0, 0] = np.nan
    explorer = widgets.forward_explorer(DIGITS._replace(images=broken), INITIAL)
    explorer.controls["image"].value = 5
    assert "Cannot draw this: expected the image to be finite" in words(
        explorer.screen.value
    )
    explorer.controls["image"].value = 6
    assert (
        "Cannot draw" not in explorer.screen.value
        and table(explorer.screen.value, "image x") == DIGITS.images[6].tolist()
    )


@pytest.mark.parametrize(
    "state",
    [
        lambda: states.stepper_state(
            DIGITS.images[0], INITIAL.conv_w, INITIAL.conv_b, 0, 20
        ),
        lambda: states.backward_state(
            DIGITS.images[0], DIGITS.targets[0], INITIAL, "none"
        ),
        lambda: states.forward_state(DIGITS.images[0, :4, :5], INITIAL),
        lambda: states.training_state(FEW.images, FEW.targets, INITIAL, "none", 0.2, 1),
    ],
)
def test_states_refuse_what_they_cannot_compute(state):
    with pytest.raises(ValueError, match="expected|sizes do not fit"):
        state()


def test_every_control_has_a_label():
    for instrument in (
        widgets.convolution_stepper(DIGITS.images, *INITIAL[:2]),
        widgets.forward_explorer(DIGITS, INITIAL),
        widgets.backward_explorer(DIGITS, INITIAL),
        widgets.training_scrubber(FEW, INITIAL, epochs=1),
        widgets.one_weight(FEW, INITIAL),
    ):
        assert all(control.description for control in instrument.controls.values())


def test_live_shows_the_widget_and_what_stands_for_it(monkeypatch):
    shown = []
    monkeypatch.setattr(widgets, "display", lambda bundle, raw: shown.append(bundle))
    widgets.live(
        widgets.forward_explorer(DIGITS, INITIAL),
        "forward explorer",
        plots.plot_image(DIGITS.images[0]),
    )
    widgets.live(widgets.forward_explorer(DIGITS, NOT_FINITE), "forward explorer")
    for bundle in shown:
        assert (
            bundle["text/plain"]
            == "[instrument: forward explorer; run this cell to use it]"
        )
        assert "application/vnd.jupyter.widget-view+json" in bundle
    assert shown[0]["image/png"].startswith(b"\x89PNG") and "image/png" not in shown[1]


def test_nothing_is_printed_and_no_figure_is_left(capsys):
    explorer = widgets.backward_explorer(DIGITS, INITIAL)
    explorer.controls["step"].value = 3
    widgets.training_scrubber(FEW, INITIAL, epochs=1).controls["epoch"].value = 1
    assert capsys.readouterr() == ("", "")
    assert matplotlib.pyplot.get_fignums() == []
