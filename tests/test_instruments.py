"""The instruments without a browser: facts read back from the pictures they draw."""

import base64
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib import colormaps
from matplotlib.colors import to_hex, to_rgb

from helpers import arrays, checks, instruments, network
from helpers.data import load_digits, load_published
from helpers.instruments import instrument as base
from helpers.instruments import svg
from helpers.plots import COLOURS, SCALES

SVG = "{http://www.w3.org/2000/svg}"
DIGITS = load_digits()
INITIAL = network.Parameters(**load_published()["initial"])
IMAGE = 20  # has ties


def shown(build, **state):
    """An instrument with a state set from the page, as a person would."""
    made = build(DIGITS, INITIAL, image=IMAGE)
    made.set_state(state)
    return made


def cells(made, kind):
    """Of every cell of a kind: its value in words, its shapes, by its place."""
    root = ElementTree.fromstring(made.picture)
    found = {}
    for cell in root.iter(f"{SVG}g"):
        name, *place = cell.get("data-at", "none").split()
        if name == kind:
            found[tuple(map(int, place))] = cell
    assert found, f"no cell of {kind}"
    return found


def numbers(made, kind):
    """What the cells of a kind are said to be."""
    titles = (
        (at, cell.find(f"{SVG}title").text) for at, cell in cells(made, kind).items()
    )
    return {at: float(re.search(r"= (\S+?)(?:,|$)", title)[1]) for at, title in titles}


def outlined(made, colour=COLOURS[1]):
    """Corner and size of each frame in a colour."""
    rects = ElementTree.fromstring(made.picture).iter(f"{SVG}rect")
    framed = (r for r in rects if r.get("stroke") == colour and r.get("fill") == "none")
    return [
        tuple(float(r.get(a)) for a in ("x", "y", "width", "height")) for r in framed
    ]


def flow(**more):
    return base.backwards(DIGITS.images[IMAGE], DIGITS.targets[IMAGE], INITIAL, **more)


STEPS = {
    0: "out_a error out_slope out_delta",
    1: "out_w reaching",
    2: "reaching share unpooled",
    3: "unpooled slope conv_delta",
    4: "filter_gradient",
}


@pytest.mark.parametrize("ties", network.TIES)
@pytest.mark.parametrize("step", STEPS)
def test_the_backward_explorer_shows_the_numbers_of_network(step, ties):
    made = shown(instruments.backward_explorer, step=step, ties=ties, k=2)
    for kind in STEPS[step].split():
        for place, value in numbers(made, kind).items():
            assert value == pytest.approx(
                getattr(flow(ties=ties), kind)[place], rel=1e-5
            )


def test_learn_shows_all_69_numbers_and_every_activation():
    made = shown(instruments.learn)
    for kind in (*INITIAL._fields, "image", "conv_a", "pooled", "out_a"):
        array = getattr(flow(), kind)
        found = numbers(made, kind)
        assert set(found) == set(np.ndindex(array.shape))
        assert list(found.values()) == pytest.approx(
            [array[at] for at in found], rel=1e-5
        )


def test_the_stepper_shows_what_it_has_reached():
    made, passed = shown(instruments.convolution_stepper, step=6, k=1), flow()
    titles = [cell.find(f"{SVG}title").text for cell in cells(made, "conv_a").values()]
    assert [("not there" in title) for title in titles] == [n > 6 for n in range(16)]
    window = DIGITS.images[IMAGE][1:4, 2:5]
    expected = (window * INITIAL.conv_w[1]).ravel()
    assert list(numbers(made, "product").values()) == pytest.approx(list(expected))
    assert f"= {passed.conv_a[1, 1, 2]:.4g}" in made.said
    assert (40, 42, 60, 60) in outlined(made)
    words = "".join(ElementTree.fromstring(made.picture).itertext())
    total, bias, z = re.search(r"sum (\S+) \+ bias (\S+) = z = (\S+),", words).groups()
    assert float(total) == pytest.approx(np.sum(expected), abs=5e-4)
    assert (bias, z) == (f"{INITIAL.conv_b[1]:.3f}", f"{passed.conv_z[1, 1, 2]:.3f}")
    assert winners(shown(instruments.convolution_stepper, step=17, k=1)) == {
        (1, i, j) for _, i, j in np.argwhere(passed.share[[1]] > 0) if i < 2
    }


