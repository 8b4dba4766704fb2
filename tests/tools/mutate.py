"""Break every function in turn and see who notices.

    python tests/tools/mutate.py [WORD ...]

Functions: every public one of helpers, found by walking. A mutant is one change in one
function: an operator, a sign, a comparison, a maximum made a minimum, no result. It is
made in helpers and in the notebook that derives the function, both at once, so that it
cannot be their equality that catches it. Then the tests of helpers run, and the
notebooks that mention the function, until one prints or draws something else.

Pictures: each call of a plot in a notebook gets false values, one falsification after
the other, and has to draw something else than what is stored.

Prints who noticed; fails if nobody did. WORDs select the mutants whose line has one.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import regenerate

ROOT = regenerate.ROOT
sys.path.insert(0, str(ROOT / "tests"))
from notebooks import DOOR, functions  # noqa: E402

PAIRS = "Add Sub, Mult Add, Div Mult, FloorDiv Mod, Pow Mult, MatMult Mult"
PAIRS += ", Eq NotEq, Lt GtE, Gt LtE, In NotIn, Is IsNot"
OPPOSITE = dict(pair.split() for pair in PAIRS.split(", "))
OPPOSITE = {new: old for old, new in OPPOSITE.items() if old != "Mult"} | OPPOSITE
NAMES = {"max": "min", "sum": "mean", "argmax": "argmin", "any": "all"}
SLOW = ("notebooks", "browser", "judges")
# Changes that change nothing a reader or a caller could see, each with its reason.
EQUIVALENT = {}


def opposite(operator):
    return getattr(ast, OPPOSITE[type(operator).__name__])()


def change(node):
    """Change a node of a function in place. Returns the kind of change, or None."""
    if isinstance(node, ast.BinOp) and type(node.op).__name__ in OPPOSITE:
        node.op = opposite(node.op)
        return "operator"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node.op = ast.UAdd()
        return "sign"
    if isinstance(node, ast.Compare) and type(node.ops[0]).__name__ in OPPOSITE:
        node.ops[0] = opposite(node.ops[0])
        return "comparison"
    if isinstance(node, ast.Attribute) and node.attr in NAMES:
        node.attr = NAMES[node.attr]
        return "name"
    return None


def function(source, name):
    """The node of a function at the top level of some text, without its docstring."""
    nodes = ast.parse(source).body
    node = next(node for node in nodes if getattr(node, "name", None) == name)
    if ast.get_docstring(node) is not None:
        node.body.pop(0)
    return node


def mutants(source, name):
    """The first change of each kind, or else no result: pairs of a line and the changed
    function."""
    kinds = {None}
    for n in range(len(list(ast.walk(function(source, name))))):
        node = function(source, name)
        place = list(ast.walk(node))[n]
        before = ast.unparse(place)
        if (kind := change(place)) not in kinds:
            kinds.add(kind)
            yield f"{before} -> {ast.unparse(place)}".replace("\n", " "), node
    if len(kinds) == 1:
        node.body[-1] = ast.Return(ast.Constant(None))
        yield "the result -> None", ast.fix_missing_locations(node)


def replaced(source, name, node):
    """Some Python text in which a function is replaced."""
    lines, old = source.splitlines(), function(source, name)
    first = min([old.lineno, *(line.lineno for line in old.decorator_list)])
    lines[first - 1 : old.end_lineno] = ast.unparse(node).splitlines()
    return "\n".join(lines) + "\n"


def all_mutants():
    """Mutants of every public function: their line, file, name and changed node."""
    for path in sorted((ROOT / "helpers").rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        place = path.relative_to(ROOT)
        for name in functions(source):
            if name[0] != "_":
                for what, node in mutants(source, name):
                    dotted = ".".join(place.with_suffix("").parts[1:])
                    yield f"{dotted}.{name}: {what}", place, name, node


def copy_course(folder):
    parts = "data helpers notebooks tests pyproject.toml README.md .github"
    for part in parts.split():
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, folder / part)


def noticed_by(mutant):
    """Who notices a mutant, made in a copy of the course: a list of names."""
    _, place, name, node = mutant
    node = node or function((ROOT / place).read_text(encoding="utf-8"), name)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        copy_course(folder)
        source = (folder / place).read_text(encoding="utf-8")
        (folder / place).write_text(replaced(source, name, node), encoding="utf-8")
        form = functions(source)[name]
        body = [line for line in node.body if not DOOR.match(ast.unparse(line))]
        node.body = body or node.body
        mention = []
        for path in (folder / "notebooks").rglob("*.ipynb"):
            notebook = nbformat.read(path, as_version=4)
            cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
            text = "\n".join(cell.source for cell in cells)
            derives = [c for c in cells if functions(c.source).get(name) == form]
            for cell in derives:
                cell.source = replaced(cell.source, name, node)
                nbformat.write(notebook, path)
            if derives or re.search(rf"\b{name}\b", text):
                mention.append((not derives, path))
        tests = sorted((folder / "tests").glob("test_*.py"))
        tests = [path for path in tests if not path.stem.endswith(SLOW)]
        tests.sort(key=lambda path: not path.stem.endswith(place.stem))
        pytest = [
            "-m",
            "pytest",
            "-x",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:randomly",
        ]
        found = ["tests"] if fails(folder, *pytest, *tests) else []
        for _, path in sorted(mention):
            if fails(folder, "tests/tools/regenerate.py", "--check", path):
                return [*found, path.stem]
        return found


def fails(folder, *command):
    run = subprocess.run([sys.executable, *command], cwd=folder, capture_output=True)
    return run.returncode != 0


def falsify(call, kind):
    """Falsify a call of a plot in place. Returns whether there was something to do."""
    before = ast.dump(call)
    if kind == "negated" and isinstance(call.args[0], ast.Dict):
        values = call.args[0].values
        values[:] = [ast.UnaryOp(ast.USub(), value) for value in values]
    elif kind == "negated":
        call.args[0] = ast.UnaryOp(ast.USub(), call.args[0])
    elif kind == "exchanged":
        call.args[:2] = call.args[1::-1] or call.args[:2]
    for word in call.keywords:
        if kind == "other marks" and word.arg in ("winners", "wrong"):
            word.value = ast.UnaryOp(ast.Invert(), word.value)
    for node in ast.walk(call):
        if kind == "next entry" and isinstance(node, ast.Subscript):
            place = getattr(node.slice, "value", None)
            if type(place) is int:
                node.slice.value = place + 1
    return ast.dump(call) != before


def false_pictures(path, kind):
    """Pairs of a line and whether the picture changed, for a notebook whose plots are
    falsified in one way."""
    stored = regenerate.read(path)
    false = nbformat.from_dict(stored)
    for cell in false.cells:
        if cell.cell_type == "code":
            tree = ast.parse(cell.source)
            calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
            calls = [c for c in calls if re.search(r"\bplot_\w+$", ast.unparse(c.func))]
            if any([falsify(call, kind) for call in calls]):
                cell.source = ast.unparse(ast.fix_missing_locations(tree))
    fresh = regenerate.run(false, path.parent, allow_errors=True)
    for cell, before in zip(fresh.cells, stored.cells):
        if cell.source != before.source:
            *_, shown = regenerate.meaning(cell, True)
            *_, expected = regenerate.meaning(before, True)
            line = before.source.splitlines()[0]
            yield f"{path.stem}: {kind}: {line}", shown != expected


def main(words):
    regenerate.prepare_environment()
    if found := noticed_by(("", Path("helpers/network.py"), "flat", None)):
        sys.exit(f"without any change: {' and '.join(found)} would notice something")
    survivors, total = 0, 0
    chosen = [m for m in all_mutants() if not words or any(w in m[0] for w in words)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for (line, *_), found in zip(chosen, pool.map(noticed_by, chosen)):
            who = " and ".join(found) or EQUIVALENT.get(line, "NOBODY")
            survivors += who == "NOBODY"
            total += 1
            print(f"{who:40s} {line}", flush=True)
        kinds = ("negated", "exchanged", "other marks", "next entry")
        pairs = [(path, kind) for path in regenerate.notebook_paths() for kind in kinds]
        pairs = [] if words and "pictures" not in words else pairs
        for lines in pool.map(lambda pair: [*false_pictures(*pair)], pairs):
            for line, noticed in lines:
                survivors += not noticed
                total += 1
                print(f"{'picture' if noticed else 'NOBODY':40s} {line}", flush=True)
    print(f"{total - survivors} passed, {survivors} failed: mutants noticed, and not")
    return 1 if survivors or not total else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
