"""The instruments without a browser: facts read back from the pictures they draw."""

import base64
import re
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib import colormaps
from matplotlib.colors import to_hex, to_rgb
from pytest import approx
from test_plots import contrast

from helpers import arrays, checks, instruments, network
from helpers.data import load_digits, load_published
from helpers.instruments import instrument as base
from helpers.instruments import svg
from helpers.plots import COLOURS, SCALES

LEARN, STEPPER = instruments.learn, instruments.convolution_stepper
EXPLORER, SCRUBBER = instruments.backward_explorer, instruments.training_scrubber
DIGITS = load_digits()
BATCH = DIGITS.images, DIGITS.targets
INITIAL = network.Parameters(**load_published()["initial"])
IMAGE = 20  # has ties
FLOW = {
    ties: base.backwards(DIGITS.images[IMAGE], DIGITS.targets[IMAGE], INITIAL, ties)
    for ties in network.TIES
}
SHARE = FLOW["share"]
BIASES = arrays.train(*BATCH, INITIAL)[7].conv_b


def shown(build, parameters=INITIAL, **state):
    """An instrument with a state set from the page, as a person would."""
    made = build(DIGITS, parameters, image=IMAGE)
    made.set_state(state)
    return made


def elements(made, tag, part="picture"):
    root = ElementTree.fromstring(getattr(made, part))
    return list(root.iter("{http://www.w3.org/2000/svg}" + tag))


def texts(made):
    return [("".join(text.itertext()), text) for text in elements(made, "text")]


def words(made):
    return [word for word, _ in texts(made)]


def place(rect):
    return tuple(float(rect.get(name)) for name in ("x", "y", "width", "height"))


def curves(made):
    return elements(made, "polyline")


def points(made):
    """The points of each curve."""
    lines = (line.get("points").split() for line in curves(made))
    return [np.array([point.split(",") for point in line], float) for line in lines]


def cells(made, kind):
    """Of every cell of a kind, by its place, what is said, written and drawn there."""
    found = {}
    for cell in elements(made, "g"):
        name, *at = cell.get("data-at", "none").split()
        if name == kind:
            title, *shapes = cell
            value = re.search(r"= ([\d.e+-]+)", title.text)
            one = SimpleNamespace(title=title.text, rects=[], circle=None, written="")
            one.value = float(value[1]) if value else None
            for shape in shapes:
                one.rects += [shape] * shape.tag.endswith("rect")
                one.circle = shape if shape.tag.endswith("circle") else one.circle
                one.written += "".join(shape.itertext())
            one.place = place(one.rects[0])
            one.framed = any(rect.get("stroke") == "black" for rect in one.rects)
            found[tuple(map(int, at))] = one
    assert found, f"no cell of {kind}"
    return found


BACKWARD = (
    "out_a target error out_slope out_delta", "out_w reaching",
    "reaching share unpooled", "unpooled slope conv_delta", "conv_w_gradient",
)  # fmt: skip
SHOWN = [  # instrument, its state, the kinds of numbers it then shows
    (LEARN, {}, "image conv_w conv_b conv_a pooled out_w out_b out_a"),
    (STEPPER, {"step": 19, "k": 2}, "image conv_a pooled"),
    (STEPPER, {"step": 5}, "image conv_w"),
    (SCRUBBER, {}, "conv_w out_a"),
]
SHOWN += [
    (EXPLORER, {"step": step, "ties": ties, "k": 2}, kinds)
    for step, kinds in enumerate(BACKWARD)
    for ties in network.TIES
]


