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
from regenerate import ROOT

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-sync --disable-background-networking --disable-component-update"
).split()
SETTINGS = {
    "apputils-extension/notification": '{"fetchNews": "false"}',
    "notebook-extension/tracker": '{"windowingMode": "none"}',
}
# Folders of its own, so that no user's settings are read or written.
FOLDERS = (
    "JUPYTER_CONFIG_DIR JUPYTER_DATA_DIR JUPYTER_RUNTIME_DIR JUPYTERLAB_SETTINGS_DIR "
    "JUPYTERLAB_WORKSPACES_DIR IPYTHONDIR"
).split()
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
    config.addinivalue_line(
        "markers", "browser: drives JupyterLab in Chromium; skipped where there is none"
    )


def no_browser(reason):
    """Skip, or fail where a browser is required."""
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(f"REQUIRE_BROWSER=1, but {reason}")
    pytest.skip(reason)


def find_chromium(playwright):
    """The path of a Chromium: the one CHROMIUM names, else an installed one, else the
    one Playwright downloaded; None if there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    candidates = [os.environ.get("CHROMIUM"), *map(shutil.which, names)]
    candidates.append(playwright.chromium.executable_path)
    return next((path for path in candidates if path and os.path.exists(path)), None)


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        how = "pip install -r tests/requirements-browser.txt"
        no_browser(f"Playwright is not installed: {how}")
    with sync_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            no_browser("there is no Chromium: install one, or name it in CHROMIUM")
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def course_copy(tmp_path_factory):
    """The folder of a copy of the course, which JupyterLab may change."""
    course = tmp_path_factory.mktemp("lab") / "course"
    for folder in ("notebooks", "helpers", "data"):
        shutil.copytree(ROOT / folder, course / folder)
    return course


@pytest.fixture(scope="session")
def lab(browser, course_copy):
    """The address of a JupyterLab, on a free port, over the copy of the course."""
    base = course_copy.parent
    own = {name: str(base / name.lower()) for name in FOLDERS}
    path = os.pathsep.join(regenerate.package_folders(course_copy))
    environment = os.environ | own | {"PYTHONPATH": path}
    for name, text in SETTINGS.items():
        settings = base / "jupyterlab_settings_dir" / "@jupyterlab"
        file = settings / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True)
        file.write_text(text)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = base / "lab.log"
    place = [f"--ServerApp.port={port}", f"--ServerApp.root_dir={course_copy}"]
    with open(log, "w") as stream:
        server = subprocess.Popen(
            [sys.executable, "-m", *SERVER, *place],
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=course_copy,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(address, server, log)
        yield address
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


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
