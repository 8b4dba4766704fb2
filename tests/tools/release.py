"""Make the students' exercises from the solutions.

    python tests/tools/release.py [SOLUTION ...]    without any, all of them

notebooks/solutions holds the source, with the markers of nbgrader; what stands between
BEGIN and END of a solution or of hidden tests is cleared for notebooks/exercises. Cells
get the metadata nbgrader asks for; both versions are run and stored.
Needs what tests/requirements-release.txt lists.
"""

import argparse
from pathlib import Path

import nbformat
import regenerate

# Runs wherever it stands; a function that holds nothing else returns None.
STUB = "pass  # write here"
SOLUTIONS = regenerate.ROOT / "notebooks" / "solutions"
EXERCISES = regenerate.ROOT / "notebooks" / "exercises"


def with_metadata(notebook):
    """A copy whose cells say what nbgrader does with them: write here, or be graded."""
    notebook = nbformat.from_dict(notebook)
    for cell in notebook.cells:
        cell.metadata.pop("nbgrader", None)
        solution = "### BEGIN SOLUTION" in cell.source
        grade = "### BEGIN HIDDEN TESTS" in cell.source
        if solution or grade:
            cell.metadata["nbgrader"] = {
                "grade": grade,
                "grade_id": cell.id,
                "locked": grade,
                "schema_version": 3,
                "solution": solution,
                "task": False,
            } | ({"points": 1} if grade else {})
    return notebook


def cleared(notebook):
    """The students' version: solutions, hidden tests and outputs taken out."""
    from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions

    notebook = with_metadata(notebook)
    solutions = ClearSolutions(code_stub={"python": STUB})
    for preprocessor in (solutions, ClearHiddenTests()):
        notebook, _ = preprocessor.preprocess(notebook, {})
    return notebook


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("solutions", nargs="*", type=Path, metavar="SOLUTION")
    given = parser.parse_args().solutions
    regenerate.prepare_environment()
    for path in given or sorted(SOLUTIONS.glob("*.ipynb")):
        source = with_metadata(regenerate.read(path))
        nbformat.write(regenerate.run(source, SOLUTIONS), path)
        student = regenerate.run(cleared(source), EXERCISES)
        nbformat.write(student, EXERCISES / path.name)
        print(path.name)


if __name__ == "__main__":
    main()
