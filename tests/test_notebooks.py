"""The notebooks as documents: structure, numbers in the text, and functions equal to those of helpers."""

import base64
import re
import shutil
from pathlib import Path

import nbformat
import pytest
import regenerate
from notebooks import PATHS, ROOT, code_cells, functions, outputs_as_text, read, text_cells

NOT_DERIVED = {
    "data": {"load_published", "_arrange"},
    "network": set(),
    "arrays": set(),
    "checks": {"relative_error", "power_above", "check_close", "check_published"},
}

each_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def test_notebooks_are_found():
    assert len(PATHS) >= 8
    assert [path.stem[:2] for path in PATHS] == [f"{n:02d}" for n in range(len(PATHS))]


@each_notebook
def test_structure(path):
    assert re.fullmatch(r"[0-9]{2}_[a-z_]+\.ipynb", path.name)
    notebook = read(path)
    nbformat.validate(notebook)
    assert dict(notebook.metadata) == regenerate.METADATA
    headings = [line for cell in text_cells(notebook) for line in cell.source.splitlines() if line.startswith("# ")]
    assert len(headings) == 1 and notebook.cells[0].source.startswith(f"# {path.stem[:2]} · ")
    assert [cell.execution_count for cell in code_cells(notebook)] == list(range(1, len(code_cells(notebook)) + 1))


@each_notebook
def test_outputs_are_clean(path):
    for cell in code_cells(read(path)):
        lines = [line for line in cell.source.splitlines() if line.strip()]
        assert len(lines) <= 18, f"too long for a projector:\n{cell.source}"
        assert "raises-exception" not in cell.metadata.get("tags", []), cell.source
        assert not re.search(r"^\s*[%!]|https?://|urlopen|requests\.", cell.source, re.M), f"magic or network: {cell.source}"
        for output in cell.outputs:
            assert output.output_type in ("stream", "display_data"), f"{output.output_type}: {cell.source}"
            assert output.get("name", "stdout") == "stdout", f"printed to stderr: {cell.source}"
            assert "image/png" not in output.get("data", {}) or re.match(r"\[(figure|instrument)", output.data["text/plain"])
            assert regenerate.WIDGET_VIEW not in output.get("data", {})
        for text in (cell.source, outputs_as_text(cell)):
            assert not re.search(r"(?<![\w./])/(?:home|tmp|root|Users|usr)/|\b[A-Z]:\\\\|\bnp\.float64\(|-0\.0+\b(?![\d])", text), text


@each_notebook
def test_nothing_is_ignored_by_nbval(path):
    for cell in code_cells(read(path)):
        assert not {"nbval-ignore-output", "nbval-skip"} & set(cell.metadata.get("tags", []))
        assert "NBVAL" not in cell.source.upper()


@each_notebook
def test_opening_and_end(path):
    cells = text_cells(read(path))
    for word in ("**Question.**", "**You will be able to**", "**You need**", "**Minutes:**"):
        assert word in cells[0].source
    if "instrument" not in path.stem:
        assert "**Symbols added here" in cells[0].source
        assert "## What was established" in cells[-1].source and "**Next:**" in cells[-1].source


@each_notebook
def test_numbers_in_the_text_are_computed(path):
    """A number a reader meets in the text must stand in the code or an output of the same notebook."""
    notebook = read(path)
    number = r"\d+(?:\.\d+)?"
    computed = {found for cell in code_cells(notebook) for found in re.findall(number, cell.source + "\n" + outputs_as_text(cell))}
    plain_sizes = {"36", "39", "49", "60", "69", "91", "95", "96"}
    for cell in text_cells(notebook):
        text = re.sub(r"\]\([^)]*\)|`[^`]*`|\b\d+\^\{?-?\d+\}?|\\t?frac12|\*\*Minutes:\*\* \d+|\| \d+ \|$", "", cell.source, flags=re.M)
        for found in re.findall(number, text):
            if "." in found or int(found) >= 10:
                assert found in computed | plain_sizes, f"{found} is not computed in this notebook:\n{cell.source}"


def test_each_helper_function_is_derived_once_and_equal():
    """arrays has functions of the same names as network; those of notebook 08 are meant."""
    held_by = {module: functions((ROOT / "helpers" / f"{module}.py").read_text(encoding="utf-8")) for module in NOT_DERIVED}
    everywhere = {}
    in_arrays = {}
    for path in PATHS:
        for cell in code_cells(read(path)):
            for name, form in functions(cell.source).items():
                found = in_arrays if path.stem.startswith("08") and name in held_by["arrays"] else everywhere
                found.setdefault(name, []).append((path.name, form))
    for module, held in held_by.items():
        derived = in_arrays if module == "arrays" else everywhere
        assert NOT_DERIVED[module] <= set(held)
        for name in set(held) - NOT_DERIVED[module]:
            assert name in derived, f"helpers.{module}.{name} is derived in no notebook"
            assert len(derived[name]) == 1, f"{name} is defined more than once: {[where for where, _ in derived[name]]}"
            where, form = derived[name][0]
            assert form == held[name], f"{name} in {where} differs from helpers.{module}.{name}"


def test_the_map_lists_every_notebook():
    start = "\n".join(cell.source for cell in text_cells(read(PATHS[0])))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in PATHS:
        minutes = re.search(r"\*\*Minutes:\*\* (\d+)", read(path).cells[0].source)[1]
        assert re.search(rf"\({path.name}\) \|.*\| {minutes} \|", start), path.name
        assert re.search(rf"\(notebooks/{path.name}\) \|.*\| {minutes} \|", readme), path.name


def test_readme_lists_every_public_function():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    tables = dict(re.findall(r"\*\*`helpers\.(\w+)`\*\*(.*?)(?=\*\*`helpers|\n\n)", readme, re.S))
    for module, table in tables.items():
        public = {name for name in functions((ROOT / "helpers" / f"{module}.py").read_text(encoding="utf-8")) if name[0] != "_"}
        assert public == set(re.findall(r"^\| `(\w+)` \|", table, re.M)), module


def test_readme_shows_the_stored_picture():
    picture = regenerate.readme_picture(read(PATHS[0]))
    assert base64.b64decode(picture) == regenerate.README_PICTURE.read_bytes()
    assert str(regenerate.README_PICTURE.relative_to(ROOT).as_posix()) in (ROOT / "README.md").read_text(encoding="utf-8")


def test_regenerating_twice_changes_nothing(tmp_path):
    path = Path(shutil.copy(PATHS[1], tmp_path))
    regenerate.regenerate(path)
    once = path.read_bytes()
    regenerate.regenerate(path)
    assert path.read_bytes() == once
