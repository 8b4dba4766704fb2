"""Run notebooks in a clean kernel; store their outputs, or check the stored ones.

    python tests/tools/regenerate.py [NOTEBOOK ...]            store
    python tests/tools/regenerate.py --check [NOTEBOOK ...]    fail where they differ

Without notebooks, all of them. What editors and runs leave that says nothing about the
course (times, versions, identities of widgets) is neither stored nor compared. Pictures
depend on versions, so --check compares them where those of pinned.txt are installed;
elsewhere it says so, and fails if REQUIRE_PICTURES is set. Some show rounding errors:
all runs from here use the kernels of ALIKE.
"""

import argparse
import base64
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.metadata import version
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
PINNED = Path(__file__).with_name("pinned.txt")
README_PICTURE = ROOT / ".github" / "trained_filters.png"
LANGUAGE = {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"}
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python"}
METADATA = {"kernelspec": KERNEL | {"name": "python3"}, "language_info": LANGUAGE}
# What notebook 12 says, beside what it always prints, where a framework is missing.
NOT_INSTALLED = re.compile(r"^\w+ is not installed; below stands .*\n", re.M)
# OpenBLAS and NumPy choose among kernels that round differently by processor and number
# of threads; these round alike on all x86-64 processors that have AVX2.
ALIKE = {
    "OPENBLAS_CORETYPE": "Haswell",
    "OPENBLAS_NUM_THREADS": "1",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def notebook_paths():
    """Every notebook of the course, wherever it lies below notebooks/."""
    found = sorted((ROOT / "notebooks").rglob("*.ipynb"))
    return [path for path in found if ".ipynb_checkpoints" not in path.parts]


def package_folders(course):
    """Where the packages of a course lie: helpers, and exercises."""
    return [str(course), str(course / "notebooks")]


def prepare_environment():
    """What a kernel started from here finds: this checkout's packages before any that
    are installed, the course's own digits, no backend, start-up file or filter of its
    user's, and no progress bars, whose text differs in each run."""
    own = package_folders(ROOT)
    inherited = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    places = [*own, *(place for place in inherited if place not in ("", *own))]
    os.environ["PYTHONPATH"] = os.pathsep.join(places)
    for name in ("DIGITS123", "MPLBACKEND", "PYTHONSTARTUP", "PYTHONWARNINGS"):
        os.environ.pop(name, None)
    os.environ["TQDM_DISABLE"] = "1"
    os.environ["MATPLOTLIBRC"] = os.devnull


def read(path):
    """A notebook. Exits with a sentence where it is older than cell identities."""
    notebook = nbformat.read(path, as_version=4)
    if notebook.nbformat_minor < 5:
        sys.exit(
            f"{path}: expected notebook format 4.5 or newer, found 4."
            f"{notebook.nbformat_minor}, whose cells have no identity; a save in "
            "JupyterLab 4 converts it"
        )
    return notebook


def run(notebook, folder, **how):
    """A copy of a notebook, run in a new kernel; it keeps only what says something."""
    fresh = nbformat.from_dict(notebook)
    place = {"metadata": {"path": str(folder)}}
    how = {"timeout": 120, "record_timing": False, "resources": place, **how}
    NotebookClient(fresh, **how).execute(env=os.environ | ALIKE)
    fresh.metadata = nbformat.from_dict(METADATA)
    for cell in fresh.cells:
        tidy(cell)
    nbformat.validate(fresh)
    return fresh


def changed(fresh, stored, pictures=False):
    """The cells of a stored notebook that a fresh run changes; both are made tidy."""
    for cell in (*fresh.cells, *stored.cells):
        tidy(cell)
    pairs = zip(fresh.cells, stored.cells, strict=True)
    return [b for a, b in pairs if meaning(a, pictures) != meaning(b, pictures)]


def tidy(cell):
    """Leave out of a cell what editors note; join text printed in several pieces."""
    kept = [key for key in ("tags", "nbgrader") if key in cell.metadata]
    cell.metadata = nbformat.from_dict({key: cell.metadata[key] for key in kept})
    joined = []
    for output in cell.get("outputs", []):
        output.get("data", {}).pop(WIDGET_VIEW, None)
        if "name" in output and joined and joined[-1].get("name") == output.name:
            joined[-1].text += output.text
        else:
            joined.append(output)
    for output in joined:
        if "name" in output:
            output.text = NOT_INSTALLED.sub("", output.text)
    if cell.cell_type == "code":
        cell.outputs = joined


def meaning(cell, pictures):
    """What a tidy cell says, in a form that can be compared."""
    shown = []
    for output in cell.get("outputs", []):
        data = {"": [output.output_type, output.get("text")], **output.get("data", {})}
        if not pictures:
            data.pop("image/png", None)
            html = data.get("text/html", "")
            data["text/html"] = re.sub(r";base64,[^\"']*", "", html)
        shown.append(data)
    return cell.cell_type, cell.source, cell.metadata, shown


def readme_picture(notebook):
    """The picture, as bytes, of the cell tagged "readme-picture", and its caption; None
    without one."""
    for cell in notebook.cells:
        if "readme-picture" in cell.metadata.get("tags", []):
            data = cell.outputs[0].data
            caption = re.search(r'alt="([^"]*)"', data["text/html"])[1]
            return base64.b64decode(data["image/png"]), caption


def store(path):
    """Run a notebook and store it. Returns what fails: nothing."""
    fresh = run(read(path), path.parent)
    nbformat.write(fresh, path)
    if found := readme_picture(fresh):
        picture, _ = found
        README_PICTURE.write_bytes(picture)
    return []


def differences(path, pictures):
    """Sentences that name the cells of a notebook that a new run changes."""
    stored = read(path)
    return [
        f"{path}, cell {stored.cells.index(cell)}: the stored outputs are not those of "
        f"a new run: {cell.source.splitlines()[0]}"
        for cell in changed(run(stored, path.parent), stored, pictures)
    ]


def unpinned():
    """The pinned versions that are not the installed ones, as texts."""
    pinned = re.findall(r"^([\w-]+)==(\S+)", PINNED.read_text(encoding="utf-8"), re.M)
    found = [(name, version(name), wanted) for name, wanted in pinned]
    return [f"{name} {is_}, not {pin}" for name, is_, pin in found if is_ != pin]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, store nothing")
    parser.add_argument("notebooks", nargs="*", type=Path, metavar="NOTEBOOK")
    options = parser.parse_args()
    prepare_environment()
    work, other = store, unpinned()
    if options.check:
        if other:
            print("pictures are not compared:", "; ".join(other))
        if other and os.environ.get("REQUIRE_PICTURES"):
            return 1
        work = partial(differences, pictures=not other)
    failed = 0
    paths = [path.resolve() for path in options.notebooks] or notebook_paths()
    with ThreadPoolExecutor(2) as pool:
        for path, found in zip(paths, pool.map(work, paths)):
            print(*found or [path], sep="\n", flush=True)
            failed += len(found)
    if options.check:
        print(f"{len(paths)} notebooks run again, {failed} cells differ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
