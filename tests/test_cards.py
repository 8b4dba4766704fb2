"""The pages beside the notebooks: the cards of NOTATION.md and the teacher's page."""

import re

import pytest
import regenerate

from notebooks import formulas, read, symbols, text_cells

NOTEBOOKS = regenerate.ROOT / "notebooks"
PAGES = ["NOTATION.md", "TEACHING.md"]


def rows(text, first):
    """The rows of the table whose head begins with `first`, each a list of cells."""
    table = text[text.index(f"\n| {first} |") + 1 :].split("\n\n")[0]
    return [
        [cell.strip() for cell in line[1:-1].split("|")]
        for line in table.splitlines()[2:]
    ]


def page(name):
    return (NOTEBOOKS / name).read_text(encoding="utf-8")


def start():
    """The text of notebook 00."""
    return all_text(next(NOTEBOOKS.glob("00_*.ipynb")))


def all_text(path):
    return "\n\n".join(cell.source for cell in text_cells(read(path)))


def lesson(number):
    return next(NOTEBOOKS.glob(f"{number}_*.ipynb"))


def test_the_notation_is_that_of_notebook_00():
    card, table = (rows(text, "formula") for text in (page("NOTATION.md"), start()))
    assert [row[:3] for row in card] == [row[:3] for row in table]
    assert all(row[3] and row[4] for row in card)


def test_each_term_of_the_glossary_stands_in_its_notebook():
    terms = rows(page("NOTATION.md"), "English")
    assert [row[0] for row in terms] == sorted(row[0] for row in terms)
    for term, chinese, meaning, number in terms:
        assert chinese and meaning
        assert term in all_text(lesson(number)).lower(), term


def test_the_formula_card_uses_the_notation_and_names_functions():
    known = {
        name
        for row in rows(start(), "formula")
        for formula in formulas(row[0])
        for name in symbols(formula)
    }
    for step, chinese, formula, function, number in rows(page("NOTATION.md"), "step"):
        assert step and chinese
        if formula:
            assert set().union(*map(symbols, formulas(formula))) <= known, formula
        if function:
            derives = f"def {function.strip('`')}("
            cells = read(lesson(number)).cells
            assert any(derives in cell.source for cell in cells), function


@pytest.mark.parametrize("name", PAGES)
def test_links_and_sections_are_there(name):
    text = page(name)
    for place in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (NOTEBOOKS / place).exists(), place
    for number, sections in re.findall(r"\b(0\d) (§\d+(?:(?:, §|–)\d+)*)", text):
        headings = re.findall(r"^## (\d+)\.", all_text(lesson(number)), re.M)
        for section in re.findall(r"\d+", sections):
            assert section in headings, f"{number} {sections}"
