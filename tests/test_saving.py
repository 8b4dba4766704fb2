"""Notebooks run and saved in a real JupyterLab: what it adds makes no test red."""

import pytest
import regenerate
import test_notebooks as documents
from test_browser import NOTEBOOKS, open_notebook, run_all

pytestmark = pytest.mark.browser

SAVE = "window.jupyterapp.commands.execute('docmanager:save')"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_saved_notebook_says_the_same(browser, lab, course_copy, name):
    saved = course_copy / "notebooks" / name
    page = open_notebook(browser, lab, name)
    page.evaluate(SAVE)
    documents.test_structure(saved)
    run_all(page)
    page.evaluate(SAVE)
    page.close()
    assert "codemirror_mode" in saved.read_text(encoding="utf-8"), "not saved"
    for check in ("structure", "code_cells", "outputs"):
        getattr(documents, f"test_{check}")(saved)
    cells = regenerate.read(saved).cells
    stored = regenerate.read(regenerate.ROOT / "notebooks" / name).cells
    assert len(cells) == len(stored)
    for cell, before in zip(cells, stored):
        regenerate.tidy(cell)
        regenerate.tidy(before)
        assert regenerate.same(cell, before), cell.source
