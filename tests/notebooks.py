"""Reading notebooks, for the tests that look at them as documents."""

import ast
import re
from itertools import combinations

import numpy as np
import regenerate

read = regenerate.read
PATHS = regenerate.notebook_paths()
NUMBER = r"\d+(?:\.\d+)?"


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def text_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def text_of(path):
    return "\n\n".join(cell.source for cell in text_cells(read(path)))


def printed(cell):
    """What a code cell printed or showed, pictures in their text form."""
    shown = [
        out.get("text") or out.get("data", {}).get("text/plain", "")
        for out in cell.outputs
    ]
    return "\n".join(shown)


# What only checks what was given, and a line that only does that.
AT_DOOR = r"as_(?:floats|whole|positive|choice|parameters|batch|point)\b"
DOOR = re.compile(rf"(?:[\w, ()]+ = )?\(?(?:network\.)?{AT_DOOR}\(")


def functions(source):
    """The functions at the top level of some Python text: a dict from name to a form
    that can be compared, without docstring and without what is checked at the door."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            if ast.get_docstring(node) is not None:
                node.body = node.body[1:]
            node.body = [it for it in node.body if not DOOR.match(ast.unparse(it))]
            found[node.name] = ast.dump(node)
    return found


def may_hide(node):
    """Whether a statement of a module may hold what computes something out of sight of
    `functions`."""
    if isinstance(node, ast.ClassDef):
        return [ast.unparse(base) for base in node.bases] != ["NamedTuple"]
    if isinstance(node, (ast.Assign, ast.AugAssign)):
        return any(isinstance(part, ast.Lambda) for part in ast.walk(node))
    return not isinstance(node, (ast.FunctionDef, ast.Import, ast.ImportFrom, ast.Expr))


def formulas(text):
    """The LaTeX formulas of a Markdown text, inline and displayed."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.S)
    return [a or b for a, b in re.findall(r"\$\$(.+?)\$\$|\$([^$]+?)\$", text, re.S)]


# Letters that are no quantities: Euler's number, the d of derivatives, the root of -1.
CONSTANTS = {"e", "d", "i"}
GREEK = re.compile(
    r"\\(?:alpha|beta|[gG]amma|[dD]elta|(?:var)?epsilon|zeta|eta|[tT]heta|kappa|[lL]ambda"
    r"|mu|nu|xi|pi|rho|[sS]igma|tau|(?:var)?phi|chi|psi|[oO]mega|nabla|ell"
    # and what makes another symbol of a letter
    r"|(?:wide)?hat|bar|(?:over|under)line|(?:wide)?tilde|vec|d?dot|math\w+|bold\w+)"
)


def symbols(formula):
    """The symbols of a formula: letters, with the layer where they have one."""
    formula = re.sub(r"\\(?:text|mathrm|operatorname|begin|end)\{[^}]*\}", " ", formula)
    formula = re.sub(r"(_\{[^{}]*\}|_\w)('*\^\{?[A-Z]\b\}?)", r"\2\1", formula)
    found = re.findall(r"(\\?[A-Za-z]+)'*(?:\^\{?([A-Z])(?![A-Za-z])\}?)?", formula)
    names = set()
    for base, layer in found:
        if not base.startswith("\\"):
            names |= set(base[:-1])
            base = base[-1]
        elif not GREEK.fullmatch(base):
            continue
        names.add(f"{base}^{layer}" if layer else base)
    return names - CONSTANTS


def declared(text):
    """The symbols of the formulas of a Markdown text."""
    return {name for formula in formulas(text) for name in symbols(formula)}


# A side of an equation in LaTeX becomes Python, by these replacements in turn.
FRACTION = r"\\[td]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}"
TO_PYTHON = [
    (r"\{,\}|\\(?:left|right|big[lr]?|Big[lr]?)\b|\\[,;!: ]|[&~]", ""),
    (r"(\\[td]?frac)\s*(\d)", r"\1{\2}"),
    (r"(\\[td]?frac\{[^{}]*\})\s*(\d)", r"\1{\2}"),
    (r"\\(?:cdot|times)(?![A-Za-z])|[·×]", "*"),
    (r"−", "-"),
    (r"\be\^(?=\{)", "exp^"),
    (r"exp\^\{([^{}]*)\}", r"exp(\1)"),
    (r"\^\{([^{}]*)\}|\^(\d)", r"**(\1\2)"),
    (r"\\sqrt\{([^{}]*)\}", r"((\1)**0.5)"),
    *[(FRACTION, r"((\1)/(\2))")] * 3,
    (r"\\(sigma|exp|log|max)\b\s*(?!\w)", r"\1"),
    (r"([\d)])\s*(?=\(|sigma|exp|log|max)", r"\1*"),
    (r"\)\s*(?=[\d.])", ")*"),
]
KNOWN = {"exp": np.exp, "log": np.log, "max": max}
KNOWN["sigma"] = lambda z: 1 / (1 + np.exp(-z))


def value(side):
    """The number one side of an equation stands for; None where it holds symbols."""
    text = side.replace("[", "(").replace("]", ")")
    for found, replacement in TO_PYTHON:
        text = re.sub(found, replacement, text)
    text = text.strip().rstrip(".,; ")
    words = set(re.findall(r"[^\d.,+*/()\s-]+", text))
    try:
        if words <= set(KNOWN):
            return float(eval(text, {"__builtins__": {}}, KNOWN))
    except (SyntaxError, TypeError):
        return None


LITERAL = re.compile(
    r"[-−]?\s*\d+(?:\.(\d+))?\s*(?:\\(?:cdot|times)\s*10\^\{?(-?\d+)\}?)?[\s.,;]*"
)


def half_unit(side):
    """Half a unit of the last digit of a side that is one number; else None."""
    found = LITERAL.fullmatch(re.sub(r"\\[,;!: ]|&|\{,\}", "", side).strip())
    if found:
        return 0.5 * 10.0 ** (int(found[2] or 0) - len(found[1] or ""))


def equations(text):
    """The equations of a Markdown text, each a list of its sides; a line that opens
    with an equals sign goes on with the one before."""
    found = []
    for formula in formulas(text):
        plain = re.sub(r"\\(?:begin|end)\{\w+\*?\}", "", formula).replace(
            "\\approx", "="
        )
        joined = re.sub(r"\\\\\s*(?:\[\w+\])?\s*(?=&?\s*=)", " ", plain)
        lines = re.split(r"\\\\|\\q?quad|,\s(?=[^()]*=)", joined)
        found += [line.split("=") for line in lines if "=" in line]
    return found


def results(sides):
    """The single numbers, as text, of an equation that says how to compute them."""
    single = [side for side in sides if half_unit(side)]
    computed = any(value(side) is not None for side in sides if side not in single)
    return set(re.findall(NUMBER, " ".join(single))) if computed else set()


def unread(sides):
    """The sides of an equation with decimals and no symbols that `value` cannot read,
    points and lists of numbers aside."""
    plain = [side for side in sides if re.search(r"\d\.\d", side) and not symbols(side)]
    read = re.compile(r"[-−\d.,\s()\[\]&]+|\\[;,]")
    return [side for side in plain if value(side) is None and read.sub("", side)]


def wrong_sides(sides):
    """The pairs of sides of one equation that do not agree, in the digits printed."""
    wrong = []
    for left, right in combinations([s for s in sides if value(s) is not None], 2):
        before, after = value(left), value(right)
        unit = max(half_unit(left) or 0, half_unit(right) or 0)
        if unit and abs(before - after) > unit * (1 + 1e-9):
            wrong.append(f"{left} = {right}: {before:.10g}, not {after:.10g}")
    return wrong