def test_colours_are_those_of_the_figures_and_ink_can_be_read():
    found, made = cells(shown(instruments.learn), "conv_w"), INITIAL.conv_w
    largest = np.max(np.abs(made))
    for place, cell in found.items():
        position = (made[place] / largest + 1) / 2
        expected = to_hex(colormaps[SCALES["signed"]](position))
        assert cell.find(f"{SVG}rect").get("fill") == expected
    for scale in SCALES:
        for ground, ink in svg.palette(scale):
            rgb = np.array([to_rgb(ground), to_rgb(ink)])
            linear = np.where(
                rgb < 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4
            )
            low, high = sorted(linear @ (0.2126, 0.7152, 0.0722))
            assert (high + 0.05) / (low + 0.05) >= 4.5


def winners(made):
    """The places of a map that are framed in black."""
    return {
        place
        for place, cell in cells(made, "conv_a").items()
        if any(rect.get("stroke") == "black" for rect in cell.iter(f"{SVG}rect"))
    }


def test_winners_are_framed():
    won = network.winners(flow().conv_a, flow().pooled)
    places = set(map(tuple, np.argwhere(won).tolist()))
    assert winners(shown(instruments.learn)) == places


EVERYTHING = [
    *[(instruments.backward_explorer, {"step": n, "ties": "all"}) for n in range(5)],
    (instruments.convolution_stepper, {"step": 19}),
    (instruments.convolution_stepper, {"step": 5}),
    (instruments.training_scrubber, {"epoch": 9}),
    (instruments.learn, {}),
]


@pytest.mark.parametrize("build, state", EVERYTHING)
def test_numbers_stand_in_their_row_and_column_as_they_are(build, state):
    root = ElementTree.fromstring(shown(build, **state).picture)
    corners = {}
    for cell in root.iter(f"{SVG}g"):
        kind, *place = cell.get("data-at", "none").split()
        written = cell.findtext(f"{SVG}text/{SVG}tspan")
        value = re.search(r"= (\S+?)(?:,|$)", cell.findtext(f"{SVG}title") or "")
        if written and value:
            shown_value = float(written.split(": ")[-1])
            assert shown_value == pytest.approx(float(value[1]), rel=5e-3, abs=5e-3)
        if len(place) > 1:
            rect = cell.find(f"{SVG}rect")
            row, column = map(int, place[-2:])
            x, y, *size = (float(rect.get(a)) for a in ("x", "y", "width", "height"))
            corner = x - column * size[0], y - row * size[1]
            assert corners.setdefault((kind, *place[:-2]), corner) == corner


WINDOWS = [
    ("conv_a 1 2 3", "off", (60, 66, 60, 60)),
    ("conv_w 0 1 2", "on", (40, 46, 80, 80)),
    ("pooled 2 1 0", "off", (256, 214, 36, 36)),
]


@pytest.mark.parametrize("at, deltas, place", WINDOWS)
def test_what_a_number_sees_is_outlined(at, deltas, place):
    assert outlined(shown(instruments.learn, at=at, deltas=deltas)) == [place]


def test_deltas_are_a_second_layer_of_signed_areas():
    plain = cells(shown(instruments.learn), "conv_a").values()
    assert all(cell.find(f"{SVG}circle") is None for cell in plain)
    made, deltas = shown(instruments.learn, deltas="on"), flow().conv_delta
    for place, cell in cells(made, "conv_a").items():
        circle = cell.find(f"{SVG}circle")
        assert (circle is not None) == (deltas[place] != 0)
        if circle is not None:
            assert (circle.get("fill") == svg.POSITIVE) == (deltas[place] > 0)
            area = (float(circle.get("r")) / 0.42 / 18) ** 2
            if area > 0.1:
                assert area == pytest.approx(
                    abs(deltas[place]) / np.max(abs(deltas)), rel=0.05
                )


def test_bars_are_as_long_as_outputs_and_lines_stand_at_targets():
    for (o,), cell in cells(shown(instruments.learn), "out_a").items():
        _, whole, bar, mark = cell.findall(f"{SVG}rect")
        length = float(bar.get("width")) / float(whole.get("width"))
        assert length == pytest.approx(flow().out_a[o], abs=2e-3)
        target = (float(mark.get("x")) + 2 - float(whole.get("x"))) / float(
            whole.get("width")
        )
        assert target == DIGITS.targets[IMAGE][o]


