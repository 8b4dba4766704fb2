"""The notebooks and instruments in a real browser, used as a person would: python -m pytest tests/test_browser.py

Needs tests/requirements-browser.txt and a Chromium. Leaves screenshots in tests/screenshots, or where the environment
variable SCREENSHOTS says.
"""

import os
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from helpers.checks import finite_differences
from helpers.data import load_digits, load_published
from helpers.network import Parameters, train

try:
    from playwright.sync_api import expect

    expect.set_options(timeout=20_000)
except ImportError:
    expect = None  # every test here needs the fixture `browser`, which then says what is missing

ROOT = Path(__file__).resolve().parent.parent
SCREENSHOTS = Path(os.environ.get("SCREENSHOTS") or ROOT / "tests" / "screenshots")
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
PANEL = "09_instrument_panel.ipynb"

# The notebook is loaded and its kernel connected and idle; the page's own indicator says "idle" before there is a kernel.
KERNEL_READY = """() => {
  const notebook = window.jupyterapp?.shell?.currentWidget, session = notebook?.sessionContext, kernel = session?.session?.kernel;
  return !!(notebook?.context?.isReady && session?.isReady && kernel?.status === 'idle' && kernel.connectionStatus === 'connected');
}"""
# A promise of Lab that never ends must not hang the tests.
RUN_ALL = """milliseconds => Promise.race([
  window.jupyterapp.commands.execute('notebook:run-all-cells').then(ok => ok === false ? 'failed' : 'done'),
  new Promise(resolve => setTimeout(() => resolve('not done in time'), milliseconds))])"""

pytestmark = pytest.mark.browser


def open_notebook(browser, lab, name):
    """A new page of 1280 x 800, as on a projector, with the notebook and its kernel ready."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(30_000)
    page.goto(f"{lab}/lab/tree/notebooks/{name}?reset")
    page.wait_for_function(KERNEL_READY, timeout=60_000)
    return page


def nothing_half_drawn(page):
    """No widget that could not be drawn, and no object in the place of one."""
    for complaint in ("Loading widget", "Error displaying widget", "Error creating widget", "children=("):
        assert page.get_by_text(complaint).count() == 0, complaint


def run_all(page, milliseconds=120_000):
    """Run all cells; no error, nothing on stderr, no dialog, nothing half drawn."""
    ended = page.evaluate(RUN_ALL, milliseconds)
    assert ended == "done", (ended, page.locator("[data-mime-type='application/vnd.jupyter.error']").all_inner_texts())
    page.wait_for_function(KERNEL_READY, timeout=milliseconds)
    prompts = page.locator(".jp-CodeCell .jp-InputPrompt").all_inner_texts()
    assert prompts and all(prompt.strip("[]: ").isdigit() for prompt in prompts), prompts
    assert page.locator(".jp-Dialog").count() == 0
    for kind in ("error", "stderr"):
        assert page.locator(f"[data-mime-type='application/vnd.jupyter.{kind}']").all_inner_texts() == []
    nothing_half_drawn(page)


def screenshots_of(page, name):
    """Pictures of a notebook from top to bottom, a screen each."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    panel = page.locator(".jp-NotebookPanel .jp-WindowedPanel-outer")
    top, seen = 0, None
    while top != seen:
        page.screenshot(path=SCREENSHOTS / f"{name}_{top:05d}.png")
        seen = top
        top = panel.evaluate("(panel, to) => { panel.scrollTop = to; return Math.round(panel.scrollTop) }", top + 600)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_from_top_to_bottom(browser, lab, name):
    page = open_notebook(browser, lab, name)
    nothing_half_drawn(page)
    run_all(page)
    screenshots_of(page, Path(name).stem)
    page.close()


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def answer(image, parameters):
    """Feature maps, pooled maps and outputs of an image, in three lines of NumPy that share nothing with the course's."""
    conv_a = sigmoid(np.einsum("krc,ijrc->kij", parameters.conv_w, sliding_window_view(image, (3, 3))) + parameters.conv_b[:, None, None])
    pooled = conv_a.reshape(3, 2, 2, 2, 2).max(axis=(2, 4))
    return conv_a, pooled, sigmoid(np.einsum("okuv,kuv->o", parameters.out_w, pooled) + parameters.out_b)


def cost(image, target, parameters):
    return 0.5 * np.sum((answer(image, parameters)[2] - target) ** 2)


