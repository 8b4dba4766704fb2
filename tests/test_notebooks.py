"""The notebooks as documents: structure, worked lines, symbols, and functions equal to
those of helpers. All are found by walking; what they print is compared by nbval."""

import ast
import re
from collections import defaultdict

import nbformat
import pytest
import regenerate

from notebooks import (
    AT_DOOR,
    NUMBER,
    PATHS,
    code_cells,
    declared,
    equations,
    functions,
    may_hide,
    printed,
    read,
    results,
    text_cells,
    text_of,
    unread,
    wrong_sides,
)

ROOT = regenerate.ROOT
# Public functions that no notebook derives, beside those at the door: a module, or one
# function of it, and why.
NOT_DERIVED = {
    "door": "checks of what is given, nothing to derive",
    "data": "reads files",
    "handwriting.load_handwriting": "reads a file",
    "answers": "talks with the reader",
    "network.pool_side": "a check at the door that knows the network",
    "plots": "draws",
    "instruments": "draws, and computes with network and arrays only",
    "checks.check_close": "compares and prints",
    "checks.check_published": "compares and prints",
    "checks.relative_error": "what check_close compares",
}
# Lessons stand in notebooks/ itself; in folders below it, exercises to some of them.
LESSONS = [path for path in PATHS if path.parent.name == "notebooks"]
NUMBERED = [path for path in LESSONS if path.stem[:2].isdigit()]


def named(path):
    return "-".join(path.relative_to(ROOT / "notebooks").with_suffix("").parts)


each_notebook = pytest.mark.parametrize("path", PATHS, ids=named)
each_lesson = pytest.mark.parametrize("path", LESSONS, ids=named)


def test_notebooks_are_numbered_without_a_gap():
    assert [int(path.stem[:2]) for path in NUMBERED] == list(range(len(NUMBERED)))
    assert len(NUMBERED) >= 8


@each_notebook
def test_structure(path):
    assert re.fullmatch(r"([0-9]{2}_)?[a-z_]+\.ipynb", path.name)
    notebook = read(path)
    nbformat.validate(notebook)
    assert {cell.cell_type for cell in notebook.cells} == {"code", "markdown"}
    assert "kernelspec" in notebook.metadata, "never stored by regenerate.py"
    assert notebook.metadata.kernelspec.language == "python"
    assert notebook.metadata.language_info.file_extension == ".py"
    assert "widgets" not in notebook.metadata, "a state of widgets, never compared"
    for cell in text_cells(notebook):
        shows = re.search(r"!\[|<img|<svg", cell.source) or cell.get("attachments")
        assert not shows, f"a picture that no cell draws:\n{cell.source}"
    (heading,) = re.findall("^# .*", text_of(path), re.M)
    opening = notebook.cells[0].source
    assert opening.startswith(heading)
    for words in ("Question.**", "You will be able to**", "You need**", "Minutes:** "):
        assert f"**{words}" in opening
    if path in NUMBERED:
        assert heading.startswith(f"# {path.stem[:2]} · ")
        assert "**Symbols added here" in opening
        assert "**Next:**" in text_cells(notebook)[-1].source


@each_notebook
def test_code_cells(path):
    for cell in code_cells(read(path)):
        source, shown = cell.source, printed(cell)
        assert cell.execution_count, f"never stored by regenerate.py:\n{source}"
        assert len([line for line in source.splitlines() if line.strip()]) <= 18, source
        assert max(map(len, source.splitlines())) <= 88, source
        assert max(map(len, shown.splitlines()), default=0) <= 88, shown
        assert set(cell.metadata.get("tags", [])) <= {"readme-picture"}, source
        assert not re.search(FORBIDDEN, source, re.M | re.I), source
        for node in ast.walk(ast.parse(source)):
            assert not isinstance(node, ast.Assert), f"python -O skips it:\n{source}"
            if isinstance(node, ast.Call) and "check_" in ast.unparse(node.func):
                compared = [ast.unparse(argument) for argument in node.args[1:3]]
                assert len(set(compared)) == len(compared), f"with itself:\n{source}"
        for text in (source, shown):
            assert not re.search(MACHINE, text), text


