"""What the figures draw: nbval never compares pictures, so their data is checked here."""

import numpy as np
import pytest

from helpers import plots


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_image_shows_every_pixel():
    image = np.zeros((6, 6))
    image[1, 2] = 1
    figure = plots.plot_image(image, "an image")
    ax = figure.axes[0]
    assert np.array_equal(ax.images[0].get_array(), image)
    assert ax.get_title() == "an image" and texts(ax) == [f"{p:.0f}" for p in image.ravel()]
    assert ax.images[0].get_cmap().name == "Greys"


def test_maps_share_one_scale_centred_at_zero():
    maps = np.array([[[0.5, -2.0], [0.0, 1.0]], [[0.1, 0.2], [0.3, -0.0004]]])
    figure = plots.plot_maps(maps, ["one", "two"], "meaning")
    for ax, values, title in zip(figure.axes, maps, ["one", "two"]):
        assert np.array_equal(ax.images[0].get_array(), values)
        assert ax.images[0].get_clim() == (-2, 2) and ax.images[0].get_cmap().name == plots.SIGNED
        assert ax.get_title() == title
    assert texts(figure.axes[0]) == ["0.50", "-2.00", "0", "1.00"]
    assert texts(figure.axes[1])[-1] == "0.00"
    assert figure.axes[2].get_ylabel() == "meaning"


def test_rows_of_maps_and_their_winners():
    rows = {"above": np.ones((2, 2, 2)), "below": -np.ones((1, 2, 2))}
    won = np.zeros((2, 2, 2), dtype=bool)
    won[1, 0, 1] = True
    figure = plots.plot_maps(rows, ["a", "b"], "meaning", winners={"above": won}, limit=4)
    assert [len(ax.patches) for ax in figure.axes[:4]] == [0, 1, 0, 0]
    assert figure.axes[1].patches[0].get_xy() == pytest.approx((0.56, -0.44))
    assert figure.axes[0].get_ylabel() == "above" and figure.axes[2].get_ylabel() == "below"
    assert not figure.axes[3].axison and figure.axes[0].images[0].get_clim() == (-4, 4)


def test_filters_show_weights_and_biases():
    figure = plots.plot_filters(np.full((2, 3, 3), 0.25), np.array([-1.5, 2.0]))
    assert [ax.get_title() for ax in figure.axes[:2]] == ["filter 0, bias -1.50", "filter 1, bias 2.00"]
    assert texts(figure.axes[0]) == ["0.25"] * 9


def test_pooled_maps_frame_the_winners():
    conv_a = np.arange(16.0).reshape(1, 4, 4)
    pooled = np.array([[[5.0, 7.0], [13.0, 15.0]]])
    figure = plots.plot_pooled(conv_a, pooled, np.isin(conv_a, pooled))
    above, below = figure.axes[:2]
    assert np.array_equal(above.images[0].get_array(), conv_a[0]) and np.array_equal(below.images[0].get_array(), pooled[0])
    assert len(above.patches) == 4 and len(below.patches) == 0 and len(above.lines) == 2


def test_outputs_and_targets():
    ax = plots.plot_outputs(np.array([0.25, 0.5, 0.125]), np.array([0.0, 1.0, 0.0])).axes[0]
    assert [bar.get_width() for bar in ax.patches] == [0.25, 0.5, 0.125]
    assert [segment[0][0] for segment in ax.collections[0].get_segments()] == [0, 1, 0]
    assert texts(ax) == ["0.250", "0.500", "0.125"]
    assert not plots.plot_outputs(np.array([0.25, 0.5, 0.125])).axes[0].collections


def test_curves():
    x = np.array([1.0, 2.0, 4.0])
    ax = plots.plot_curves(x, {"one": x**2, "two": x**3}, "x name", "y name", log=True).axes[0]
    assert [line.get_label() for line in ax.lines] == ["one", "two"]
    assert np.array_equal(ax.lines[1].get_ydata(), x**3) and np.array_equal(ax.lines[1].get_xdata(), x)
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_xscale(), ax.get_yscale()) == ("x name", "y name", "log", "log")


def test_learning_curve():
    cost_ax, accuracy_ax = plots.plot_learning_curve({"rule": [3.0, 2.0, 1.0]}, {"rule": [0.5, 0.5, 1.0]}).axes
    assert list(cost_ax.lines[0].get_ydata()) == [3, 2, 1] and list(accuracy_ax.lines[0].get_ydata()) == [0.5, 0.5, 1]
    assert cost_ax.get_ylabel() == "cost C" and accuracy_ax.get_ylabel() == "accuracy" and cost_ax.get_xlabel() == "epoch"


def test_gallery_marks_what_is_wrong():
    images = np.arange(3 * 36).reshape(3, 6, 6) % 2
    axes = plots.plot_gallery(images, ["a", "b", "c"], columns=2, wrong=np.array([False, True, False])).axes
    assert [ax.get_title() for ax in axes] == ["a", "b ✗", "c", ""]
    assert all(np.array_equal(ax.images[0].get_array(), image) for ax, image in zip(axes, images))


def test_network_drawing_shows_every_array_with_its_shape():
    maps = {"conv_w": np.ones((3, 3, 3)), "conv_a": np.full((3, 4, 4), 0.5), "pooled": np.full((3, 2, 2), 0.5)}
    figure = plots.plot_network(np.eye(6), **maps, out_a=np.array([0.1, 0.2, 0.3]))
    titles = " ".join(ax.get_title() for ax in figure.axes)
    for shape in ("(6 × 6)", "(3 × 3 × 3)", "(3 × 4 × 4)", "(3 × 2 × 2)", "(3)"):
        assert shape in titles
    assert [bar.get_height() for bar in figure.axes[-1].patches] == [0.1, 0.2, 0.3]


def test_numbers_print_alike_everywhere():
    before = np.get_printoptions()
    try:
        plots.course_style(decimals=3)
        assert str(np.array([-0.00001, 2.5, -10.0])) == "[  0.000   2.500 -10.000]"
    finally:
        np.set_printoptions(**before)


def test_show_gives_picture_and_description(monkeypatch):
    shown = {}
    monkeypatch.setattr(plots, "display", lambda data, raw, metadata: shown.update(data=data, metadata=metadata))
    plots.show(plots.plot_image(np.eye(6)), "a diagonal")
    assert shown["data"]["text/plain"] == "[figure: a diagonal]"
    assert shown["data"]["image/png"].startswith("iVBORw0KGgo")
    assert shown["metadata"]["image/png"]["alt"] == "a diagonal"