class Used:
    """An instrument of the panel, in the hands of a person: the cell whose code starts it, and what can be done there."""

    def __init__(self, page, start):
        self.page, self.name = page, start
        code = re.compile(rf"live\(\s*{start}\(")
        self.cell = page.locator(".jp-CodeCell").filter(has_text=code).locator(".jp-OutputArea-output .instrument-controls")
        self.cell.scroll_into_view_if_needed()
        expect(self.cell).to_have_count(1)

    def press(self, label, key, times=1):
        """Move a slider with the keyboard."""
        handle = self.cell.locator(".widget-slider").filter(has_text=label).locator(".noUi-handle")
        handle.focus()
        for _ in range(times):
            self.page.keyboard.press(key)

    def select(self, label, option):
        """Choose from a list."""
        self.cell.locator(".widget-dropdown").filter(has_text=label).locator("select").select_option(option)

    def button(self, text):
        """Press a button, of a group or of its own."""
        self.cell.get_by_role("button", name=text, exact=True).click()

    def shows(self, text):
        expect(self.cell.locator(".instrument")).to_contain_text(text)

    def table_shows(self, caption, values, decimals):
        """The table with this caption shows these values."""
        texts = [f"{round(float(value), decimals) + 0.0:.{decimals}f}" if value else "0" for value in np.ravel(values)]
        table = self.cell.locator("table.map", has=self.page.locator("caption", has_text=re.compile(f"^{re.escape(caption)}$")))
        expect(table.locator("td")).to_have_text(texts)

    def output_shows(self, out_a):
        """The bars show these outputs."""
        for o, value in enumerate(out_a):
            expect(self.cell.locator("tr", has_text=f"digit {o + 1}")).to_contain_text(f"{value:.3f}")

    def picture(self, state="end"):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.cell.screenshot(path=SCREENSHOTS / f"instrument_{self.name}_{state}.png")

    def fits(self):
        """On a projector, without scrolling."""
        box = self.cell.bounding_box()
        wide = self.cell.evaluate("cell => Math.max(...[...cell.querySelectorAll('*')].map(part => part.getBoundingClientRect().right))")
        assert box["height"] <= 650 and wide <= box["x"] + box["width"] + 1, (box, wide)


@pytest.fixture(scope="module")
def panel(browser, lab):
    """The instrument panel, run once."""
    page = open_notebook(browser, lab, PANEL)
    run_all(page)
    yield page
    page.close()


@pytest.fixture(scope="module")
def course():
    """The digits, and the parameters before and after training."""
    digits, initial = load_digits(), Parameters(**load_published()["initial"])
    return digits, initial, train(digits.images, digits.targets, initial, "all")


def test_the_stepper_by_keyboard_and_by_play(panel, course):
    digits, initial, _ = course
    stepper = Used(panel, "convolution_stepper")
    stepper.select("image", "image 3")
    stepper.select("filter", "filter 1")
    stepper.press("step", "ArrowRight", 6)
    window = digits.images[3][1:4, 2:5]
    z = np.sum(window * initial.conv_w[1]) + initial.conv_b[1]
    stepper.table_shows("products", window * initial.conv_w[1], 2)
    stepper.shows(f"z[1, 2] = {z:.4f}")
    stepper.shows(f"σ(z) = {sigmoid(z):.4f}")
    stepper.picture("slide")
    stepper.fits()
    stepper.press("step", "Home")
    stepper.cell.locator(".jupyter-widgets.widget-play button").first.click()
    expect(stepper.cell.locator(".widget-slider .noUi-handle")).to_have_attribute("aria-valuenow", "19.0", timeout=30_000)
    conv_a, pooled, _ = answer(digits.images[3], initial)
    stepper.table_shows("pooled map p", pooled[1], 3)
    stepper.table_shows("feature map aF = σ(zF)", conv_a[1], 3)
    stepper.shows(f"p[1, 1] = {pooled[1, 1, 1]:.4f}")
    stepper.picture("pool")
    stepper.fits()


def test_the_forward_explorer(panel, course):
    digits, _, history = course
    explorer = Used(panel, "forward_explorer")
    explorer.press("image", "ArrowRight", 2)
    explorer.press("image", "PageUp", 1)
    shown = int(float(explorer.cell.locator(".noUi-handle").get_attribute("aria-valuenow")))
    assert shown > 2
    conv_a, pooled, out_a = answer(digits.images[shown], history[-1])
    explorer.table_shows("image x", digits.images[shown], 0)
    for k in range(3):
        explorer.table_shows(f"feature map {k}", conv_a[k], 3)
        explorer.table_shows(f"pooled map {k}", pooled[k], 3)
    explorer.output_shows(out_a)
    explorer.shows(f"prediction: digit {np.argmax(out_a) + 1}")
    explorer.shows(f"label: digit {digits.labels[shown]}")
    explorer.picture()
    explorer.fits()


def test_the_backward_explorer(panel, course):
    digits, initial, _ = course
    explorer = Used(panel, "backward_explorer")
    explorer.press("image", "ArrowRight", 20)
    image, target = digits.images[20], digits.targets[20]
    out_a = answer(image, initial)[2]
    delta = (out_a - target) * out_a * (1 - out_a)
    for value in delta:
        explorer.shows(f"{value:.5f}")
    explorer.picture("0")
    reaches = np.einsum("o,okuv->kuv", delta, initial.out_w)
    for step in range(1, 5):
        explorer.press("step", "ArrowRight")
        explorer.shows(f"step {step} of 4")
        if step in (1, 2):
            for k in range(3):
                explorer.table_shows(f"∂C/∂p{k}" + (", each above its block" if step == 2 else ""), reaches[k], 4)
        explorer.picture(str(step))
        explorer.fits()
    explorer.button("share")
    explorer.button("2")

    def moved(weights):
        return cost(image, target, initial._replace(conv_w=np.concatenate([initial.conv_w[:2], weights[None]])))

    explorer.table_shows("∂C/∂wF2", finite_differences(moved, initial.conv_w[2]), 5)
    explorer.picture("share")