# Where: the title above the array of each kind, and what else is written.
TITLES = [
    (LEARN, {}, {
        "image": "image x", "conv_w": "filters wF, bF", "conv_a": "maps aF",
        "pooled": "pooled p", "out_w": "weights wO, bO"}, ()),
    (STEPPER, {"step": 6, "k": 1}, {
        "image": "image x", "window": "window", "conv_w": "× filter wF1",
        "product": "= products", "conv_a": "feature map aF1 = σ(zF1)",
        "pooled": "pooled map p1"}, ()),
    (EXPLORER, {"step": 0, "k": 2}, {
        "image": "image x", "out_a": "aO", "target": "y", "error": "aO - y",
        "out_slope": "· σ′", "out_delta": "= δO"}, [
            "the deltas of the outputs: δOo = (aOo - yo) · aOo(1 - aOo)"]),
    (EXPLORER, {"step": 1, "k": 2}, {"reaching": "= ∂C/∂p2"}, [
        "what reaches the pooled maps: ∂C/∂p2[u, v] = Σo δOo · wOo[k, u, v]",
        *(f"{s}{svg.figures(d, 4)} · wO{o}" for o, (s, d) in enumerate(
            zip(("", "+ ", "+ "), SHARE.out_delta)))]),
    (EXPLORER, {"step": 2, "k": 2}, {
        "reaching": "∂C/∂p2, above its blocks", "share": "× share s2",
        "unpooled": "= ∂C/∂aF2"}, [
            "only to the winners: ∂C/∂aF2[i, j] = ∂C/∂p2[u, v] · s2[i, j]"]),
    (EXPLORER, {"step": 3, "k": 2}, {
        "unpooled": "∂C/∂aF2", "slope": "× σ′ = aF2(1 - aF2)",
        "conv_delta": "= δF2"}, [
            "the deltas of the feature maps: δF2 = ∂C/∂aF2 · aF2(1 - aF2)"]),
    (EXPLORER, {"step": 4, "k": 2}, {"conv_w_gradient": "Σ = ∂C/∂wF2"}, [
        "the gradient of a filter: ∂C/∂wF2[r, c] = Σ δF2[i, j] · x[i+r, j+c]",
        f"∂C/∂bF2 = Σ δF2 = {svg.figures(SHARE.conv_b_gradient[2], 3)}"]),
    (SCRUBBER, {"step": 7}, {"conv_w": f"wF0, bF0 = {svg.figures(BIASES[0], 3)}"}, [
        f"wF{k}, bF{k} = {svg.figures(bias, 3)}" for k, bias in enumerate(BIASES)]),
]  # fmt: skip


@pytest.mark.parametrize("build, state, titles, written", TITLES)
def test_titles_stand_above_what_they_name(build, state, titles, written):
    made = shown(build, **state)
    found = {word.replace("\u200b", ""): text for word, text in texts(made)}
    assert not set(written) - set(found)
    for kind, title in titles.items():
        x, y, *_ = min(cell.place for cell in cells(made, kind).values())
        at = [float(found[title].get(name)) for name in ("x", "y")]
        assert at == approx([x, y - 8], abs=8), (kind, at)
    digits = {word: text for word, text in found.items() if re.fullmatch(r"\d:", word)}
    assert list(digits) == ["1:", "2:", "3:"] * ("out_a" in made.picture)
    for o, text in enumerate(digits.values()):
        _, top, _, height = cells(made, "out_a")[(o,)].place
        assert top < float(text.get("y")) < top + height


def shade(value, limit):
    """The colour of a number that has a sign."""
    return to_hex(colormaps[SCALES["signed"]]((value / limit + 1) / 2))


@pytest.mark.parametrize("build, state, kinds", SHOWN)
def test_numbers_of_network_stand_in_their_row_and_column(build, state, kinds):
    made, expected = shown(build, **state), FLOW[state.get("ties", "share")]
    for kind in kinds.split():
        array, corners, found = getattr(expected, kind), {}, cells(made, kind)
        if build in (LEARN, SCRUBBER):
            assert set(found) == set(np.ndindex(array.shape))
        assert len({cell.place for cell in found.values()}) == len(found)
        for at, cell in found.items():
            assert cell.value == approx(array[at], rel=1e-5)
            if cell.written:
                assert float(cell.written) == approx(cell.value, rel=5e-3)
            if np.min(array) < 0 and build is not SCRUBBER:
                fill = shade(array[at], np.max(np.abs(array)))
                assert cell.rects[0].get("fill") == fill
            if len(at) > 1:
                x, y, width, height = cell.place
                corner = x - at[-1] * width, y - at[-2] * height
                assert corners.setdefault(at[:-2], corner) == approx(corner)
            if kind in ("conv_a", "share", "unpooled", "conv_delta"):
                assert cell.framed == (expected.share[at] > 0)


@pytest.mark.parametrize("build, state, _", SHOWN)
def test_cells_stand_apart_inside_the_picture(build, state, _):
    drawn = elements(shown(build, **state), "g")
    places = np.array([place(cell[1]) for cell in drawn if cell.get("data-at")])
    low, high = places[:, :2], places[:, :2] + places[:, 2:]
    assert np.min(low) >= 0 and np.all(high <= (svg.WIDTH, svg.HEIGHT))
    beyond = np.any(low[:, None] > high - 0.1, axis=-1)
    assert np.all(beyond | beyond.T | np.eye(len(low), dtype=bool))