EXPLORER, STEPPER = instruments.backward_explorer, instruments.convolution_stepper
HIDDEN = [  # step, number, a mistake and what it makes, on the image that has ties
    (EXPLORER, 0, "out_delta 2", "σ′ is missing", flow().error[2]),
    (EXPLORER, 0, "out_delta 0", "y - a for a - y", -flow().out_delta[0]),
    (EXPLORER, 1, "reaching 1 0 1", "a mean", flow().reaching[1, 0, 1] / 3),
    (EXPLORER, 2, "unpooled 1 0 2", "all of it", flow().reaching[1, 0, 1]),
    (EXPLORER, 3, "conv_delta 1 1 3", "σ′ is missing", flow().unpooled[1, 1, 3]),
    (EXPLORER, 4, "filter_gradient 1 0 1", "r and c", flow().filter_gradient[1, 1, 0]),
    (
        STEPPER,
        6,
        "conv_z 1 1 2",
        "the bias is",
        flow().conv_z[1, 1, 2] - INITIAL.conv_b[1],
    ),
    (STEPPER, 6, "conv_a 1 1 2", "σ is missing", flow().conv_z[1, 1, 2]),
    (STEPPER, 17, "pooled 1 0 1", "the mean", flow().conv_a[1, :2, 2:].mean()),
]


@pytest.mark.parametrize("build, step, number, cause, wrong", HIDDEN)
def test_the_class_answers_first(build, step, number, cause, wrong):
    hidden = "[0, 1]" if build is EXPLORER else "on"
    made = shown(build, step=step, hidden=hidden, k=1)
    assert number in dict(made.asked)
    for at, name in made.asked:
        kind, *place = at.split()
        right = getattr(flow(), kind)[tuple(map(int, place))]
        hides = f"{name} = ?"
        if kind == "conv_z":
            hides = f"sum ? + bias {INITIAL.conv_b[1]:.3f} = z = ?"
        for pointed in (at, at.replace("out_delta", "out_a"), ""):
            made.set_state({"at": pointed})
            assert hides in made.picture
            assert not pointed or made.said.endswith(" = ?")
            assert not pointed or made.said.count("=") == 1
        if at == number:
            made.do("answer", at, wrong)
            assert f"looks like: {cause}" in made.said and hides in made.picture
        made.do("answer", at, None)
        assert "not answered yet" in made.said
        made.do("answer", at, float(f"{right:.3g}"))
        assert "right" in made.said and hides not in made.picture
    made.do("image", 3)
    at, name = made.asked[-1]
    assert f"{name} = ?" in made.picture
    made.do("reveal", at)
    assert f"{name} = ?" not in made.picture
    made.set_state({"hidden": "off"})
    assert not made.asked


@pytest.mark.parametrize("back", [False, True])
def test_every_sum_adds_up_as_it_is_written(back):
    made, arrays_ = shown(instruments.learn), flow()
    known = {"σ": network.sigmoid, "largest": max}
    for kind in ("conv_a", "pooled", "out_a", *(INITIAL._fields if back else ())):
        for place in cells(made, kind):
            at = " ".join(map(str, (kind, *place)))
            _, *sides, end = base.behind(at, back, arrays_).split(" = ")
            for side in sides:
                side = re.sub("the largest of (.*)", r"largest(\1)", side)
                if not re.search("[δ∂′]", side):
                    found = eval(side.replace("·", "*"), known)
                    assert found == pytest.approx(float(end), rel=1e-3, abs=1e-9), at


def points(line):
    return np.array([p.split(",") for p in line.get("points").split()], float)


