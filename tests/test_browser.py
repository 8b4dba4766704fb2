"""Notebooks and instruments in a real browser: python -m pytest tests/test_browser.py

Needs tests/requirements-browser.txt and a Chromium. Leaves screenshots in
tests/screenshots, or where the environment variable SCREENSHOTS says.
"""

import os
import re
import time
from pathlib import Path

import numpy as np
import pytest
import regenerate
import test_notebooks as documents
from cases import DIGITS, INITIAL
from regenerate import ROOT

from helpers import arrays, checks, network
from helpers.data import load_handwritten
from helpers.instruments.instrument import backwards
from helpers.instruments.svg import figures

try:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import expect

    expect.set_options(timeout=20_000)
except ImportError:
    pass  # every test here needs the fixture `browser`, which says what is missing

SCREENSHOTS = Path(os.environ.get("SCREENSHOTS") or ROOT / "tests" / "screenshots")
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
INSTRUMENTS = (
    "learn convolution_stepper backward_explorer one_weight training_scrubber".split()
)

# The page's own indicator says "idle" before there is a kernel.
KERNEL_READY = """() => {
  const notebook = window.jupyterapp?.shell?.currentWidget;
  const session = notebook?.sessionContext, kernel = session?.session?.kernel;
  return !!(notebook?.context?.isReady && session?.isReady
    && kernel?.status === 'idle' && kernel.connectionStatus === 'connected');
}"""
# A promise of Lab that never ends must not hang the tests.
RUN_ALL = """milliseconds => Promise.race([
  window.jupyterapp.commands.execute('notebook:run-all-cells').then(ok => ok !== false),
  new Promise(resolve => setTimeout(() => resolve('not done'), milliseconds))])"""
KERNEL = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
COMMS = f"""() => {KERNEL}.requestCommInfo({{}})
  .then(reply => Object.keys(reply.content.comms).length)"""
SAVE = "window.jupyterapp.commands.execute('docmanager:save')"
THEME = """theme =>
  window.jupyterapp.commands.execute('apputils:change-theme', { theme })"""


def open_notebook(browser, lab, name, zoom=1.0):
    """A page of 1280 x 800 pixels, as on a projector, the notebook and kernel ready."""
    size = {"width": int(1280 / zoom), "height": int(800 / zoom)}
    page = browser.new_page(viewport=size, device_scale_factor=zoom)
    page.set_default_timeout(30_000)
    page.goto(f"{lab}/lab/tree/notebooks/{name}?reset")
    page.wait_for_function(KERNEL_READY, timeout=60_000)
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    return page


def outputs(page, kind):
    return page.locator(f"[data-mime-type='application/vnd.jupyter.{kind}']")


def run_all(page, milliseconds=120_000):
    """Run all cells: no error, nothing on stderr, no dialog, nothing half drawn."""
    ended = page.evaluate(RUN_ALL, milliseconds)
    assert ended is True, (ended, outputs(page, "error").all_inner_texts())
    page.wait_for_function(KERNEL_READY, timeout=milliseconds)
    prompts = page.locator(".jp-CodeCell .jp-InputPrompt").all_inner_texts()
    assert prompts and all(text.strip("[]: ").isdigit() for text in prompts), prompts
    assert page.locator(".jp-Dialog").count() == 0
    assert outputs(page, "error").count() + outputs(page, "stderr").count() == 0
    for complaint in ("Loading widget", "Error displaying widget", "Error creating"):
        expect(page.get_by_text(complaint)).to_have_count(0)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_and_saved_says_the_same(browser, lab, course_copy, name):
    saved = course_copy / "notebooks" / name
    page = open_notebook(browser, lab, name)
    page.evaluate(SAVE)
    documents.test_structure(saved)
    run_all(page)
    pictures = page.locator(".jp-OutputArea-output img").all()
    assert all(picture.get_attribute("alt") for picture in pictures)
    page.evaluate(SAVE)
    panel = page.locator(".jp-NotebookPanel .jp-WindowedPanel-outer")
    height = 200 + panel.evaluate("it => it.scrollHeight")
    page.set_viewport_size({"width": 1280, "height": height})
    panel.evaluate("it => it.scrollTop = 0")
    page.wait_for_timeout(1000)
    page.screenshot(path=SCREENSHOTS / f"{saved.stem}.png")
    # A kernel that lives on would bring the instruments of the next page to life.
    page.evaluate("window.jupyterapp.serviceManager.sessions.shutdownAll()")
    page.close()
    assert "codemirror_mode" in saved.read_text(encoding="utf-8"), "not saved"
    documents.test_structure(saved)
    documents.test_code_cells(saved)
    documents.test_outputs(saved)
    stored = regenerate.read(ROOT / "notebooks" / name)
    assert regenerate.changed(regenerate.read(saved), stored) == []


