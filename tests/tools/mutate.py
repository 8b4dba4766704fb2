"""Break every function and falsify every picture in turn, and see who notices.

    python tests/tools/mutate.py [WORD ...]

Functions: every public one of helpers and exercises, found by walking, methods too. A
mutant is one change in one function: an operator, a sign, a comparison, a maximum made
a minimum, no result. It is made in the notebook that derives the function too, so that
it cannot be their equality that catches it. Then the tests run, and the notebooks that
derive or mention the function, until one shows something else than is stored.

Pictures: the notebooks run with plots that get each argument false, one after the
other, beside the right one; the text form of the picture has to differ.

Prints who noticed: the tests, a notebook, both; fails if nobody did. WORDs select the
lines that have one.
"""

import ast
import copy
import inspect
import os
import pickle
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import regenerate
from nbclient.exceptions import CellControlSignal, DeadKernelError

ROOT, TOOLS = regenerate.ROOT, Path(__file__).parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
import helpers  # noqa: E402
from notebooks import DOOR, functions  # noqa: E402

PAIRS = "Add Sub, Sub Add, Mult Add, Div Mult, FloorDiv Mod, Pow Mult, MatMult Mult, "
PAIRS += "Eq NotEq, NotEq Eq, Lt GtE, GtE Lt, Gt LtE, LtE Gt, "
PAIRS += "In NotIn, NotIn In, Is IsNot, IsNot Is"
OTHER = dict(pair.split() for pair in PAIRS.split(", "))
NAMES = {"max": "min", "sum": "mean", "argmax": "argmin", "any": "all"}
# They hold functions and notebooks equal, or take minutes.
LEFT_OUT = {"test_notebooks.py", "test_browser.py"}
# Mutants that change nothing a reader or a caller could see, each with its reason.
EQUIVALENT = {
    "plot_chain, lit exchanged": "lit is a set",
    "12_frameworks_and_many_devices: plot_maps, rows exch": "three equal gradients",
    "layers.dense_gradient: sign": "delta has two axes",
    "Instrument.kept: sign": "three outputs differ twice",
}
FALSE = "false picture: "


def other(operator):
    return getattr(ast, OTHER[type(operator).__name__])()


def change(node):
    """Change a node of a function. Returns the kind of change, or None."""
    if isinstance(node, ast.BinOp) and type(node.op).__name__ in OTHER:
        node.op = other(node.op)
        return "operator"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node.op = ast.UAdd()
        return "sign"
    if isinstance(node, ast.Compare):
        node.ops = [other(node.ops[0]), *node.ops[1:]]
        return "comparison"
    if isinstance(node, ast.Attribute) and node.attr in NAMES:
        node.attr = NAMES[node.attr]
        return "name"
    return None


def mutants(function):
    """The first change of each kind, or else no result: its kind, what it changes, and
    the changed function; none where there is but a docstring."""
    kinds = {None}
    for n, node in enumerate(ast.walk(function)):
        changed = copy.copy(node)
        if (kind := change(changed)) not in kinds:
            kinds.add(kind)
            mutant = copy.deepcopy(function)
            vars(list(ast.walk(mutant))[n]).update(vars(changed))
            yield kind, f"{ast.unparse(node)} -> {ast.unparse(changed)}", mutant
    empty = len(function.body) == 1 and ast.get_docstring(function)
    if kinds == {None} and not empty:
        mutant = copy.deepcopy(function)
        mutant.body[-1] = ast.Return(ast.Constant(None))
        yield "result", "-> None", mutant


def public(nodes, kind):
    return [node for node in nodes if isinstance(node, kind) and node.name[0] != "_"]