def test_the_explorer_ends_with_the_windows_of_winners():
    made = shown(EXPLORER, step=4, k=2)
    for (i, j), delta in np.ndenumerate(SHARE.conv_delta[2]):
        window = SHARE.image[i : i + 3, j : j + 3]
        drawn = svg.pixels(95 * j, 44 + 59 * i, window, 12)
        assert drawn in made.picture
        assert (f"<g{svg.PALE}>{drawn}" in made.picture) == (delta == 0)


def test_more_is_red_less_is_blue_and_ink_can_be_read():
    (red, _, blue), (low_red, _, low_blue) = to_rgb(shade(1, 2)), to_rgb(shade(-1, 2))
    assert red > blue and low_red < low_blue
    for ground, ink in sum(map(svg.palette, SCALES), []):
        assert contrast(ground, ink) >= 4.5


def test_the_stepper_shows_what_it_has_reached():
    made = shown(STEPPER, step=6, k=1)
    titles = [cell.title for cell in cells(made, "conv_a").values()]
    assert [("not there" in title) for title in titles] == [n > 6 for n in range(16)]
    expected = DIGITS.images[IMAGE][1:4, 2:5] * INITIAL.conv_w[1]
    limit = np.max(np.abs(INITIAL.conv_w))
    for at, cell in cells(made, "product").items():
        assert cell.rects[0].get("fill") == shade(expected[at], limit)
        assert [cell.value, float(cell.written)] == approx([expected[at]] * 2, rel=1e-3)
    (told,) = re.findall(r"sum (\S+) \+ bias (\S+) = z = (\S+),", " ".join(words(made)))
    parts = [np.sum(expected), INITIAL.conv_b[1], SHARE.conv_z[1, 1, 2]]
    assert list(map(float, told)) == approx(parts, rel=1e-3)
    assert f"= {svg.figures(SHARE.conv_a[1, 1, 2], 4)}" in made.said
    assert "sum ? +" in " ".join(words(shown(STEPPER, step=6, hidden=True)))
    for (_, i, j), cell in cells(shown(STEPPER, step=17, k=1), "conv_a").items():
        assert cell.framed == (SHARE.share[1, i, j] > 0 and i < 2)


WINDOWS = [  # instrument, state, what is outlined: array, first cell, last cell
    (LEARN, {"at": "conv_a 1 2 3"}, {"image": ((2, 3), (4, 5))}),
    (LEARN, {"at": "conv_w 0 1 2", "deltas": True}, {"image": ((1, 2), (4, 5))}),
    (LEARN, {"at": "pooled 2 1 0"}, {"conv_a": ((2, 2, 0), (2, 3, 1))}),
    (STEPPER, {"step": 6}, {"image": ((1, 2), (3, 4)), "conv_a": [(0, 1, 2)] * 2}),
    (STEPPER, {"step": 18}, {
        "conv_a": ((0, 2, 0), (0, 3, 1)), "pooled": [(0, 1, 0)] * 2}),
]  # fmt: skip


@pytest.mark.parametrize("build, state, ends", WINDOWS)
def test_what_a_number_is_made_of_is_outlined(build, state, ends):
    made, expected = shown(build, **state), set()
    for kind, (first, last) in ends.items():
        x, y, *_ = cells(made, kind)[first].place
        u, v, width, height = cells(made, kind)[last].place
        expected.add((x, y, u + width - x, v + height - y))
    rects = [rect for rect in elements(made, "rect") if rect.get("fill") == "none"]
    assert {place(r) for r in rects if r.get("stroke") == COLOURS[1]} == expected


def test_deltas_are_a_second_layer_of_signed_areas():
    made, plain = shown(LEARN, deltas=True), shown(LEARN)
    for kind, back in base.BACK.items():
        deltas = getattr(SHARE, back) * (kind != "out_a")  # written below its bar
        assert not any(cell.circle is not None for cell in cells(plain, kind).values())
        for at, cell in cells(made, kind).items():
            assert (cell.circle is None) == (deltas[at] == 0)
            if deltas[at]:
                assert (cell.circle.get("fill") == "#E69F00") == (deltas[at] > 0)
                area = (float(cell.circle.get("r")) / 0.42 / cell.place[-1]) ** 2
                share = abs(deltas[at]) / np.max(np.abs(deltas))
                assert area == approx(share, rel=0.05) or share < 0.1
    written = [word for word in words(made) if word.startswith("δ ")]
    assert written == [f"δ {svg.figures(delta, 3)}" for delta in SHARE.out_delta]


