"""Notebook 12 without a framework, and its two processes with one."""

import re
import subprocess
import sys

import pytest
import regenerate
from judges import require
from nbval.plugin import get_sanitize_patterns

from notebooks import code_cells, functions, read

NOTEBOOKS, TESTS = (regenerate.ROOT / folder for folder in ("notebooks", "tests"))


def test_the_sentence_for_a_missing_framework_is_not_compared(capsys):
    notebook = read(NOTEBOOKS / "12_frameworks_and_many_devices.ipynb")
    sources = [cell.source for cell in code_cells(notebook)]
    source = next(s for s in sources if "from_framework" in functions(s))
    names = {"find_spec": lambda name: None, "stored": {"x": 69, "machine": {}}}
    exec(source, names)
    capsys.readouterr()
    assert names["from_framework"]("jax", "x", lambda: None) == 69
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and said.startswith("jax is not installed; ")
    assert regenerate.NOT_INSTALLED.sub("", said) == ""
    for regex, replacement in get_sanitize_patterns(
        (TESTS / "sanitize.cfg").read_text()
    ):
        said = re.sub(regex, replacement, said)
    assert said == ""


@pytest.mark.parametrize(
    "options, code, last",
    [
        ([], 0, "process .: 100 gradients more; .*"),
        (["--kill"], 1, "process 0: another process has died .*"),
    ],
)
def test_two_processes_find_the_gradient_or_say_that_one_died(options, code, last):
    require("jax")
    if options and sys.platform == "win32":
        pytest.skip("Windows has no such kill")
    command = [sys.executable, TESTS / "tools" / "two_processes.py", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.count("69 numbers, relative error below 1e-12") == 2
    assert re.fullmatch(last, done.stdout.splitlines()[-1])
