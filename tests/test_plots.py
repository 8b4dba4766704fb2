"""What figures show, read back: places, colours, frames and words."""

import base64
import os
import subprocess
import sys
import zlib

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from helpers import plots

IMAGE, DIAGONAL = np.eye(6), "100000 / 010000 / 001000 / 000100 / 000010 / 000001"
MAPS = np.array([[[0.5, -2.0], [0.0, 1.0]], [[0.125, 0.25], [0.003, -0.75]]])
BEST = np.abs(MAPS) == np.abs(MAPS).max(axis=(1, 2), keepdims=True)
CONV_A = np.arange(16.0).reshape(1, 4, 4) / 16
POOLED = CONV_A[:, 1::2, 1::2]
X = np.linspace(0, 1, 11)
SIX = {f"power {n}": X**n for n in range(6)}


def pooled():
    rows, framed = {"map": CONV_A, "pooled": POOLED}, {"map": np.isin(CONV_A, POOLED)}
    return plots.plot_maps(rows, ["k"], "activation", framed, 3, scale="unit")


def named():
    figure = plots.plot_maps(MAPS[:1], [""], "w")
    figure.axes[0].set(xticklabels=[1, 40], xlabel="image n", ylabel="digit")
    return figure


def windows():
    figure = plots.plot_gallery([IMAGE] * 2, ["at (0, 0)", "at (3, 1)"])
    for ax, place in zip(figure.axes, [(0, 0), (3, 1)]):
        plots.draw_frame(ax, *place, 3, 2)
    return figure


def curves():
    return plots.plot_curves(X, SIX, "w", "C", "y", {"here": (0.5, 2)})


def chain():
    values = {"p": 0.25, "z^O": [1.0, 2.0, 3.0]}
    return plots.plot_chain(("p", "z^O"), values, {"p>z^O_1": "$w$"})


def gallery():
    return plots.plot_gallery([IMAGE] * 3, "abc", 2, [False, True, False])


# Of each figure: how it is drawn, and what it has to say.
FACTS = {
    "image": (
        lambda: plots.plot_maps(IMAGE[None], ["a"], "", decimals=0, scale="pixels"),
        f"- a; x: column; y: row; {DIAGONAL}",
    ),
    "maps": (
        lambda: plots.plot_maps(MAPS, ["one", "two"], "weight", BEST),
        "- one; x: column; y: row; 0.5 -2 / 0 1; framed (0, 1) "
        "- two; x: column; 0.125 0.25 / 0.003 -0.75; framed (1, 1) "
        "- y: weight; colours -2 to 2",
    ),
    "many": (lambda: plots.plot_maps(np.ones((8, 6, 6)), "abcdefgh", "w"), "- h; x: "),
    "names on the axes": (named, "- x: image n 1 40; y: digit; 0.5 -2 / 0 1"),
    "two rows": (
        lambda: plots.plot_maps({"before": MAPS, "after": -MAPS}, ["a", "b"], "w"),
        "- a; y: before row; 0.5 -2 / 0 1 - b; 0.125 0.25 / 0.003 -0.75 "
        "- x: column; y: after row; -0.5 2 / 0 -1 - x: column; -0.125 -0.25 / ",
    ),
    "zeros are white": (
        lambda: plots.plot_maps(MAPS[:1] * 0, ["z"], "w"),
        "- z; x: column; y: row; 00 / 00 - y: w; colours -1 to 1",
    ),
    "slopes": (
        lambda: plots.plot_maps(MAPS[:1] * 0, ["s"], "slope", limit=0.25, scale="unit"),
        "- s; x: column; y: row; 00 / 00 - y: slope; colours 0 to 0.25",
    ),
    "pooled": (
        pooled,
        "0.75 0.813 0.875 0.938; framed (1, 1); framed (1, 3); framed (3, 1); framed "
        "(3, 3) - x: column; y: pooled row; 0.313 0.438 / 0.813 0.938 "
        "- y: activation; colours 0 to 1",
    ),
    "curves": (
        curves,
        "; power 5 (0, 0), (0.5, 0.0313), (1, 1); here (0.5, 2)",
    ),
    "peak": (
        lambda: plots.plot_curves(X, {"c": X * (0.6 - X)}, "x", "y", "x"),
        "- x: x (log); y: y; c (0, 0), (0.3, 0.09), (0.5, 0.05), (1, -0.4)",
    ),
    "learning": (
        lambda: plots.plot_learning_curve({"r": [3, 2, 1]}, {"r": [0.5, 0.5, 1]}),
        "- x: epoch; y: cost C; r (0, 3), (1, 2), (2, 1) "
        "- x: epoch; y: accuracy; r (0, 0.5), (1, 0.5), (2, 1)",
    ),
    "gallery": (gallery, f"- a; {DIAGONAL} - b wrong; {DIAGONAL} - c; {DIAGONAL}"),
    "windows": (windows, "000001; framed (3, 1) 3 x 2"),
    "chain": (
        chain,
        "- x (6, 6); z^F (3, 4, 4); a^F (3, 4, 4); lit p (3, 2, 2); lit z^O_0; lit "
        "z^O_1; lit z^O_2; a^O_0; a^O_1; a^O_2; C; y (3,); w^F (3, 3, 3); b^F (3,); "
        "w^O (3, 3, 2, 2); b^O (3,); above p: 0.2500; above z^O_0: 1.0000; above "
        "z^O_1: 2.0000; above z^O_2: 3.0000; below p>z^O_1: w",
    ),
}


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
@pytest.mark.parametrize("draw, facts", FACTS.values(), ids=FACTS)
def test_every_picture_says_its_facts_and_can_be_read(draw, facts):
    figure = draw()
    assert facts in words(figure)
    assert max(map(len, plots.describe(figure).splitlines())) <= 88
    size = np.frombuffer(plots.png(figure)[16:24], ">u4")
    assert (abs(size - figure.get_size_inches() * 100) < 1).all()
    assert (size <= (960, 640)).all()
    visible = [t for t in figure.findobj(matplotlib.text.Text) if t.get_text().strip()]
    assert min(text.get_fontsize() for text in visible) >= 11
    assert {text.get_alpha() for text in visible} == {None}
    glyphs = "".join(text.get_text() for text in visible).replace("\N{MINUS SIGN}", "-")
    assert glyphs.isascii()


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
    drawn = plots.draw_map(ax, values, scale, decimals=2)
    grounds = drawn.to_rgba(values).reshape(-1, 4)
    assert [t.get_text() for t in ax.texts] == [plots.number(v, 2) for v in values.flat]
    assert ax.yaxis_inverted() and not ax.xaxis_inverted()
    assert drawn.get_interpolation() == matplotlib.rcParams["image.interpolation"]
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