def test_bars_are_as_long_as_outputs_and_lines_stand_at_targets():
    made = shown(LEARN)
    rects = elements(made, "rect")
    grounds = [n for n, rect in enumerate(rects) if rect.get("fill") == "#eee"]
    numbers = [cell.place[0] for cell in cells(made, "out_a").values()]
    assert numbers == [place(rects[n])[0] + 18 for n in grounds]
    for n, value, target in zip(grounds, SHARE.out_a, SHARE.target, strict=True):
        whole, bar, mark = map(place, rects[n : n + 3])
        assert bar[2] / whole[2] == approx(value, abs=2e-3)
        assert (mark[0] + 2 - whole[0]) / whole[2] == target


S, BIAS = SHARE, INITIAL.conv_b[0]
Z, TURNED = S.conv_z[0, 1, 1], INITIAL.conv_w[0, ::-1, ::-1] * S.image[1:4, 1:4]
WRONG_Z = {
    "the bias is missing": Z - BIAS, "the bias is taken away": Z - 2 * BIAS,
    "the filter is turned": np.sum(TURNED) + BIAS,
}  # fmt: skip
HIDDEN = [  # step, you first, number, each mistake and what it makes
    (EXPLORER, 0, "[0, 1]", "out_delta 2", {
        "y - a for a - y": -S.out_delta[2], "σ′ is missing": S.error[2],
        "a for σ′": S.error[2] * S.out_a[2]}),
    (EXPLORER, 1, "[0, 1]", "reaching 1 0 1", {
        "y - a for a - y": -S.reaching[1, 0, 1],
        "a mean for the sum": S.reaching[1, 0, 1] / 3,
        "σ′ of the outputs is missing": S.error @ INITIAL.out_w[:, 1, 0, 1],
        "u and v swapped": S.reaching[1, 1, 0]}),
    (EXPLORER, 2, "[0, 1]", "unpooled 1 0 2", {
        "all of it, where losers get nothing and winners that tie share":
            S.reaching[1, 0, 1],
        "a quarter each, as if pooling took the mean": S.reaching[1, 0, 1] / 4}),
    (EXPLORER, 3, "[0, 0]", "conv_delta 2 0 1", {
        "σ′ is missing": S.unpooled[2, 0, 1],
        "a for σ′": S.unpooled[2, 0, 1] * S.conv_a[2, 0, 1],
        "the share is missing": S.reaching[2, 0, 0] * S.slope[2, 0, 1]}),
    (EXPLORER, 4, "[1, 0]", "conv_w_gradient 1 1 0", {
        "a mean for the sum": S.conv_w_gradient[1, 1, 0] / 16,
        "the filter is turned": S.conv_w_gradient[1, 1, 2],
        "r and c swapped": S.conv_w_gradient[1, 0, 1]}),
    (STEPPER, 5, True, "conv_z 0 1 1", WRONG_Z),
    (STEPPER, 5, True, "conv_a 0 1 1", {
        "σ is missing": Z, "σ′ for σ": S.slope[0, 1, 1],
        **{cause: network.sigmoid(z) for cause, z in WRONG_Z.items()}}),
    (STEPPER, 17, True, "pooled 1 0 1", {
        "the mean": np.mean(S.conv_a[1, :2, 2:]),
        "the least": np.min(S.conv_a[1, :2, 2:])}),
]  # fmt: skip


@pytest.mark.parametrize("build, step, hidden, number, mistakes", HIDDEN)
def test_the_class_answers_first(build, step, hidden, number, mistakes):
    made = shown(build, step=step, hidden=hidden, k=svg.found(number)[1][0])
    assert set(made.judged[number].mistakes) == set(mistakes)
    rows = {row[3].split()[0] for row in HIDDEN}
    assert {at.split()[0] for at in made.judged} <= rows
    for at, name in made.asked:
        kind, index = svg.found(at)
        right = getattr(SHARE, kind)[index]
        hides = f"{name} = ?" if kind != "conv_z" else "= z = ?"
        for pointed in (at, at.replace("out_delta", "out_a"), ""):
            made.set_state({"at": pointed})
            assert hides in made.picture
            assert not pointed or re.fullmatch("[^=]* = [?]", made.said)
        for cause, wrong in mistakes.items() if at == number else ():
            made.do("answer", at, wrong)
            assert f"looks like: {cause}." in made.said and hides in made.picture
        if right:
            made.do("answer", at, 1.03 * right)
            assert ": right" not in made.said and hides in made.picture
        made.do("answer", at, None)
        assert "not answered yet" in made.said
        made.do("answer", at, float(f"{right:.3g}"))
        assert "right" in made.said and hides not in made.picture
    made.do("set", "image", 3)
    at, name = made.asked[-1]
    assert f"{name} = ?" in made.picture and ": right" not in made.said
    made.do("reveal", at)
    assert f"{name} = ?" not in made.picture
    assert made.said.endswith(f" = {svg.figures(made.judged[at].right, 4)}")
    made.do("set", "hidden", "off" if build is EXPLORER else False)
    assert not made.asked