def all_mutants():
    """Triples: a name, what is changed, and the mutant, that is its file and the
    function, or the class with a method, before and after."""
    folders = ROOT / "helpers", ROOT / "notebooks" / "exercises"
    for path in sorted(path for folder in folders for path in folder.rglob("*.py")):
        place = path.relative_to(ROOT)
        module = ".".join(place.with_suffix("").parts[1:])
        nodes = ast.parse(path.read_text(encoding="utf-8")).body
        for node in public(nodes, ast.FunctionDef):
            for kind, what, mutant in mutants(node):
                yield f"{module}.{node.name}: {kind}", what, (place, node, mutant)
        for node in public(nodes, ast.ClassDef):
            for method in public(node.body, ast.FunctionDef):
                for kind, what, mutant in mutants(method):
                    after = copy.copy(node)
                    after.body = [mutant if m is method else m for m in node.body]
                    name = f"{module}.{node.name}.{method.name}: {kind}"
                    yield name, what, (place, node, after)


def replaced(source, mutant):
    """Some Python text in which a function is replaced by another of its name."""
    nodes = ast.parse(source).body
    old = next(node for node in nodes if getattr(node, "name", None) == mutant.name)
    first = min(part.lineno for part in [old, *old.decorator_list])
    lines = source.splitlines()
    lines[first - 1 : old.end_lineno] = ast.unparse(mutant).splitlines()
    return "\n".join(lines) + "\n"


def noticed_by(mutant):
    """Who notices a mutant, made in a copy of the course, as a text."""
    place, before, after = mutant
    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder) / "course"
        shutil.copytree(ROOT, course, ignore=shutil.ignore_patterns(".*"))
        os.environ["PYTHONPATH"] = os.pathsep.join(regenerate.package_folders(course))
        source = (course / place).read_text(encoding="utf-8")
        (course / place).write_text(replaced(source, after), encoding="utf-8")
        notebooks = notebooks_with(course, place, before, after)
        found = ["tests"] if tests_fail(course, place, after.name) else []
        notebook = next(filter(shows_other, notebooks), None)
        return " and ".join(found + ([notebook.stem] if notebook else []))


def notebooks_with(course, place, before, after):
    """The notebooks that derive a function, in which it is replaced, then those that
    mention it or, for an exercise, that set it."""
    name, form = before.name, functions(ast.unparse(before)).get(before.name)
    after = copy.copy(after)
    after.body = [line for line in after.body if not DOOR.match(ast.unparse(line))]
    derive, mention = [], []
    for path in sorted((course / "notebooks").rglob("*.ipynb")):
        notebook = regenerate.read(path)
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        words = re.findall(r"\w+", "\n".join(cell.source for cell in cells))
        deriving = [c for c in cells if form and functions(c.source).get(name) == form]
        for cell in deriving:
            cell.source = replaced(cell.source, after)
            nbformat.write(notebook, path)
        if deriving:
            derive.append(path)
        elif path.stem.endswith(f"_{place.stem}") or name in words:
            mention.append(path)
    return derive + mention


def tests_fail(course, place, name):
    """Whether a test fails; those of the module run first."""

    def near(path):
        own = path.stem.removeprefix("test_") in (place.stem, *place.parts)
        return own, path.read_text(encoding="utf-8").count(name)

    paths = [p for p in course.glob("tests/test_*.py") if p.name not in LEFT_OUT]
    paths.sort(key=near, reverse=True)
    options = "-x -q -p no:cacheprovider -p no:randomly".split()
    command = [sys.executable, "-m", "pytest", *options, *paths]
    return subprocess.run(command, cwd=course, capture_output=True).returncode != 0


def shows_other(path):
    """Whether a notebook, run again, shows something else than is stored; pictures are
    compared where the versions are the pinned ones."""
    stored = regenerate.read(path)
    pinned = not regenerate.unpinned()

    def compare(cell, cell_index, execute_reply):
        before = stored.cells[cell_index]
        for each in (cell, before):
            regenerate.tidy(each)
        if regenerate.meaning(cell, pinned) != regenerate.meaning(before, pinned):
            raise CellControlSignal

    try:
        regenerate.run(stored, path.parent, on_cell_executed=compare)
    except (CellControlSignal, DeadKernelError):
        return True
    return False