def test_frames_are_black_and_cells_equally_large():
    figure = pooled()
    plots.png(figure)
    above, below = figure.axes[:2]
    assert above.get_xlim() == (-0.5, 3.5) and below.get_xlim() == (-1.5, 2.5)
    for frame, (i, j) in zip(above.patches, [(1, 1), (1, 3), (3, 1), (3, 3)]):
        assert frame.get_edgecolor()[:3] == (0, 0, 0)
        inside = frame.get_bbox().get_points() - [(j, i)]
        np.testing.assert_allclose(inside, [(-0.5, -0.5), (0.5, 0.5)], atol=0.06)
        assert frame.zorder > above.images[0].zorder
    corners = [ax.transData.transform([(0, 0), (1, 1)]) for ax in (above, below)]
    np.testing.assert_allclose(*np.diff(corners, axis=1), rtol=0.01)


def test_lines_between_the_cells_of_a_map_end_at_its_edges():
    ax = plots.plot_maps(np.zeros((1, 2, 3)), [""], "").axes[0]
    across, down = (np.array(lines.get_segments()) for lines in ax.collections)
    assert across.tolist() == [[[-0.5, y], [2.5, y]] for y in (-0.5, 0.5, 1.5)]
    assert down.tolist() == [[[x, -0.5], [x, 1.5]] for x in (-0.5, 0.5, 1.5, 2.5)]


def test_curves_and_marks_can_be_told_apart():
    marks = {f"mark {n}": (0.5, n) for n in range(4)}
    ax = plots.plot_curves(X, SIX, "w", "C", marks=marks).axes[0]
    lines, points = ax.lines[:6], ax.lines[6:]
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 6
    assert len({point.get_marker() for point in points}) == 4
    for line in lines:
        assert (line.get_xydata() == np.c_[X, SIX[line.get_label()]]).all()
        assert line.get_drawstyle() == "default"
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == [*SIX, *marks] and not ax.get_legend().get_frame_on()


def test_wrong_images_have_a_border():
    for ax, wrong in zip(gallery().axes, (False, True, False)):
        border = ax.spines["top"]
        assert border.get_visible() == wrong and ax.images[0].get_clim() == (0, 1)
        assert contrast(border.get_edgecolor(), "white") >= 4.5 or not wrong


def arrows(figure):
    return [text for text in figure.axes[0].texts if not text.get_text()]


