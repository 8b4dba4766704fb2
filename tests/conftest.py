"""JupyterLab, served over a copy of the course, and a browser to drive it.

Without a browser the tests that need one are skipped, with the reason; with
REQUIRE_BROWSER=1 in the environment they fail.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
import regenerate
from judges import missing, require

SETTINGS = {
    "apputils-extension/notification": '{"fetchNews": "false"}',
    "notebook-extension/tracker": '{"windowingMode": "none"}',
}
SERVER = (
    "jupyter lab --no-browser --allow-root --ServerApp.ip=127.0.0.1 "
    "--ServerApp.port_retries=0 --IdentityProvider.token= --ServerApp.password= "
    "--LabApp.expose_app_in_browser=True "
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"
).split()


def pytest_addoption(parser):
    parser.addoption(
        "--original",
        metavar="FILE",
        help="the file of digits of the published notebook, to check all it printed",
    )


def pytest_configure(config):
    regenerate.prepare_environment()


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium: the one CHROMIUM names, else an installed one, else the one
    Playwright downloaded."""
    with require("playwright.sync_api", "browser").sync_playwright() as playwright:
        installed = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
        places = os.environ.get("CHROMIUM"), *installed
        path = next(filter(None, places), playwright.chromium.executable_path)
        if not os.path.exists(path):
            missing("browser", "no Chromium: install one, or name it in CHROMIUM")
        chromium = playwright.chromium.launch(executable_path=path)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def course_copy(tmp_path_factory):
    """The folder of a copy of the course, which JupyterLab may change."""
    course = tmp_path_factory.mktemp("lab") / "course"
    for folder in ("notebooks", "helpers", "data"):
        shutil.copytree(regenerate.ROOT / folder, course / folder)
    return course


@pytest.fixture(scope="session")
def lab(browser, course_copy):
    """The address of a JupyterLab, on a free port, over the copy of the course, which
    reads and writes no user's settings."""
    base = course_copy.parent
    folders = "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"
    folders += "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR"
    environment = os.environ | {name: str(base / name) for name in folders}
    packages = regenerate.package_folders(course_copy)
    environment["PYTHONPATH"] = os.pathsep.join(packages)
    for name, text in SETTINGS.items():
        place = f"JUPYTERLAB_SETTINGS_DIR/@jupyterlab/{name}.jupyterlab-settings"
        (base / place).parent.mkdir(parents=True)
        (base / place).write_text(text)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", *SERVER, f"--ServerApp.port={port}"]
    log = base / "lab.log"
    with open(log, "w") as stream:
        how = {"stdout": stream, "stderr": subprocess.STDOUT, "env": environment}
        server = subprocess.Popen(command, cwd=course_copy, **how)
    try:
        wait_for(f"http://127.0.0.1:{port}", server, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


def wait_for(address, server, log, seconds=60):
    """Wait until the server answers; RuntimeError, with its log, where it does not."""
    deadline = time.monotonic() + seconds
    while server.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{address}/api/status", timeout=2).close()
            return
        except OSError:
            time.sleep(0.3)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()}")
