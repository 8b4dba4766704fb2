"""What figures show, read back: lengths, places, colours, frames and words."""

import base64
import os
import subprocess
import sys
import zlib
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from helpers import plots

IMAGE = np.eye(6)
MAPS = np.array([[[0.5, -2.0], [0.0, 1.0]], [[0.125, 0.25], [0.003, -0.75]]])
BEST = np.abs(MAPS) == np.abs(MAPS).max(axis=(1, 2), keepdims=True)
CONV_A = np.arange(16.0).reshape(1, 4, 4) / 16
POOLED = CONV_A[:, 1::2, 1::2]
X = np.linspace(0, 1, 11)
SIX = {f"power {n}": X**n for n in range(6)}


def network(classes=3, filters=3, pooled=2, side=2):
    """Arrays of a network and of its forward pass, of the sizes asked for."""
    rng, maps = np.random.default_rng(0), (filters, pooled * side, pooled * side)
    parameters = [rng.normal(size=(filters, 3, 3)), rng.normal(size=filters)]
    parameters += [
        rng.normal(size=(classes, filters, pooled, pooled)),
        np.ones(classes),
    ]
    passed = {"conv_a": rng.random(maps), "out_a": np.linspace(0.1, 0.9, classes)}
    passed["pooled"] = rng.random((filters, pooled, pooled))
    image = np.eye(pooled * side + 2)
    return image, parameters, SimpleNamespace(**passed)