# Markers of nbval, magics, the network.
FORBIDDEN = r"NBVAL|PYTEST_|get_ipython|^\s*[%!]|https?://|urllib|requests\."
# Folders of one machine, a type NumPy 1 does not print, a negative zero.
MACHINE = (
    r"(?<![\w./])/(?:home|tmp|root|Users|usr|opt|var|mnt)/|\b[A-Z]:\\|\b0x[0-9a-f]{6}"
    r"|\bnp\.float64\(|-0\.0+\b(?!\d)"
)


@each_notebook
def test_outputs(path):
    """Nothing but prints and pictures, each picture with a text in its place."""
    for cell in code_cells(read(path)):
        html = ""
        for output in cell.outputs:
            assert output.output_type in ("stream", "display_data"), cell.source
            assert output.get("name", "stdout") == "stdout", f"stderr: {cell.source}"
            data = output.get("data", {})
            assert "image/png" not in data or "<img" in data["text/html"], cell.source
            assert not output.get("metadata"), f"a size of its own: {cell.source}"
            assert not {"image/png", regenerate.WIDGET_VIEW} <= set(data), cell.source
            html += data.get("text/html", "")
        for picture in re.findall(r"<img\b[^>]*>", html):
            assert re.search(r"\balt=([\"'])[^\"']+\1", picture), cell.source
        shows = re.search(r"\b(?:show|live)\(", cell.source)
        assert not shows or "<img" in html, f"no picture: {cell.source}"


@each_notebook
def test_worked_lines_are_right_in_the_digits_printed(path):
    for sides in equations(text_of(path)):
        assert not wrong_sides(sides)
        assert not unread(sides), "not redone: write it so that `value` can read it"


@pytest.mark.parametrize(
    "formula, right",
    [
        (r"\frac12 (0.7860 - 1)^2 = 0.022898", True),
        (r"\frac12 (0.7860 - 1)^2 = 0.022909", False),
        (r"a(1 - a) = 0.786 \cdot 0.214 = 0.1682", True),
        (r"a(1 - a) = 0.786 \cdot 0.214 = 0.168 = 0.1683", False),
        (r"\begin{aligned}\delta &= -0.2 \times 0.17 \\ &= -0.03 \end{aligned}", True),
        (r"\begin{aligned}\delta &= -0.2 \times 0.17 \\ &= 0.03 \end{aligned}", False),
        (r"\frac{1}{1 + e^{-1.30}} \approx 0.786", True),
        (r"\sigma(1.30) = 0.787", False),
        (r"0.20 \times0.3 \;=\; 0.07", False),
        (r"8 \left( \tfrac9{16} - \tfrac1{16} \right) = 4.1", False),
        (r"0.1 \cdot 0.2 + 0.3\,(-0.5) = -0.13, \quad 2 \cdot 3 = 7", False),
        (r"1{,}024 + 2 \cdot 10^{3} = 3{,}024", True),
    ],
)
def test_a_wrong_worked_line_is_seen(formula, right):
    assert any(wrong_sides(sides) for sides in equations(f"${formula}$")) != right


@pytest.mark.parametrize(
    "formula",
    [r"\min(0.2, 0.3) = 0.3", r"\log 2.5 = 1", r"0.5\,\% = 0.5", r"{0.4} = 1"],
)
def test_a_worked_line_that_cannot_be_read_is_seen(formula):
    assert any(map(unread, equations(f"${formula}$")))


@each_lesson
def test_numbers_in_the_text_are_computed(path):
    """What a reader meets in the text stands in the code or an output of the notebook,
    or is the result of a worked line, which is redone."""
    notebook = read(path)
    shown = [cell.source + "\n" + printed(cell) for cell in code_cells(notebook)]
    computed = set(re.findall(NUMBER, "\n".join(shown)))
    plain_sizes = {"36", "39", "49", "60", "69", "91", "95", "96"}
    for cell in text_cells(notebook):
        computed = computed.union(*map(results, equations(cell.source)))
        text = re.sub(NOT_COMPUTED, "", cell.source, flags=re.M)
        for found in re.findall(NUMBER, text):
            if "." in found or int(found) >= 10:
                where = f"{found} is computed by no cell:\n{cell.source}"
                assert found in computed | plain_sizes, where


