"""How pytest runs the notebooks: those of this checkout, whatever surrounds it."""

import copy

import pytest
import regenerate
from nbval.plugin import IPyNbCell


def pytest_configure(config):
    """DIGITS123 is a reader's own file; what is stored was made with the course's."""
    regenerate.prepare_environment()
    place = regenerate.ROOT / "tests" / "sanitize.cfg"
    config.option.nbval_sanitize_with = str(place)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Each notebook top to bottom, whatever shuffled the tests; then each of its cells
    again in the same kernel, from the last to the first, so that each meets what Run
    All leaves and not what the cell above it has just set right."""
    cells = [item for item in items if isinstance(item, IPyNbCell)]
    items[:] = [item for item in items if not isinstance(item, IPyNbCell)]
    for file in sorted({cell.parent for cell in cells}, key=lambda file: file.path):
        own = sorted((c for c in cells if c.parent is file), key=lambda c: c.cell_num)
        items += own
        if len(own) == sum(cell.cell_type == "code" for cell in file.nb.cells):
            items += [again(cell) for cell in reversed(own)]


def again(cell):
    return IPyNbCell.from_parent(
        cell.parent,
        name=f"{cell.name} again",
        cell_num=cell.cell_num,
        cell=copy.deepcopy(cell.cell),
        options=cell.options,
    )