class Used:
    """An instrument of the panel in the hands of a person."""

    def __init__(self, page, name):
        self.page = page
        cell = page.locator(".jp-CodeCell", has_text=re.compile(rf"live\(\s*{name}\("))
        self.it = cell.locator(".instrument")
        expect(self.it).to_have_count(1)
        self.it.evaluate("it => it.scrollIntoView({ block: 'start' })")
        page.mouse.move(0, 0)

    def button(self, name):
        self.it.locator(".controls").get_by_role(
            "button", name=name, exact=True
        ).click()

    def choose(self, group, value):
        choices = self.it.get_by_role("group", name=group, exact=True)
        one = choices.get_by_role("button", name=value, exact=True)
        one.click()
        expect(one).to_have_attribute("aria-pressed", "true")

    def select(self, label, value):
        self.it.get_by_label(label, exact=True).select_option(value)

    def slide(self, label, key, times=1):
        slider = self.it.get_by_role("slider", name=label, exact=True)
        for _ in range(times):
            slider.press(key)
        shown = slider.locator("xpath=following-sibling::*")
        expect(shown).to_have_text(slider.input_value())

    def image(self, number):
        self.it.locator(f".strip [data-at='{number}']").click()

    def cell(self, at):
        return self.it.locator(f".picture [data-at='{at}']")

    def says(self, text):
        expect(self.it.get_by_role("status")).to_contain_text(text)

    def agrees(self, kind, array, seconds=10):
        """What cells of a kind are said to be comes to be the numbers of an array."""
        read = """(all, kind) => all
          .filter(one => one.dataset.at.split(" ")[0] === kind)
          .map(one => [one.dataset.at, one.querySelector("title").textContent])"""
        deadline, wrong = time.monotonic() + seconds, True
        while wrong and time.monotonic() < deadline:
            found = self.it.locator(".picture [data-at]").evaluate_all(read, kind)
            shown = {
                at: float(re.search(r"= ([\d.e+-]+)", text)[1]) for at, text in found
            }
            places = {at: tuple(map(int, at.split()[1:])) for at in shown}
            wrong = [
                (at, value)
                for at, value in shown.items()
                if not np.isclose(value, array[places[at]], rtol=1e-5, atol=1e-12)
            ] or not found
        assert not wrong, (kind, wrong)

    def draws(self, image, digit, parameters):
        """Learn shows what network makes of an image that is said to be a digit."""
        flow = backwards(image, np.eye(3)[digit - 1], parameters)
        for kind in (*parameters._fields, "image", "conv_a", "pooled", "out_a"):
            self.agrees(kind, getattr(flow, kind))