@pytest.mark.parametrize(
    "ties, of", [("all", "one image"), ("share", "one image"), ("share", "all images")]
)
def test_one_weight_draws_its_curve_and_both_tangents(ties, of):
    made = shown(instruments.one_weight, name="w^F_2[2, 2]", ties=ties, of=of, by=0.5)
    which = slice(IMAGE, IMAGE + 1) if of == "one image" else slice(None)
    images, targets = DIGITS.images[which], DIGITS.targets[which]
    value = INITIAL.conv_w[2, 2, 2] + 0.5

    def cost(point):
        conv_w = INITIAL.conv_w.copy()
        conv_w[2, 2, 2] = point[0]
        out_a = arrays.outputs(images, INITIAL._replace(conv_w=conv_w))
        return float(network.cost(out_a, targets))

    curve, derived, measured, *_ = map(
        points, ElementTree.fromstring(made.picture).iter(f"{SVG}polyline")
    )
    values = value - 0.5 + np.linspace(-4, 4, len(curve))
    costs = [cost([v]) for v in values]
    across, down = np.polyfit(values, curve[:, 0], 1), np.polyfit(costs, curve[:, 1], 1)
    assert np.polyval(down, costs) == pytest.approx(curve[:, 1], abs=0.2)
    assert across[0] > 0 > down[0]
    moved = INITIAL._replace(
        conv_w=INITIAL.conv_w + 0.5 * (np.indices((3, 3, 3)) == 2).all(axis=0)
    )
    slopes = (
        arrays.gradient(images, targets, moved, ties).conv_w[2, 2, 2],
        checks.finite_differences(cost, np.array([value]), 1e-6)[0],
    )
    for line, slope in zip((derived, measured), slopes):
        (x0, y0), (x1, y1) = line
        assert (y1 - y0) / (x1 - x0) == pytest.approx(
            slope * down[0] / across[0], abs=0.01
        )
        middle = np.polyval(across, value), np.polyval(down, cost([value]))
        assert np.mean(line, axis=0) == pytest.approx(middle, abs=0.3)
        assert np.hypot(x1 - x0, y1 - y0) == pytest.approx(200, abs=1)
    assert ("touches" in made.said) == bool(np.isclose(*slopes, rtol=1e-4))


def test_kinks_stand_where_other_windows_start_to_win():
    made = shown(instruments.one_weight, name="w^F_2[2, 2]")
    _, _, kinks = made.curve("w^F_2[2, 2]", IMAGE, IMAGE + 1)
    assert len(kinks)
    for kink in kinks:
        one, two = (
            made.winners("w^F_2[2, 2]", kink + d, DIGITS.images[IMAGE])
            for d in (-0.0134, 0.0134)
        )
        assert np.any(one != two)
    assert len(made.curve("b^F_0", IMAGE, IMAGE + 1)[2]) == 0
    root = ElementTree.fromstring(made.picture)
    curve, *_, stroke = map(points, root.iter(f"{SVG}polyline"))
    values, costs, _ = made.curve("w^F_2[2, 2]", IMAGE, IMAGE + 1)
    place = np.interp(kinks[-1], values, curve[:, 0])
    assert stroke[:, 0] == pytest.approx(place, abs=0.2)


def test_the_scrubber_shows_the_run_of_train_and_pins_it():
    tested = DIGITS._replace(images=1 - DIGITS.images)
    made = instruments.training_scrubber(DIGITS, INITIAL, tested, image=IMAGE)
    made.set_state({"epoch": 7, "pin": "on"})
    made.set_state({"rate": 0.5})
    images, targets = DIGITS.images, DIGITS.targets
    new, old = (
        arrays.train(images, targets, INITIAL, learning_rate=r) for r in (0.5, 0.1)
    )
    found = numbers(made, "conv_w")
    expected = [new[7].conv_w[at] for at in found]
    assert list(found.values()) == pytest.approx(expected, rel=1e-5)
    out_a = arrays.outputs(images, new[7])[IMAGE]
    assert list(numbers(made, "out_a").values()) == pytest.approx(list(out_a), rel=1e-5)

    def good(run, images):
        return [network.accuracy(arrays.outputs(images, p), targets) for p in run]

    costs = [
        [network.cost(arrays.outputs(images, p), targets) for p in run]
        for run in (new, old)
    ]
    accuracies = [
        good(new, images),
        good(new, tested.images),
        good(old, images),
        good(old, tested.images),
    ]
    lines = list(ElementTree.fromstring(made.picture).iter(f"{SVG}polyline"))
    for drawn, curves in ((lines[:2], costs), (lines[2:], accuracies)):
        assert_on_one_scale(drawn, curves)