def pencil(made, at):
    """What a hidden number is, worked out from the numbers that are written."""
    kind, (k, *ij) = svg.found(at)
    u, v = (*ij, 0, 0)[:2]

    def read(kind, *at):
        return float(cells(made, kind)[at].written)

    def told(pattern):
        return [float(m[1]) for m in map(re.compile(pattern).match, words(made)) if m]

    match kind:
        case "out_delta":
            return read("error", k) * read("out_slope", k)
        case "reaching":
            deltas = told(r"(?:\+ )?(\S+) · w")
            return sum(d * read("out_w", o, k, u, v) for o, d in enumerate(deltas))
        case "unpooled":
            return read("reaching", k, u // 2, v // 2) * read("share", k, u, v)
        case "conv_delta":
            return read("unpooled", k, u, v) * read("slope", k, u, v)
        case "conv_w_gradient":
            window = made.inputs[made.image][u : u + 4, v : v + 4]
            return np.reshape(told(r"(\S+) ×$"), 16) @ window.ravel()
        case "pooled":
            block = np.add([(0, 0), (0, 1), (1, 0), (1, 1)], [2 * u, 2 * v])
            return max(read("conv_a", k, *place) for place in block)
    z = sum(read("product", i, j) for i, j in np.ndindex(3, 3))
    z += told(r".*\+ bias (\S+) =")[0]
    return z if kind == "conv_z" else network.sigmoid(z)


ASKED = [(EXPLORER, {"step": n, "hidden": "[1, 0]"}) for n in range(5)]
ASKED += [(STEPPER, {"step": n, "hidden": True}) for n in (3, 9, 18)]


@pytest.mark.parametrize("build, state", ASKED)
def test_what_is_asked_can_be_worked_out_from_what_is_written(build, state):
    made = shown(build, arrays.train(*BATCH, INITIAL)[-1], **state)
    for image in range(0, 96, 7):
        made.set_state({"image": image, "k": image % 3})
        for at, _ in made.asked:
            made.do("answer", at, pencil(made, at))
            assert "right" in made.said, (image, at, made.said)


@pytest.mark.parametrize("back", [False, True])
def test_every_sum_adds_up_as_it_is_written(back):
    made, known = shown(LEARN), {"σ": network.sigmoid, "largest": max}
    for kind in ("conv_a", "pooled", "out_a", *(INITIAL._fields if back else ())):
        for at in cells(made, kind):
            _, *sides, end = base.behind(svg.key(kind, at), back, SHARE).split(" = ")
            for side in sides:
                side = re.sub("the largest of (.*)", r"largest(\1)", side)
                if not re.search("[δ∂′]", side):
                    value = eval(side.replace("·", "*"), known)
                    assert value == approx(float(end), rel=1e-3, abs=1e-9), at


BEHIND = {
    "conv_a 1 2 3": "a^F_1[2, 3] = σ(", "pooled 1 0 1": "p_1[0, 1] = the largest of ",
    "out_a 2": "a^O_2 = σ(", "out_delta 2": "δ^O_2 = (a^O - y) · σ′ = ",
    "reaching 1 0 1": "∂C/∂p_1[0, 1] = Σ δ^O · w^O = ",
    "conv_delta 1 2 3": "δ^F_1[2, 3] = ∂C/∂p · share · σ′ = ",
    "conv_w_gradient 1 0 2": "∂C/∂w^F_1[0, 2] = Σ δ^F · x = ",
    "conv_b_gradient 1": "∂C/∂b^F_1 = Σ δ^F = ",
    "out_w_gradient 2 1 0 1": "∂C/∂w^O_2[1, 0, 1] = δ^O · p = ",
    "out_b_gradient 2": "∂C/∂b^O_2 = δ^O = ",
}  # fmt: skip


def test_a_sum_begins_with_its_name_and_its_symbols():
    for at, written in BEHIND.items():
        assert base.behind(at, False, SHARE).startswith(written)


def moved(value, place=(2, 2, 2)):
    """The parameters with one number of w^F changed."""
    conv_w = INITIAL.conv_w.copy()
    conv_w[place] = value
    return INITIAL._replace(conv_w=conv_w)


@pytest.mark.parametrize("ties, of, by, place", [
    ("all", "one image", 0.5, (2, 2, 2)), ("share", "one image", 0.5, (2, 0, 1)),
    ("share", "all images", 0.5, (2, 2, 2)), ("all", "all images", 0, (2, 0, 1)),
])  # fmt: skip
def test_one_weight_draws_its_curve_and_both_tangents(ties, of, by, place):
    name = svg.symbol(svg.key("conv_w", place))
    made = shown(instruments.one_weight, name=name, ties=ties, of=of, by=by)
    images, targets = (part[[IMAGE]] if of == "one image" else part for part in BATCH)

    def cost(point):
        return network.cost(arrays.outputs(images, moved(point[0], place)), targets)

    curve, *tangents = points(made)[:3]
    value = INITIAL.conv_w[place] + by
    values = value - by + np.linspace(-4, 4, len(curve))
    costs = [cost([v]) for v in values]
    across, down = np.polyfit(values, curve[:, 0], 1), np.polyfit(costs, curve[:, 1], 1)
    assert np.polyval(down, costs) == approx(curve[:, 1], abs=0.2)
    assert across[0] > 0 > down[0] and curve.min() >= 0 and np.ptp(curve[:, 0]) < 600
    slopes = [arrays.gradient(images, targets, moved(value, place), ties).conv_w[place]]
    slopes += [*checks.finite_differences(cost, np.array([value]), 1e-6)]
    middle = np.polyval(across, value), np.polyval(down, cost([value]))
    for line, slope in zip(tangents, slopes, strict=True):
        run, rise = line[1] - line[0]
        assert rise / run == approx(slope * down[0] / across[0], abs=0.01)
        assert np.mean(line, axis=0) == approx(middle, abs=0.3)
        assert np.hypot(run, rise) == approx(200, abs=1)
    assert ("touches" in made.said) == bool(np.isclose(*slopes, rtol=1e-4))
    made.do("set", "image", 3)
    assert made.of == "one image"


def test_kinks_stand_where_other_windows_start_to_win():
    made = shown(instruments.one_weight, name="w^F_2[2, 2]")
    values, _, kinks = made.curve("w^F_2[2, 2]", IMAGE)

    def winners(value):
        passed = network.forward(DIGITS.images[IMAGE], moved(value))
        return network.winners(passed.conv_a, passed.pooled)

    assert len(kinks)
    curve, _, _, *strokes = points(made)
    for kink, stroke in zip(kinks, strokes, strict=True):
        assert np.any(winners(kink - 0.0255) != winners(kink + 0.0255))
        assert stroke[:, 0] == approx(np.interp(kink, values, curve[:, 0]), abs=0.2)
    assert not len(made.curve("b^F_0", IMAGE)[2])


def assert_on_one_scale(lines, curves):
    """Lines show curves, more of them higher up."""
    drawn = np.concatenate([line[:, 1] for line in lines])
    values = np.concatenate(curves)
    scale = [-1, drawn[0] + values[0]]
    if np.ptp(values):
        scale = np.polyfit(values, drawn, 1)
    assert np.polyval(scale, values) == approx(drawn, abs=0.2) and scale[0] < 0


def good(run, how, digits=DIGITS):
    return [how(arrays.outputs(digits.images, p), digits.targets) for p in run]


def test_the_scrubber_shows_the_run_of_train_and_pins_it():
    tested = DIGITS._replace(images=1 - DIGITS.images)
    made = SCRUBBER(DIGITS, INITIAL, tested, image=IMAGE)
    made.set_state({"step": 7, "pin": True})
    made.set_state({"rate": 0.5})
    runs = [arrays.train(*BATCH, INITIAL, learning_rate=rate) for rate in (0.5, 0.1)]
    f = base.backwards(DIGITS.images[IMAGE], DIGITS.targets[IMAGE], runs[0][7])
    for kind in ("conv_w", "out_a"):
        for at, cell in cells(made, kind).items():
            assert cell.value == approx(getattr(f, kind)[at], rel=1e-5)
    limit = max(np.max(np.abs(parameters.conv_w)) for parameters in runs[0])
    for at, cell in cells(made, "conv_w").items():
        assert cell.rects[0].get("fill") == shade(f.conv_w[at], limit)
    each = [(run, digits) for run in runs for digits in (DIGITS, tested)]
    costs = [good(run, network.cost) for run in runs]
    assert_on_one_scale(points(made)[:2], costs)
    accuracies = [good(run, network.accuracy, digits) for run, digits in each]
    assert_on_one_scale(points(made)[2:], accuracies)
    marks = [
        [float(c.get(at)) for at in ("cx", "cy")] for c in elements(made, "circle")
    ]
    assert marks == [approx(points(made)[n][7], abs=0.1) for n in (0, 2)]
    one, two = accuracies[0][7], accuracies[1][7]
    assert made.said == (
        f"After epoch 7: cost C = {costs[0][7]:.4f}, accuracy {100 * one:.1f} % "
        f"({96 * one:.0f} of 96 images), of handwritten digits {100 * two:.1f} %. "
        f"Image {IMAGE}: the network says {np.argmax(f.out_a) + 1}."
    )
    keys = [path for path in elements(made, "path") if "h24" in path.get("d")]
    lines = curves(made) + keys
    looks = [(p.get("stroke"), p.get("stroke-dasharray")) for p in lines]
    assert not {looks[0], *looks[2:4]} & {looks[1], *looks[4:6]}
    assert looks[2] != looks[3] and looks[6:] == looks[1:4]
    names = ["pinned, rate 0.1", "training", "handwritten"]
    assert [word for word in words(made) if word in names] == names
    for step, playing in ((50, False), (0, True), (1, True)):
        made.step, made.playing = 49 if step == 50 else made.step, True
        made.do("tick")
        assert (made.step, made.playing) == (step, playing)
    assert "After epoch 50:" in made.said  # it speaks at the end, not while it plays
    made.do("set", "playing", False)
    made.do("tick")  # sent before the page knew of the stop
    assert made.step == 1
    made.do("first")
    assert made.step == 0 and "After epoch 0:" in made.said


def test_learn_takes_the_steps_of_network():
    made = shown(LEARN, start="noise 1", rate=0.2, digit=2)
    made.do("clear")
    made.do("paint", "image 2 3", True)
    image, target = np.zeros((1, 6, 6)), np.array([[0.0, 1, 0]])
    image[0, 2, 3] = 1
    expected = [network.random_parameters(1)]
    assert "step before" not in made.said
    for n in range(20):
        made.playing = n % 2 == 0
        made.do("step" if n % 2 else "tick")
        batch = (image, target) if n % 2 else BATCH
        slopes = network.gradient(*batch, expected[-1])
        expected.append(network.update(expected[-1], slopes, 0.2))
    for line, how in zip(points(made), (network.cost, network.accuracy), strict=True):
        assert_on_one_scale([line], [good(expected, how)])
    costs = [network.cost(arrays.outputs(image, p), target) for p in expected[-2:]]
    digit = np.argmax(arrays.outputs(image, expected[-1])) + 1
    last = [good(expected[-1:], how)[0] for how in (network.cost, network.accuracy)]
    for deltas in (True, False):
        made.do("set", "deltas", deltas)
        assert made.said == (
            f"The network says {digit}, it is a 2; cost of this image {costs[1]:.5f}, "
            f"a step before {costs[0]:.5f}. After 20 steps: cost of all 96 images "
            f"{last[0]:.4f}, accuracy {100 * last[1]:.1f} %."
        )
    for undone in range(3):
        held = network.flat(made.parameters)
        assert held == approx(network.flat(expected[20 - undone]), abs=1e-12)
        made.do("undo")
    end = made.parameters
    made.set_state({"start": "given values"})
    assert made.parameters is INITIAL
    made.set_state({"start": "last run"})
    assert made.parameters is end
    made.playing = True
    made.do("restart")
    assert not made.playing


def test_the_strip_filters():
    made, out_a = shown(LEARN), arrays.outputs(DIGITS.images, INITIAL)
    passed = [network.forward(image, INITIAL) for image in DIGITS.images]
    shares = [network.winner_shares(p.conv_a, p.pooled, "share") for p in passed]
    sure = np.diff(np.sort(out_a, axis=1)[:, -2:])[:, 0]
    kinds = {
        "all": sure >= 0,
        "wrong": np.argmax(out_a, axis=1) != np.argmax(DIGITS.targets, axis=1),
        "has ties": [np.any(share == 0.5) for share in shares],
        "least sure": sure <= np.sort(sure)[11],
    }
    for which, expected in kinds.items():
        made.set_state({"images": which})
        kept = [int(n) for n in re.findall(r'data-at="(\d+)"', made.strip)]
        assert kept == np.flatnonzero(expected).tolist()


def test_the_strip_shows_the_images_a_row_a_digit():
    twice = DIGITS._replace(images=np.tile(DIGITS.images, (2, 1, 1)))
    twice = twice._replace(targets=np.tile(DIGITS.targets, (2, 1)))
    made, rows = LEARN(twice, INITIAL, image=IMAGE), {}
    groups = [g for g in elements(made, "g", "strip") if not g.get("transform")]
    assert len(groups) == 192
    for n, (image, label) in enumerate(zip(twice.images, [*DIGITS.labels] * 2)):
        title, drawn = groups[n]
        assert title.text == f"image {n}, a {label}"
        assert groups[n].get("aria-pressed") == str(n == IMAGE).lower()
        assert f'd="{drawn[1].get("d")}"' in svg.pixels(0, 0, image, 1)
        x, y, side = map(float, re.findall(r"[\d.]+", drawn.get("transform")))
        assert x + 6 * side <= svg.WIDTH
        assert rows.setdefault(label, y) == y
    apart = np.diff(sorted(rows.values()))
    assert np.all(apart > 6 * side)
    written = elements(made, "text", "strip")
    assert all(float(text.get("font-size")) <= apart[0] for text in written)
    labels = {int(text.text): float(text.get("y")) for text in written}
    assert labels == approx(rows, abs=apart[0])


def test_an_instrument_is_shown_with_a_picture_and_closes_the_one_before(monkeypatch):
    bundles = []
    monkeypatch.setattr(base, "display", lambda bundle, raw: bundles.append(bundle))
    made = [LEARN(DIGITS, INITIAL) for _ in range(2)]
    for one in made:
        instruments.live(one, 'a "caption"')
    assert 'alt="a &quot;caption&quot;"' in bundles[0]["text/html"]
    told = '[instrument: a "caption"; run this cell to use it]'
    assert bundles[0]["text/plain"] == told
    source = re.search(r"base64,([^\"]*)", bundles[0]["text/html"])[1]
    assert base64.b64decode(source).decode() == made[0].picture
    assert bundles[3][base.VIEW]["model_id"] == made[1].model_id
    assert made[0].comm is None and made[1].comm is not None


FIGURES = [(0.1286, 3, "0.129"), (0.00123456, 3, "1.23e-3"), (-0.004, 1, "-4e-3")]
FIGURES += [(0.01, 2, "0.01"), (-0.0, 3, "0"), (np.inf, 3, "?")]


@pytest.mark.parametrize("value, count, written", FIGURES)
def test_a_number_is_written_to_so_many_figures(value, count, written):
    assert svg.figures(value, count) == written


def test_numbers_at_an_axis_stand_inside_its_span():
    drawn = svg.chart(0, 0, 100, 50, ((-2, 11), (0.5, 3)), [], (0, 1), "")
    texts = re.findall(r'x="([\d.-]+)" y="([\d.-]+)"[^>]*>([\d.-]+)</text>', drawn)
    across = {float(said): float(x) for x, y, said in texts if y == "68"}
    down = {float(said): float(y) - 6 for x, y, said in texts if x == "-6"}
    assert across == approx({n: (n + 2) / 13 * 100 for n in (0, 4, 8)}, abs=0.01)
    assert down == approx({n: (3 - n) / 2.5 * 50 for n in (0.8, 1.6, 2.4)}, abs=0.01)


def test_black_pixels_are_those_above_one_half():
    assert 'd="M1 0h1v1h-1z" fill="black"' in svg.pixels(0, 0, np.eye(2)[:1, ::-1], 12)


WRONG = [
    (DIGITS._replace(images=DIGITS.images[:, :5]), INITIAL, {}, "images"),
    (DIGITS, INITIAL._replace(out_b=np.zeros(4)), {}, "out_b"),
    (DIGITS, INITIAL, {"image": 96}, "image"),
]


@pytest.mark.parametrize("digits, parameters, state, word", WRONG)
def test_input_is_checked_when_an_instrument_is_made(digits, parameters, state, word):
    for build in (LEARN, instruments.one_weight):
        with pytest.raises(ValueError, match=word):
            build(digits, parameters, **state)