FACTS = {
    "image": (
        lambda: plots.plot_image(IMAGE, "a diagonal"),
        ["a diagonal; x: column j; y: row i; 100000 / 010000 / 001000 / 000100"],
    ),
    "maps": (
        lambda: plots.plot_maps(MAPS, ["one", "two"], "weight", framed=BEST),
        [
            "one; x: column; y: row; 0.5 -2 / 0 1; framed (0, 1)",
            "two; x: column; 0.125 0.25 / 0.003 -0.75; framed (1, 1)",
            "y: weight; colours -2 to 2",
        ],
    ),
    "names on the axes": (
        lambda: plots.plot_maps(
            MAPS[:1], [""], "", x=("image n", [1, 40]), y=("digit", ["1", "2"])
        ),
        ["x: image n 1 40; y: digit 1 2; 0.5 -2 / 0 1"],
    ),
    "two rows": (
        lambda: plots.plot_maps({"before": MAPS, "after": -MAPS}, ["a", "b"], "w"),
        ["a; y: before row; 0.5 -2", "y: after row; -0.5 2 / 0 -1"],
    ),
    "slopes": (
        lambda: plots.plot_maps(MAPS[:1] * 0, ["s"], "slope", limit=0.25, scale="unit"),
        ["s; x: column; y: row; 00 / 00", "slope; colours 0 to 0.25"],
    ),
    "filters": (
        lambda: plots.plot_filters(MAPS, [-1.5, 0.0]),
        ["filter 0, bias -1.50; x", "filter 1, bias 0;", "weight w^F; colours -2 to 2"],
    ),
    "pooled": (
        lambda: plots.plot_pooled(CONV_A, POOLED, np.isin(CONV_A, POOLED)),
        [
            "0.75 0.813 0.875 0.938; framed (1, 1); framed (1, 3); framed (3, 1)",
            "pooled map p row; 0.313 0.438 / 0.813 0.938",
            "activation; colours 0 to 1",
        ],
    ),
    "outputs": (
        lambda: plots.plot_outputs(np.array([0.25, 0.5, 0.125]), [0, 1, 0], "image 0"),
        ["image 0; x: output a^O (black: target y); digit 1 0.25; digit 2 0.5; digit 3"]
        + ["target (0, 0), (1, 1), (0, 2)"],
    ),
    "ten outputs": (
        lambda: plots.plot_outputs(np.arange(10) / 10),
        ["digit 0 0; digit 1 0.1;", "digit 9 0.9"],
    ),
    "curves": (
        lambda: plots.plot_curves(X, SIX, "w", "C", "y", "cost", {"here": (0.5, 2)}),
        [
            "cost; x: w; y: C (log); power 0 (0, 1), (0.5, 1), (1, 1); power 1",
            "power 5 (0, 0), (0.5, 0.0313), (1, 1); here (0.5, 2)",
        ],
    ),
    "peak": (
        lambda: plots.plot_curves(X, {"c": X * (0.6 - X)}, "x", "y"),
        ["c (0, 0), (0.3, 0.09), (0.5, 0.05), (1, -0.4)"],
    ),
    "bars": (
        lambda: plots.plot_bars({"loops": 120.0, "arrays": 1.5}, "ms", log=True),
        ["x: ms (log); loops 120; arrays 1.5"],
    ),
    "learning": (
        lambda: plots.plot_learning_curve({"r": [3, 2, 1]}, {"r": [0.5, 0.5, 1]}),
        ["- x: epoch; y: cost C; r (0, 3), (1, 2), (2, 1)"]
        + ["- x: epoch; y: accuracy; r (0, 0.5), (1, 0.5), (2, 1)"],
    ),
    "gallery": (
        lambda: plots.plot_gallery([IMAGE] * 3, "abc", 2, [False, True, False]),
        ["- a; 100000", "- b wrong; 100000", "- c; 100000"],
    ),
    "large gallery": (
        lambda: plots.plot_gallery([IMAGE] * 29 + [IMAGE * 0], range(30)),
        ["- 30 maps (sums): 0 (6), 1 (6), 2 (6),", "28 (6), 29 (0); digest"],
    ),
    "network": (
        lambda: plots.plot_network(*network()),
        ["image x (6, 6); 100000", "filters w^F (3, 3, 3); y: bias -0.92; 0.126 -0.132"]
        + ["feature maps a^F (3, 4, 4)", "pooled p (3, 2, 2)", "y: digit 1; 0.1"]
        + ["w^O (3, 3, 2, 2); y: bias 1.00; -1.01 -0.209 | 0.215 0.355 |", "0.9"],
    ),
    "network of other sizes": (
        lambda: plots.plot_network(*network(10, 4, 3)),
        ["image x (8, 8) (8)", "a^F (4, 6, 6)", "w^O (10, 4, 3, 3)", "a^O (0.1)"],
    ),
    "windows": (
        lambda: plots.plot_windows(IMAGE, np.full((3, 3), 0.5), -1.0, [(0, 0), (3, 1)]),
        [
            "window at (0, 0); 1000", "framed (0, 0) 3 x 3", "filter; 0.5 0.5 0.5",
            "filter times window; 0.5 0 0 / 0 0.5 0 / 0 0 0.5",
            "z^F[0, 0]; x: 1.50 + (-1.00); 0.5", "framed (3, 1) 3 x 3",
            "z^F[3, 1]; x: 0.50 + (-1.00); -0.5", "z^F; colours -0.5 to 0.5",
        ],
    ),
    "chain": (
        lambda: plots.plot_chain(
            ("p", "z^O"), {"p": 0.25, "z^O": [1.0, 2.0, 3.0]}, {"p>z^O_1": "$w$"}
        ),
        ["x (6, 6); z^F (3, 4, 4)", "; lit p (3, 2, 2);", "lit z^O_2; a^O_0;"]
        + ["above p: 0.2500; above z^O_0: 1.0000;", "z^O_2: 3.0000; below p>z^O_1: w"],
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def style():
    before = np.get_printoptions()
    plots.course_style()
    yield
    np.set_printoptions(**before)
    matplotlib.rcdefaults()


def words(figure):
    return " ".join(plots.describe(figure).split())


@pytest.mark.filterwarnings("error:Glyph")
@pytest.mark.parametrize("name", FACTS)
def test_every_picture_says_its_facts_and_can_be_read(name):
    draw, facts = FACTS[name]
    figure = draw()
    assert [fact for fact in facts if fact not in words(figure)] == []
    assert max(map(len, plots.describe(figure).splitlines())) <= 88
    plots.png(figure)
    width, height = figure.get_size_inches() * 100
    assert width <= 960.5 and height <= 640.5
    visible = [t for t in figure.findobj(matplotlib.text.Text) if t.get_text().strip()]
    assert min(text.get_fontsize() for text in visible) >= 11
    glyphs = "".join(text.get_text() for text in visible).replace("\N{MINUS SIGN}", "-")
    assert glyphs.isascii()


FALSE = {
    "negated": lambda: plots.plot_maps(-MAPS, ["one", "two"], "weight", framed=BEST),
    "transposed": lambda: plots.plot_maps(
        MAPS.transpose(0, 2, 1), ["one", "two"], "weight", framed=BEST
    ),
    "losers framed": lambda: plots.plot_maps(MAPS, ["one", "two"], "weight", ~BEST),
    "other scale": lambda: plots.plot_maps(
        MAPS, ["one", "two"], "weight", BEST, limit=3
    ),
    "wrong image": lambda: plots.plot_image(IMAGE[::-1], "a diagonal"),
    "cost and accuracy": lambda: plots.plot_learning_curve(
        {"r": [0.5, 0.5, 1]}, {"r": [3, 2, 1]}
    ),
    "right marked wrong": lambda: plots.plot_gallery([IMAGE] * 3, "abc", 2, [1, 0, 1]),
    "one of many": lambda: plots.plot_gallery(
        [IMAGE] * 28 + [IMAGE[::-1], IMAGE * 0], range(30)
    ),
}
TRUE = dict(
    zip(FALSE, ["maps"] * 4 + ["image", "learning", "gallery", "large gallery"])
)


@pytest.mark.parametrize("name", FALSE)
def test_a_false_picture_reads_differently(name):
    assert words(FALSE[name]()) != words(FACTS[TRUE[name]][0]())


def light(colour):
    """Relative luminance, as WCAG 2 defines it."""
    rgb = np.array(to_rgb(colour[:3] if not isinstance(colour, str) else colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ (0.2126, 0.7152, 0.0722)


def contrast(one, other):
    dark, pale = sorted((light(one), light(other)))
    return (pale + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scale", plots.SCALES)
def test_colours_and_numbers_of_a_map(scale):
    values = np.linspace(-1 if scale == "signed" else 0, 1, 65).reshape(5, 13)
    ax = matplotlib.figure.Figure().subplots()
    grounds = plots.draw_map(ax, values, scale=scale).to_rgba(values).reshape(-1, 4)
    assert [t.get_text() for t in ax.texts] == [plots.number(v, 2) for v in values.flat]
    assert ax.yaxis_inverted() and not ax.xaxis_inverted()
    for (i, j), text, ground in zip(np.ndindex(5, 13), ax.texts, grounds):
        assert (*text.get_position(), text.get_ha()) == (j, i, "center")
        assert contrast(text.get_color(), ground) >= 4.5
    lights = [light(ground) for ground in grounds]
    if scale == "signed":
        assert lights[32] == max(lights) and contrast(grounds[32], "white") < 1.15
        assert all(r < b for r, _, b, _ in grounds[:30])
        assert all(r > b for r, _, b, _ in grounds[35:])
    else:
        assert lights == sorted(lights, reverse=True)
        assert contrast(grounds[0], "white") < 1.15
        assert contrast(grounds[int(0.149 * 64)], "white") < 1.35


def test_frames_stand_on_the_winners_and_cells_are_equally_large():
    figure = FACTS["pooled"][0]()
    plots.png(figure)
    above, below = figure.axes[:2]
    centres = {
        tuple(np.round(p.get_center() - 1e-9).astype(int)) for p in above.patches
    }
    assert centres == {(1, 1), (3, 1), (1, 3), (3, 3)} and not below.patches
    assert above.get_xlim() == (-0.5, 3.5) and below.get_xlim() == (-1.5, 2.5)
    assert all(p.get_edgecolor()[:3] == (0, 0, 0) for p in above.patches)
    cell = [
        np.diff(ax.transData.transform([(0, 0), (1, 1)]), axis=0)
        for ax in (above, below)
    ]
    np.testing.assert_allclose(cell[0], cell[1], rtol=0.01)


def test_lines_bars_and_marks_stand_where_the_numbers_are():
    lines = FACTS["curves"][0]().axes[0].lines
    curves = {line.get_label(): line for line in lines}
    assert [*curves] == [*SIX, "here"]
    assert all((curves[n].get_xydata() == np.c_[X, SIX[n]]).all() for n in SIX)
    assert len({(curves[n].get_color(), curves[n].get_linestyle()) for n in SIX}) == 6
    bars = FACTS["outputs"][0]().axes[0]
    assert [bar.get_width() for bar in bars.patches] == [0.25, 0.5, 0.125]
    assert bars.yaxis_inverted()
    assert [bar.get_y() > 0 for bar in bars.patches] == [False, True, True]
    spines = [ax.spines["top"].get_visible() for ax in FACTS["gallery"][0]().axes[:3]]
    assert spines == [False, True, False]


def test_the_chain_lights_what_is_derived():
    ax = FACTS["chain"][0]().axes[0]
    nodes = {t.get_text().split("$")[1]: t for t in ax.texts if t.get_bbox_patch()}
    assert set(nodes) == set(plots.NODES)
    on = {name for name, node in nodes.items() if node.get_color() == "black"}
    assert on == {"p", "z^O_0", "z^O_1", "z^O_2"}
    arrows = [text for text in ax.texts if not text.get_text()]
    lit = [a for a in arrows if light(a.arrow_patch.get_edgecolor()) == 0]
    assert len(arrows) == 17 and len(lit) == 3
    assert {arrow.xyann for arrow in lit} == {plots.NODES["p"][:2]}
    assert [arrow.xy for arrow in lit] == [
        plots.NODES[f"z^O_{o}"][:2] for o in range(3)
    ]
    plain = plots.plot_chain().axes[0].texts
    assert all(
        light(a.arrow_patch.get_edgecolor()) == 0 for a in plain if not a.get_text()
    )
    named = {t.get_gid(): t for t in ax.texts if t.get_gid()}
    assert named["above z^O_1:"].get_position()[1] > plots.NODES["z^O_1"][1]
    assert named["below p>z^O_1:"].get_position()[1] < plots.NODES["p"][1]
    assert all(contrast(c, "white") >= 4.5 for c in (plots.FORWARD, plots.BACKWARD))


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.0, 2, "0"), (-0.0, 4, "0"), (0.004, 2, "4e-3"), (-0.004, 2, "-4e-3"),
        (0.00003, 4, "3.0e-5"), (-2.5, 2, "-2.50"), (0.149, 3, "0.149"),
        (1e-17, 4, "~0"), (1.0, 0, "1"), (-0.00005, 3, "-5e-5"), (np.nan, 2, "nan"),
    ],
)  # fmt: skip
def test_zero_is_zero_and_nothing_else_is(value, decimals, text):
    assert plots.number(value, decimals) == text


def test_arrays_print_whole_and_alike_whatever_was_set_before():
    np.set_printoptions(threshold=20, edgeitems=2, sign="+", linewidth=40)
    plots.course_style(decimals=3)
    assert (
        str(np.array([-0.0, 2.5, -1e-5, -10.0])) == "[      0   2.500   -1e-5 -10.000]"
    )
    assert "..." not in str(np.zeros((6, 6)))
    assert max(map(len, str(np.full((5, 10), 0.1)).splitlines())) <= 88


def test_a_users_matplotlibrc_changes_nothing(tmp_path):
    code = (
        "from helpers import plots; import numpy, zlib; plots.course_style()\n"
        "figure = plots.plot_image(numpy.eye(6)[:, ::-1] + numpy.eye(6, k=2))\n"
        "print(zlib.crc32(plots.png(figure)), figure.axes[0].images[0].origin)"
    )
    rc = tmp_path / "matplotlibrc"
    rc.write_text("image.origin: lower\ntext.usetex: True\nfont.family: SimHei\n")
    environment = os.environ | {"MATPLOTLIBRC": str(rc)}
    command = {"capture_output": True, "text": True, "check": True}
    run = subprocess.run([sys.executable, "-c", code], env=environment, **command)
    figure = plots.plot_image(np.eye(6)[:, ::-1] + np.eye(6, k=2))
    assert run.stdout.split() == [str(zlib.crc32(plots.png(figure))), "upper"]
    assert run.stderr == ""


@pytest.mark.parametrize("varies", [False, True])
def test_show_gives_page_picture_and_text(monkeypatch, varies):
    shown = {}
    monkeypatch.setattr(plots, "display", lambda data, raw: shown.update(data))
    plots.show(FACTS["image"][0](), 'a "<diagonal>"', varies)
    text = "a &quot;&lt;diagonal&gt;&quot;"
    page = shown["text/html"]
    assert (
        f'<img alt="{text}" src="data:image/png;base64,{shown["image/png"]}">' in page
    )
    assert f"<figcaption>{text}</figcaption>" in page and "background: #fff" in page
    assert base64.b64decode(shown["image/png"]).startswith(b"\x89PNG")
    assert shown["text/plain"].startswith('[figure: a "<diagonal>"]')
    assert ("100000" in shown["text/plain"]) == (not varies)