# Before the fixture below opens the same notebook, which its page saves by itself.
def test_run_again_saved_restarted_and_opened_again(browser, lab):
    page = open_notebook(browser, lab, "instrument_panel.ipynb")
    stored = page.locator(".first-state img:visible")
    expect(stored).to_have_count(5)
    run_all(page)
    before = page.evaluate(COMMS)
    for _ in range(10):
        run_all(page)
    assert page.evaluate(COMMS) == before
    assert page.locator(".instrument").count() == 5
    expect(stored).to_have_count(0)
    page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    page.evaluate(f"() => {{ {KERNEL}.restart() }}")
    learn = Used(page, "learn")
    learn.says("Run this cell to use it.")
    assert learn.it.locator(".controls").evaluate("it => it.inert")
    page.close()
    page = open_notebook(browser, lab, "instrument_panel.ipynb")
    stored = page.locator(".first-state img:visible")
    expect(stored).to_have_count(5)
    assert all(picture.get_attribute("alt") for picture in stored.all())
    expect(
        page.get_by_text("Error displaying widget").locator("visible=true")
    ).to_have_count(0)
    page.close()


@pytest.fixture(scope="module")
def panel(browser, lab):
    """The instrument panel, run once."""
    page = open_notebook(browser, lab, "instrument_panel.ipynb")
    run_all(page)
    # Lab's body has no height, and axe would take all text for hidden.
    page.add_style_tag(content="body { height: 100vh }")
    yield page
    page.close()


def step(images, targets, parameters, rate=0.1):
    return network.update(
        parameters, network.gradient(images, targets, parameters), rate
    )


def test_learn_by_mouse(panel):
    learn = Used(panel, "learn")
    learn.image(40)
    learn.draws(DIGITS.images[40], 2, INITIAL)
    learn.button("clear")
    learn.agrees("image", np.zeros((6, 6)))
    first, last = (learn.cell(f"image {n} {n}").bounding_box() for n in (0, 5))
    panel.mouse.move(first["x"] + 9, first["y"] + 9)
    panel.mouse.down()
    panel.mouse.move(last["x"] + 9, last["y"] + 9, steps=2)  # a flick
    panel.mouse.up()
    learn.choose("it is a", "3")
    drawn, expected = np.eye(6), INITIAL
    for n in range(2):
        learn.button("one step")
        expected = step(drawn[None], np.array([[0, 0, 1.0]]), expected)
        learn.says(f"After {n + 1} steps")
        learn.draws(drawn, 3, expected)
    learn.button("undo")
    learn.draws(drawn, 3, step(drawn[None], np.array([[0, 0, 1.0]]), INITIAL))
    learn.select("start from", "noise 1")
    learn.button("play / pause")
    panel.wait_for_timeout(2000)
    learn.button("play / pause")
    expect(learn.it.get_by_role("status")).not_to_contain_text("After 0 steps")
    count = int(re.search(r"After (\d+) steps", learn.it.inner_text())[1])
    noise = network.random_parameters(1)
    expected = arrays.train(DIGITS.images, DIGITS.targets, noise, epochs=count)[-1]
    learn.draws(drawn, 3, expected)
    flow = backwards(drawn, np.array([0, 0, 1.0]), expected)
    learn.button("deltas")
    for at, value in (
        ("conv_a 1 2 2", flow.conv_delta[1, 2, 2]),
        ("out_b 2", flow.out_delta[2]),
    ):
        learn.cell(at).hover()
        learn.says(f"= {figures(value, 4)}")
    learn.button("deltas")
    learn.cell("out_a 1").hover()
    learn.says(f"= {figures(flow.out_a[1], 4)}")


def test_learn_by_keyboard_alone(panel):
    learn = Used(panel, "learn")
    learn.it.locator(".strip [data-at='0']").focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"):
        panel.keyboard.press(key)
    expect(learn.it.locator(".strip [data-at='0']")).to_be_focused()
    for key in ("ArrowDown", "ArrowRight", "Space"):
        panel.keyboard.press(key)
    number = int(np.flatnonzero(DIGITS.labels == 2)[1])
    image = DIGITS.images[number].copy()
    learn.agrees("image", image)
    for _ in range(13):
        panel.keyboard.press("Tab")
    pixel = learn.it.locator(".picture [data-at]:focus")
    expect(pixel).to_have_css("outline", "rgb(213, 94, 0) solid 3px")
    panel.keyboard.press("Space")
    image[0, 0] = 1 - image[0, 0]
    learn.agrees("image", image)
    for _ in range(8):
        panel.keyboard.press("ArrowRight")
    expect(learn.it.locator("[data-at^='conv_w 0']:focus")).to_have_count(1)
    learn.says("w")