def test_the_chain_lights_what_is_derived():
    figure, nodes = chain(), plots.NODES
    texts = figure.axes[0].texts
    shown = {t.get_text().split("$")[1]: t for t in texts if t.get_bbox_patch()}
    assert set(shown) == set(nodes)
    on = {name for name, node in shown.items() if node.get_color() == "black"}
    assert on == {"p", "z^O_0", "z^O_1", "z^O_2"}
    inks = [light(arrow.arrow_patch.get_edgecolor()) for arrow in arrows(figure)]
    lit = [arrow for arrow, ink in zip(arrows(figure), inks) if ink == 0]
    assert {arrow.xyann for arrow in lit} == {nodes["p"][:2]}
    assert [arrow.xy for arrow in lit] == [nodes[f"z^O_{o}"][:2] for o in range(3)]
    assert {text.get_ha() for text in texts if text.get_text()} == {"center"}
    places = {t.get_gid(): t.get_position() for t in texts if t.get_gid()}
    assert places["above z^O_1:"][1] > nodes["z^O_1"][1]
    (start, y, _), (end, _, _) = nodes["p"], nodes["z^O_1"]
    x, below = places["below p>z^O_1:"]
    assert x == pytest.approx((start + end) / 2, abs=0.2) and below < y
    assert all(contrast(c, "white") >= 4.5 for c in (plots.FORWARD, plots.BACKWARD))


# Of each node of the chain: what it is computed from.
INPUTS = {"z^F": "x w^F b^F", "a^F": "z^F", "p": "a^F", "C": "a^O_0 a^O_1 a^O_2 y"}
INPUTS |= {f"z^O_{o}": "p" + " w^O b^O" * (o == 2) for o in range(3)}
INPUTS |= {f"a^O_{o}": f"z^O_{o}" for o in range(3)}


def test_arrows_of_the_chain_lead_to_what_is_computed():
    places, found = {node[:2]: name for name, node in plots.NODES.items()}, set()
    for arrow in arrows(plots.plot_chain()):
        near = min(places, key=lambda at: np.hypot(*np.subtract(at, arrow.xy)))
        found.add((places[near], places[arrow.xyann]))
        assert light(arrow.arrow_patch.get_edgecolor()) == 0
        assert arrow.arrow_patch.get_arrowstyle().arrow == "-|>"
    assert found == {(to, name) for to in INPUTS for name in INPUTS[to].split()}
    heights = [plots.NODES[f"{layer}^O_{o}"][1] for layer in "za" for o in range(3)]
    assert heights == sorted(heights[:3], reverse=True) * 2


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
    printed = str(np.array([-0.0, 2.5, -1e-5, -10.0]))
    assert printed == "[      0   2.500   -1e-5 -10.000]"
    assert "..." not in str(np.zeros((6, 6)))
    assert max(map(len, str(np.full((5, 10), 0.1)).splitlines())) <= 88


def test_a_users_matplotlibrc_changes_nothing(tmp_path):
    code = (
        "from helpers import plots; import numpy, zlib; plots.course_style()\n"
        "figure = plots.plot_maps(numpy.eye(6)[None, :, ::-1], 't', '')\n"
        "print(zlib.crc32(plots.png(figure)), figure.axes[0].images[0].origin)"
    )
    rc = tmp_path / "matplotlibrc"
    rc.write_text("image.origin: lower\ntext.usetex: True\nfont.family: SimHei\n")
    environment = os.environ | {"MATPLOTLIBRC": str(rc)}
    command = {"capture_output": True, "text": True, "check": True}
    run = subprocess.run([sys.executable, "-c", code], env=environment, **command)
    figure = plots.plot_maps(np.eye(6)[None, :, ::-1], "t", "")
    assert run.stdout.split() == [str(zlib.crc32(plots.png(figure))), "upper"]
    assert run.stderr == ""


@pytest.mark.parametrize(
    ("varies", "points"),
    [
        (False, "0.00314), (1e-06, ~0), (1, -50"),
        (True, "1e-03), (1e-06, ~0), (1, -1e+01"),
    ],
)
def test_show_gives_page_picture_and_text(monkeypatch, varies, points):
    shown = {}
    monkeypatch.setattr(plots, "display", lambda data, raw: shown.update(data))
    errors = {"error": [0.00314, 2e-13, -50.0]}
    figure = plots.plot_curves([1e-12, 1e-6, 1], errors, "h", "E", "x")
    plots.show(figure, 'a "<diagonal>"', varies)
    text, page = "a &quot;&lt;diagonal&gt;&quot;", shown["text/html"]
    picture = f'alt="{text}" src="data:image/png;base64,{shown["image/png"]}">'
    assert f"<img {picture}" in page and "background: #fff" in page
    assert f"<figcaption>{text}</figcaption>" in page
    assert base64.b64decode(shown["image/png"]).startswith(b"\x89PNG")
    words = '[figure: a "<diagonal>"]\n- x: h (log); y: E; error (1e-12, '
    assert shown["text/plain"] == f"{words}{points})"
