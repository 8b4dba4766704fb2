"""How pytest runs the notebooks: those of this checkout, whatever surrounds it."""

import copy
import re
from itertools import groupby
from pathlib import Path

import pytest
import regenerate
from nbval.plugin import IPyNbCell

HERE = Path(__file__).parent
CORE = re.compile(r"0[0-7]_")


def pytest_report_header(config):
    if config.args_source is config.ArgsSource.TESTPATHS:
        return "notebooks: 00 to 07 once; all, and each cell again: pytest notebooks"


def pytest_configure(config):
    """DIGITS123 is a reader's own file; what is stored was made with the course's."""
    regenerate.prepare_environment()
    place = regenerate.ROOT / "tests" / "sanitize.cfg"
    config.option.nbval_sanitize_with = str(place)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Each notebook top to bottom, whatever shuffled the tests; then each of its cells
    again in the same kernel, from the last to the first, so that each meets what Run
    All leaves and not what the cell above it has just set right.

    Where pytest is given no paths, the core's notebooks run, and once."""
    cells = [item for item in items if isinstance(item, IPyNbCell)]
    cells.sort(key=lambda cell: (cell.parent.path, cell.cell_num))
    items[:] = [item for item in items if not isinstance(item, IPyNbCell)]
    short = config.args_source is config.ArgsSource.TESTPATHS
    for file, own in groupby(cells, key=lambda cell: cell.parent):
        own = list(own)
        if short and not (file.path.parent == HERE and CORE.match(file.path.name)):
            config.hook.pytest_deselected(items=own)
            continue
        items += own
        whole = sum(cell.cell_type == "code" for cell in file.nb.cells) == len(own)
        if whole and not short:
            items += [again(cell) for cell in reversed(own)]


def again(cell):
    return IPyNbCell.from_parent(
        cell.parent,
        name=f"{cell.name} again",
        cell_num=cell.cell_num,
        cell=copy.deepcopy(cell.cell),
        options=cell.options,
    )