def test_the_training_scrubber(panel, course):
    digits, initial, history = course
    scrubber = Used(panel, "training_scrubber")
    scrubber.press("epoch", "ArrowRight", 3)
    scrubber.press("image", "ArrowRight")

    def agrees(history, epoch):
        out_a = np.array([answer(image, history[epoch])[2] for image in digits.images])
        scrubber.shows(f"after epoch {epoch}")
        scrubber.shows(f"cost C = {0.5 * np.sum((out_a - digits.targets) ** 2):.4f}")
        scrubber.shows(f"({np.sum(np.argmax(out_a, axis=1) + 1 == digits.labels)} of 96 images)")
        for k in range(3):
            scrubber.table_shows(f"filter {k}, bias {history[epoch].conv_b[k]:.2f}", history[epoch].conv_w[k], 2)
        scrubber.output_shows(out_a[1])

    agrees(history, 3)
    scrubber.press("epoch", "End")
    agrees(history, 50)
    scrubber.picture("all")
    scrubber.fits()
    scrubber.button("share")
    scrubber.select("learning rate", "0.05")
    agrees(train(digits.images, digits.targets, initial, "share", learning_rate=0.05), 50)
    expect(scrubber.cell.locator(".widget-hbox", has_text="training").last).to_contain_text("50 of 50 epochs")
    scrubber.picture("share")


def test_a_digit_drawn_by_mouse_and_keyboard(panel, course):
    _, _, history = course
    drawing = Used(panel, "draw_digit")
    drawn = np.zeros((6, 6))

    def pixel(i, j):
        return drawing.cell.get_by_role("button", name=f"row {i}, column {j}", exact=True)

    def agrees():
        for (i, j), value in np.ndenumerate(drawn):
            expect(pixel(i, j)).to_have_attribute("aria-pressed", "true" if value else "false")
        conv_a, pooled, out_a = answer(drawn, history[-1])
        drawing.output_shows(out_a)
        drawing.table_shows("feature map 2", conv_a[2], 3)
        drawing.table_shows("pooled map 2", pooled[2], 3)
        drawing.shows(f"The network says: digit {np.argmax(out_a) + 1}")

    drawing.button("clear")
    drawing.shows("This drawing is blank.")
    agrees()
    pixel(0, 2).click()
    drawn[0, 2] = 1
    agrees()
    start, end = pixel(2, 3).bounding_box(), pixel(5, 3).bounding_box()
    panel.mouse.move(start["x"] + 20, start["y"] + 20)
    panel.mouse.down()
    panel.mouse.move(end["x"] + 20, end["y"] + 20, steps=12)
    panel.mouse.up()
    drawn[2:6, 3] = 1
    agrees()
    drawing.picture("drawn")
    drawing.fits()
    for key in ("ArrowLeft", "Space", "ArrowUp", "Enter"):
        panel.keyboard.press(key)
    drawn[4, 2] = drawn[5, 2] = 1
    agrees()
    for text, step in (("↑ up", (-1, 0)), ("↓ down", (1, 0)), ("← left", (0, -1)), ("→ right", (0, 1))):
        drawing.button(text)
        drawn = np.pad(drawn, 1)[1 - step[0]:7 - step[0], 1 - step[1]:7 - step[1]]
        agrees()
    drawing.button("invert")
    drawn = 1 - drawn
    agrees()
    drawing.press("example", "ArrowRight", 2)
    drawing.button("load the example")
    drawn = load_digits().images[2]
    agrees()


def test_one_weight_with_kink_and_tie(panel, course):
    digits, initial, _ = course
    weight = Used(panel, "one_weight")
    image, target, place = digits.images[20], digits.targets[20], (2, 2, 2)

    def along(value):
        moved = initial.conv_w.copy()
        moved[place] = value
        return cost(image, target, initial._replace(conv_w=moved))

    def agrees(value):
        measured = (along(value + 1e-6) - along(value - 1e-6)) / 2e-6
        weight.shows(f"= {value:.4f}")
        weight.shows(f"C = {along(value):.5f}")
        weight.shows(f"measured slope {measured:.5f}")
        return measured

    agrees(initial.conv_w[place])
    weight.shows("misses")
    weight.picture("all")
    weight.fits()
    weight.button("share")
    weight.shows("touches the curve")
    weight.press("moved by", "ArrowLeft", 8)
    measured = agrees(initial.conv_w[place] - 0.4)
    weight.shows(f"derived slope {measured:.5f}")
    weight.picture("share")
    weight.button("all 96 images")
    weight.select("weight or bias", "b^O_1")
    weight.shows("No kink")
    weight.shows("touches the curve")
    weight.picture("bias")