def assert_on_one_scale(lines, curves):
    """Lines show curves, more of them higher up."""
    drawn = np.concatenate([points(line)[:, 1] for line in lines])
    values = np.concatenate(curves)
    scale = (
        np.polyfit(values, drawn, 1) if np.ptp(values) else [-1, drawn[0] + values[0]]
    )
    assert np.polyval(scale, values) == pytest.approx(drawn, abs=0.2)
    assert scale[0] < 0


def test_learn_takes_the_steps_of_network():
    made = shown(instruments.learn, start="noise 3", rate=0.5, digit=2)
    made.do("clear")
    made.do("paint", "image 2 3", True)
    image, target = np.zeros((1, 6, 6)), np.array([[0.0, 1, 0]])
    image[0, 2, 3] = 1
    expected = [network.random_parameters(3)]
    for n in range(20):
        made.do("step" if n % 2 else "tick")
        batch = (image, target) if n % 2 else (DIGITS.images, DIGITS.targets)
        slopes = network.gradient(*batch, expected[-1])
        expected.append(network.update(expected[-1], slopes, 0.5))
    lines = ElementTree.fromstring(made.picture).iter(f"{SVG}polyline")
    out_a = [arrays.outputs(DIGITS.images, p) for p in expected]
    for line, good in zip(lines, (network.cost, network.accuracy)):
        assert_on_one_scale([line], [[good(a, DIGITS.targets) for a in out_a]])
    for undone in range(3):
        held = network.flat(made.parameters)
        assert held == pytest.approx(network.flat(expected[20 - undone]), abs=1e-12)
        made.do("undo")
    end = network.flat(made.parameters)
    made.set_state({"start": "given values"})
    assert made.parameters is INITIAL
    made.set_state({"start": "last run"})
    assert np.array_equal(network.flat(made.parameters), end)


def test_the_strip_filters():
    made, out_a = shown(instruments.learn), arrays.outputs(DIGITS.images, INITIAL)
    right = np.argmax(out_a, axis=1) == np.argmax(DIGITS.targets, axis=1)
    passed = [network.forward(image, INITIAL) for image in DIGITS.images]
    tied = [
        np.any(network.winner_shares(p.conv_a, p.pooled, "share") == 0.5)
        for p in passed
    ]
    sure = np.diff(np.sort(out_a, axis=1)[:, -2:])[:, 0]
    unsure = sure <= np.sort(sure)[11]
    kinds = {
        "all": right | True,
        "wrong": ~right,
        "has ties": tied,
        "least sure": unsure,
    }
    for which, expected in kinds.items():
        made.set_state({"images": which})
        kept = {int(n) for n in re.findall(r'data-image="(\d+)"', made.strip)}
        assert kept <= set(np.flatnonzero(expected))
        assert len(kept) == (12 if which == "least sure" else np.sum(expected))


def test_an_instrument_is_shown_with_a_picture_and_closes_the_one_before(monkeypatch):
    bundles = []
    monkeypatch.setattr(base, "display", lambda bundle, raw: bundles.append(bundle))
    made = [instruments.learn(DIGITS, INITIAL) for _ in range(2)]
    for one in made:
        instruments.live(one, 'a "caption"')
    stored, view = bundles[:2]
    assert 'alt="a &quot;caption&quot;"' in stored["text/html"]
    assert stored["text/plain"] == '[instrument: a "caption"; run this cell to use it]'
    source = re.search(r"base64,([^\"]*)", stored["text/html"])[1]
    assert base64.b64decode(source).decode() == made[0].picture
    assert made[0].comm is None and made[1].comm is not None


WRONG = [
    (DIGITS._replace(images=DIGITS.images[:, :5]), INITIAL, {}, "images"),
    (DIGITS, INITIAL._replace(out_b=np.zeros(4)), {}, "out_b"),
    (DIGITS, INITIAL, {"image": 96}, "image"),
]


@pytest.mark.parametrize("digits, parameters, state, word", WRONG)
def test_input_is_checked_when_an_instrument_is_made(digits, parameters, state, word):
    for build in (instruments.learn, instruments.one_weight):
        with pytest.raises(ValueError, match=word):
            build(digits, parameters, **state)
