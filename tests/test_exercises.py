"""The exercises: every stub asks for what is missing, every solution passes, and every
named mistake is told by its name. All are found by walking."""

import ast
import importlib
import pkgutil

import pytest
import regenerate
import release

import exercises
from helpers.answers import check, judge, require
from notebooks import code_cells, printed, read

MODULES = [module.name for module in pkgutil.iter_modules(exercises.__path__)]
EXERCISES = {
    name: exercise
    for module in MODULES
    for name, exercise in importlib.import_module(
        f"exercises.{module}"
    ).EXERCISES.items()
}
NAMES = [path.name for path in regenerate.notebook_paths() if "solutions" in path.parts]

each_exercise = pytest.mark.parametrize("name", EXERCISES)
each_notebook = pytest.mark.parametrize("notebook", NAMES)


@each_exercise
def test_a_mistake_is_told_by_its_name(name):
    exercise = EXERCISES[name]
    assert judge(exercise, exercise.right) == (True, "right")
    answers = wrong_answers(exercise)
    assert len(answers) >= 2
    for cause, wrong in answers.items():
        right, told = judge(exercise, wrong)
        assert not right
        assert told == f"this looks like: {cause}. Reread {exercise.reread}"


@each_exercise
def test_what_matches_no_mistake_is_told_its_place(name):
    exercise = EXERCISES[name]
    if not callable(exercise.right):
        assert "which is not it" in judge(exercise, "no such word")[1]
        return
    for answer, words in (
        (lambda *given: None, "not written yet"),
        (lambda *given: 1 / 0, "ZeroDivisionError for arguments"),
        (lambda *given: "text", "for arguments"),
    ):
        right, told = judge(exercise, answer)
        assert not right and words in told


def test_grading_asks_for_the_last_answer_to_be_right():
    name = next(iter(EXERCISES))
    check(EXERCISES, name, EXERCISES[name].right)
    require(name)
    check(EXERCISES, name, None)
    with pytest.raises(AssertionError, match="no right answer yet"):
        require(name)


@each_notebook
def test_students_get_the_solutions_without_what_is_to_be_written(notebook):
    pytest.importorskip(
        "nbgrader", reason="pip install -r tests/requirements-release.txt"
    )
    source = read(release.SOLUTIONS / notebook)
    assert release.with_metadata(source).cells == source.cells, "run release.py"
    student = read(release.EXERCISES / notebook)
    for cell, expected in zip(
        student.cells, release.cleared(source).cells, strict=True
    ):
        assert cell.source == expected.source, "run release.py"
        assert cell.metadata == expected.metadata


@each_notebook
def test_stubs_ask_and_solutions_pass(notebook):
    student, source = (
        read(release.EXERCISES / notebook),
        read(release.SOLUTIONS / notebook),
    )
    asked = checks(student)
    assert 3 <= len(asked) and set(asked) == set(checks(source)) <= set(EXERCISES)
    for name, told in asked.items():
        assert told.startswith(
            (f"{name}: not written yet", f"{name}: not answered yet")
        )
    assert all(told == f"{name}: right.\n" for name, told in checks(source).items())
    assert printed(code_cells(student)[-1]) == f"0 of {len(asked)} pass\n"
    assert printed(code_cells(source)[-1]) == f"{len(asked)} of {len(asked)} pass\n"


def test_every_module_has_a_notebook():
    assert sorted(MODULES) == sorted(name.removesuffix(".ipynb")[3:] for name in NAMES)


def test_every_exercise_stands_in_a_notebook():
    asked = [
        name
        for notebook in NAMES
        for name in checks(read(release.SOLUTIONS / notebook))
    ]
    assert sorted(asked) == sorted(EXERCISES)


def wrong_answers(exercise):
    """From each mistake's name to an answer that makes it."""
    if not callable(exercise.right):
        return exercise.mistakes

    def making(cause):
        return lambda *given: exercise.mistakes(*given)[cause]

    return {cause: making(cause) for cause in exercise.mistakes(*exercise.cases[0])}


def checks(notebook):
    """The exercises that a notebook checks, with what it printed."""
    found = {}
    for cell in code_cells(notebook):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "check":
                found[node.args[1].value] = printed(cell)
    return found