def false(value, kind):
    """What is given to a plot, made false in one way, or as it is if it cannot be."""
    if kind == "exchanged" and isinstance(value, dict):
        return dict(zip(value, reversed(value.values())))
    if kind == "exchanged":
        return value[::-1] if isinstance(value, (list, np.ndarray)) else value
    if isinstance(value, dict):
        return {name: false(part, kind) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(false(part, kind) for part in value)
    if kind == "turned" and np.ndim(value) > 1:
        return np.swapaxes(value, -1, -2)
    if kind == "negated" and isinstance(value, (np.ndarray, float)):
        return ~value if np.asarray(value).dtype == bool else -value
    return value


def falsifying(plot):
    """A plot that draws false pictures too, and prints who notices them."""

    def drawn(*args, **named):
        figure = plot(*args, **named)
        right = helpers.plots.describe(figure)
        given = inspect.signature(plot).bind(*args, **named)
        for name, value in given.arguments.copy().items():
            for kind in ("negated", "turned", "exchanged"):
                given.arguments[name] = false(value, kind)
                if pickle.dumps(given.arguments[name]) != pickle.dumps(value):
                    try:
                        shown = plot(*given.args, **given.kwargs)
                        noticed = helpers.plots.describe(shown) != right
                    except Exception:
                        noticed = True
                    who = "text" if noticed else ""
                    print(f"{FALSE}{plot.__name__}, {name} {kind}: {who}")
            given.arguments[name] = value
        return figure

    return drawn


def falsify_plots():
    """In a kernel: let all plots draw false pictures too."""
    import helpers.plots

    names = vars(helpers.plots).items()
    plots = {name: falsifying(f) for name, f in names if name.startswith("plot_")}
    helpers.plots = SimpleNamespace(**dict(names) | plots)


def false_pictures(path):
    """Pairs: a line, and who notices, for each false picture of a notebook."""
    os.environ["PYTHONPATH"] = os.pathsep.join(regenerate.package_folders(ROOT))
    notebook = regenerate.read(path)
    prepare = f"import sys; sys.path.insert(0, {str(TOOLS)!r})\n"
    prepare += "import mutate; mutate.falsify_plots()"
    notebook.cells.insert(0, nbformat.v4.new_code_cell(prepare))
    fresh = regenerate.run(notebook, path.parent)
    texts = [out.get("text", "") for c in fresh.cells for out in c.get("outputs", [])]
    found = re.findall(f"^{FALSE}(.*): (.*)$", "\n".join(texts), re.M)
    return [(f"pictures of {path.stem}: {what}", who) for what, who in found]


def results(pool, words):
    """Pairs: a line, and who notices."""

    def selected(line):
        return not words or any(word in line for word in words)

    chosen = [mutant for mutant in all_mutants() if selected(": ".join(mutant[:2]))]
    for _, _, (place, before, _) in chosen[:1]:
        if who := pool.submit(noticed_by, (place, before, before)).result():
            sys.exit(f"without any change: {who} would notice something")
    found = pool.map(noticed_by, [mutant for *_, mutant in chosen])
    for (name, what, _), who in zip(chosen, found):
        yield f"{name}: {what}".replace("\n", " "), who
    paths = [p for p in regenerate.notebook_paths() if "plot_" in p.read_text("utf-8")]
    paths = [path for path in paths if selected(f"pictures of {path.stem}")]
    for pairs in pool.map(false_pictures, paths):
        yield from pairs


def main(words):
    regenerate.prepare_environment()
    survivors, total = 0, 0
    with ProcessPoolExecutor() as pool:
        for line, who in results(pool, words):
            who = who or next(
                (EQUIVALENT[part] for part in EQUIVALENT if part in line), ""
            )
            print(f"{who or 'NOBODY':40s} {line}", flush=True)
            survivors += not who
            total += 1
    print(f"{total - survivors} passed, {survivors} failed: mutants noticed, and not")
    return 1 if survivors or not total else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
