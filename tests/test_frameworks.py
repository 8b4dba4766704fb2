"""Notebook 12 without a framework, and its two processes with one."""

import re
import subprocess
import sys

import pytest
import regenerate
from judges import require
from nbval.plugin import get_sanitize_patterns

from notebooks import code_cells, functions, read

ROOT = regenerate.ROOT
NOTEBOOK = ROOT / "notebooks" / "12_frameworks_and_many_devices.ipynb"
SANITIZE = ROOT / "tests" / "sanitize.cfg"
COMMAND = [sys.executable, str(ROOT / "tests" / "tools" / "two_processes.py")]


def run(*options):
    """The exit code of the command, what its processes said, and its errors."""
    command = [*COMMAND, "--gradients", "20", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    return done.returncode, done.stdout, done.stderr


def test_the_sentence_for_a_missing_framework_is_not_compared(capsys):
    sources = [cell.source for cell in code_cells(read(NOTEBOOK))]
    source = next(s for s in sources if "from_framework" in functions(s))
    names = {"find_spec": lambda name: None, "stored": {"x": 69, "machine": {}}}
    exec(source, names)
    capsys.readouterr()
    assert names["from_framework"]("jax", "x", lambda: None) == 69
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and said.startswith("jax is not installed; ")
    assert regenerate.NOT_INSTALLED.sub("", said) == ""
    for regex, replacement in get_sanitize_patterns(SANITIZE.read_text()):
        said = re.sub(regex, replacement, said)
    assert said == ""


def test_two_processes_find_the_gradient():
    require("jax")
    code, said, errors = run()
    assert (code, errors) == (0, "")
    assert said.count("69 numbers, relative error below 1e-12") == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such kill")
def test_when_one_process_dies_the_other_says_so():
    require("jax")
    code, said, errors = run("--kill")
    assert (code, errors) == (1, "")
    assert said.splitlines()[-1].startswith("process 0: another process has died")
