"""The pages beside the notebooks: the cards of NOTATION.md and the teacher's page."""

import re

import pytest
from regenerate import ROOT

from notebooks import PATHS, declared, text_of

NOTEBOOKS = ROOT / "notebooks"


def page(name):
    return (NOTEBOOKS / name).read_text(encoding="utf-8")


def lesson(number):
    return next(NOTEBOOKS.glob(f"{number}_*.ipynb"))


START = text_of(lesson("00"))


def rows(text, first):
    """The rows of the table whose head begins with `first`, each a list of cells."""
    table = text[text.index(f"\n| {first} |") + 1 :].split("\n\n")[0]
    return [
        [cell.strip() for cell in line[1:-1].split("|")]
        for line in table.splitlines()[2:]
    ]


def test_the_notation_is_that_of_notebook_00():
    card, table = rows(page("NOTATION.md"), "formula"), rows(START, "formula")
    assert [row[:3] for row in card] == [row[:3] for row in table]
    assert all(row[3] and row[4] for row in card)


def test_each_term_of_the_glossary_stands_in_its_notebook():
    terms = rows(page("NOTATION.md"), "English")
    assert [row[0] for row in terms] == sorted(row[0] for row in terms)
    for term, chinese, meaning, number in terms:
        assert chinese and meaning
        assert term in text_of(lesson(number)).lower(), term


def test_the_formula_card_uses_the_notation_and_names_functions():
    known = declared("\n".join(row[0] for row in rows(START, "formula")))
    for step, chinese, formula, function, number in rows(page("NOTATION.md"), "step"):
        assert step and chinese
        assert declared(formula) <= known, formula
        if function:
            code = lesson(number).read_text(encoding="utf-8")
            assert f"def {function.strip('`')}(" in code, function


PAGES = sorted(NOTEBOOKS.glob("*.md")) + PATHS


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_and_sections_are_there(path):
    text = text_of(path) if path in PATHS else page(path.name)
    for place in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (path.parent / place).exists(), place
    own = [int(n) for n in re.findall(r"^## (\d+)\.", text, re.M)]
    assert own == list(range(1, len(own) + 1))
    assert text.count("<details>") == text.count("</details>")
    for number, sections in re.findall(r"\b([01]\d),? (§\d+(?:(?:, §|–)\d+)*)", text):
        headings = set(re.findall(r"^## (\d+)\.", text_of(lesson(number)), re.M))
        assert headings.issuperset(re.findall(r"\d+", sections)), f"{number} {sections}"