# Headings' numbers, links, code, powers of ten, one half, minutes, rows of the map.
NOT_COMPUTED = (
    r"^##? \d+( ·|\.)|\[\d\d |\]\([^)]*\)|`[^`]*`|\b\d+\^\{?-?\d+\}?|\\t?frac12"
    r"|\*\*Minutes:\*\* \d+|\| \d+ \|$"
)


@each_notebook
def test_every_symbol_is_in_the_notation(path):
    """The table of notebook 00, and what a notebook says it adds, are the source."""
    tables = [cell.source for cell in text_cells(read(PATHS[0]))]
    known = declared("\n".join(one for one in tables if "| formula | code |" in one))
    lesson = ROOT / "notebooks" / path.name
    for opening in {text_cells(read(place))[0].source for place in (lesson, path)}:
        known |= declared(opening.partition("**Symbols added here")[2])
    known |= {name.split("^")[0] for name in known}
    for cell in text_cells(read(path)):
        unknown = declared(cell.source) - known
        assert not unknown, f"{unknown} in no table of symbols:\n{cell.source}"
        other = re.search(r"\\[(\[]|\\begin\{equation|[α-ω]", cell.source)
        assert not other, f"{other} instead of a formula in $:\n{cell.source}"


def test_public_functions_are_derived_in_one_notebook_or_listed():
    """Notebook and helpers hold the same function, docstring and door aside."""
    held, derived, used = defaultdict(list), defaultdict(list), set()
    for path in (ROOT / "helpers").rglob("*.py"):
        module = path.relative_to(ROOT / "helpers").with_suffix("").parts
        text = path.read_text(encoding="utf-8")
        for node in () if module[0] in NOT_DERIVED else ast.parse(text).body:
            assert not may_hide(node), f"not a function: {ast.unparse(node)}"
        for name, form in functions(text).items():
            places = {".".join([*module, name][:n]) for n in range(1, len(module) + 2)}
            used |= places & set(NOT_DERIVED)
            if not re.match(f"_|{AT_DOOR}", name):
                held[name] += [] if places & set(NOT_DERIVED) else [form]
    for path in LESSONS:
        for cell in code_cells(read(path)):
            for name, form in functions(cell.source).items():
                derived[name].append(form)
    for name, forms in held.items():
        wanted = f"{name}: to be derived in one notebook, or named in NOT_DERIVED"
        times = len(derived[name])
        assert times == len(forms), f"{wanted}; now in {times} cells"
        assert sorted(derived[name]) == sorted(forms), f"{name} is not as in helpers"
    assert used == set(NOT_DERIVED), "listed, but there is no such function"


def test_the_maps_list_every_notebook():
    start = text_of(PATHS[0])
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in LESSONS:
        found = re.search(r"\*\*Minutes:\*\* (\d+)", read(path).cells[0].source)
        assert found, f"{path.name} needs **Minutes:** and their number"
        minutes = found[1]
        row = rf"{path.name}\) \|.*\| {minutes} \|"
        wanted = f"a row for {path.name} with its {minutes} minutes"
        assert re.search(rf"\({row}", start), f"the map in notebook 00 needs {wanted}"
        assert re.search(rf"\(notebooks/{row}", readme), f"README's map needs {wanted}"


def test_readme_shows_the_stored_picture_and_says_what_it_is():
    picture, caption = regenerate.readme_picture(read(PATHS[0]))
    assert picture == regenerate.README_PICTURE.read_bytes()
    place = regenerate.README_PICTURE.relative_to(ROOT).as_posix()
    assert f"![{caption}]({place})" in (ROOT / "README.md").read_text(encoding="utf-8")