def test_the_stepper(panel):
    stepper = Used(panel, "convolution_stepper")
    stepper.image(3)
    stepper.choose("filter", "1")
    stepper.slide("step", "ArrowRight", 6)
    passed, window = (
        network.forward(DIGITS.images[3], INITIAL),
        DIGITS.images[3][1:4, 2:5],
    )
    stepper.agrees("product", window * INITIAL.conv_w[1])
    stepper.agrees("conv_w", INITIAL.conv_w)
    z, a = passed.conv_z[1, 1, 2], passed.conv_a[1, 1, 2]
    stepper.says(f"σ({figures(z, 4)}) = {figures(a, 4)}")
    stepper.button("to the start")
    stepper.button("play / pause")
    play = stepper.it.get_by_role("button", name="play / pause", exact=True)
    expect(play).to_have_attribute("aria-pressed", "true")
    expect(stepper.it.get_by_role("slider")).to_have_value("19", timeout=30_000)
    expect(play).to_have_attribute("aria-pressed", "false")
    stepper.agrees("conv_a", passed.conv_a)
    stepper.agrees("pooled", passed.pooled)


def test_the_backward_explorer(panel):
    explorer = Used(panel, "backward_explorer")
    explorer.image(20)
    explorer.choose("map", "2")
    for rule in network.TIES:
        explorer.choose("tie rule", rule)
        flow = backwards(DIGITS.images[20], DIGITS.targets[20], INITIAL, rule)
        for number, kinds in enumerate(
            (
                "out_delta",
                "reaching",
                "share unpooled",
                "slope conv_delta",
                "conv_w_gradient",
            )
        ):
            explorer.choose("step", str(number))
            for kind in kinds.split():
                explorer.agrees(kind, getattr(flow, kind))
    explorer.choose("step", "3")
    explorer.cell("conv_delta 2 1 1").hover()
    explorer.says("∂C/∂p · share · σ′")


def test_the_class_answers_first(panel):
    explorer = Used(panel, "backward_explorer")
    flow = backwards(DIGITS.images[3], DIGITS.targets[3], INITIAL)
    explorer.image(3)
    explorer.choose("step", "0")
    explorer.select("you first", "[0, 0]")
    for o in range(3):
        expect(explorer.cell(f"out_delta {o}")).to_contain_text("?")
    field = explorer.it.get_by_role("spinbutton", name="δO0", exact=True)
    for answer, verdict in (
        (flow.error[0], "δO0: this looks like: σ′ is missing"),
        (flow.out_delta[0], "δO0: right"),
    ):
        field.fill(f"{answer:.3g}")
        field.press("Enter")
        explorer.says(verdict)
        expect(field).to_be_focused()
    for o in (1, 2):
        expect(explorer.cell(f"out_delta {o}")).to_contain_text("?")
        explorer.it.get_by_role("button", name=f"reveal δO{o}", exact=True).click()
        explorer.says(f"δO{o} =")
    explorer.agrees("out_delta", flow.out_delta)
    explorer.choose("step", "3")
    expect(explorer.it.get_by_role("spinbutton")).to_have_count(4)
    found = Axe().run(panel, context=[".instrument"]).response["violations"]
    assert not found, [(one["id"], one["nodes"][0]["html"]) for one in found]
    explorer.it.screenshot(path=SCREENSHOTS / "backward_explorer_hidden.png")
    explorer.select("you first", "off")
    expect(explorer.it.get_by_role("spinbutton")).to_have_count(0)


