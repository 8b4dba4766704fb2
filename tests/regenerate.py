"""Run notebooks in a clean kernel and store their outputs: python tests/regenerate.py [NOTEBOOK ...]

Without arguments, all of them. What a run leaves that says nothing about the course (times, kernel versions, widget
identities) is not stored, so a second run changes no byte. The picture that a cell tagged "timed" draws from
measured times is different each time: the stored one stays as long as the cell's text and text outputs are the same.
"""

import base64
import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
METADATA = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"}}
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
README_PICTURE = ROOT / ".github" / "trained_filters.png"


def run(notebook, folder):
    """Execute a notebook's code cells, in order, in a new kernel; normalise what is stored."""
    before = {cell.id: cell.copy() for cell in notebook.cells}
    NotebookClient(notebook, timeout=120, record_timing=False, resources={"metadata": {"path": str(folder)}}).execute()
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = _joined(cell.outputs)
        cell.metadata = {key: value for key, value in cell.metadata.items() if key in ("tags", "jupyter")}
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET_VIEW, None)
        if "timed" in cell.metadata.get("tags", []) and _texts(cell) == _texts(before[cell.id]):
            cell.outputs = before[cell.id].outputs
    nbformat.validate(notebook)


def _joined(outputs):
    """Printed text in one piece: a kernel sends it in as many as it happens to."""
    joined = []
    for output in outputs:
        if joined and output.output_type == joined[-1].output_type == "stream" and output.name == joined[-1].name:
            joined[-1].text += output.text
        else:
            joined.append(output)
    return joined


def _texts(cell):
    """A code cell's source and outputs, pictures left out."""
    shown = [output.get("text") or output.get("data", {}).get("text/plain") for output in cell.outputs]
    return cell.source, shown


def readme_picture(notebook):
    """The picture, in base64, of the cell tagged "readme-picture"; None if no cell is."""
    for cell in notebook.cells:
        if "readme-picture" in cell.metadata.get("tags", []):
            return cell.outputs[0].data["image/png"]


def regenerate(path):
    """Run one notebook and store it in place."""
    notebook = nbformat.read(path, as_version=4)
    run(notebook, path.parent)
    nbformat.write(notebook, path)
    return notebook


def main(names):
    os.environ.pop("DIGITS123", None)
    for path in [Path(name) for name in names] or sorted((ROOT / "notebooks").glob("*.ipynb")):
        picture = readme_picture(regenerate(path))
        if picture:
            README_PICTURE.write_bytes(base64.b64decode(picture))
        print(path)


if __name__ == "__main__":
    main(sys.argv[1:])