def test_one_weight(panel):
    weight, place = Used(panel, "one_weight"), (2, 2, 2)
    images, targets = DIGITS.images[[20]], DIGITS.targets[[20]]

    def cost(point):
        conv_w = INITIAL.conv_w.copy()
        conv_w[place] = point[0]
        moved = INITIAL._replace(conv_w=conv_w)
        return float(network.cost(network.outputs(images, moved), targets))

    weight.says("misses the curve")
    weight.choose("tie rule", "share")
    weight.says("touches the curve")
    weight.slide("moved by", "ArrowLeft", 8)
    value = INITIAL.conv_w[place] - 0.4
    (slope,) = checks.finite_differences(cost, np.array([value]))
    weight.says(f"= {value:.4f}, C = {cost([value]):.5f}")
    weight.says(f"derived {slope:.5f}, measured {slope:.5f}")
    weight.choose("cost of", "all images")
    weight.image(5)
    expect(weight.it.get_by_role("button", name="one image")).to_have_attribute(
        "aria-pressed", "true"
    )


def test_the_scrubber(panel):
    scrubber, written = Used(panel, "training_scrubber"), load_handwritten()
    scrubber.slide("epoch", "ArrowRight", 3)
    run = arrays.train(DIGITS.images, DIGITS.targets, INITIAL)

    def agrees(run, epoch):
        tested = arrays.outputs(written.images, run[epoch])
        accuracy = 100 * network.accuracy(tested, written.targets)
        scrubber.says(f"After epoch {epoch}:")
        scrubber.says(f"of handwritten digits {accuracy:.1f} %")
        scrubber.agrees("conv_w", run[epoch].conv_w)

    agrees(run, 3)
    scrubber.button("pin this run")
    scrubber.select("rate η", "0.5")
    scrubber.slide("epoch", "End")
    agrees(arrays.train(DIGITS.images, DIGITS.targets, INITIAL, learning_rate=0.5), 50)
    expect(scrubber.it.locator(".picture")).to_contain_text("pinned, rate 0.1")


# The colours of an instrument's words, in its picture (which axe does not judge) too.
INKS = """it => [...new Set([it, ...it.querySelectorAll('.picture > svg text')]
  .filter(one => !one.closest('g[data-at]'))
  .map(one => getComputedStyle(one)[one === it ? 'color' : 'fill']))]"""


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_nothing_is_out_of_reach(panel, theme):
    panel.evaluate(THEME, theme)
    panel.wait_for_timeout(1500)
    for name in INSTRUMENTS:
        used = Used(panel, name)
        used.it.screenshot(path=SCREENSHOTS / f"{name}_{theme[11:]}.png")
        assert len(used.it.evaluate(INKS)) == 1
        found = Axe().run(panel, context=[".instrument"]).response["violations"]
        assert not found, [(one["id"], one["nodes"][0]["html"]) for one in found]


@pytest.mark.parametrize("zoom", [1, 1.25, 1.5])
def test_an_instrument_fits_a_projector(browser, lab, zoom):
    page = open_notebook(browser, lab, "instrument_panel.ipynb", zoom)
    run_all(page)
    panel = page.locator(".jp-NotebookPanel .jp-WindowedPanel-outer")
    for name in INSTRUMENTS:
        used = Used(page, name)
        used.it.screenshot(path=SCREENSHOTS / f"{name}_{zoom}.png")
        box, room = used.it.bounding_box(), panel.bounding_box()
        right = "it => Math.max(...[...it.querySelectorAll('*')].map(one => one"
        right += ".getBoundingClientRect().right))"
        assert used.it.evaluate(right) <= room["x"] + room["width"] - 10
        assert used.it.evaluate("it => it.scrollWidth <= it.clientWidth")
        if zoom < 1.5:
            assert box["height"] <= room["height"], (name, box)
    page.close()
