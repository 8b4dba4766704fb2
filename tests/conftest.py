"""JupyterLab, served over a copy of the course, and a browser to drive it: what tests/test_browser.py needs.

Without a browser those tests are skipped, with the reason; where the environment variable REQUIRE_BROWSER is 1, they fail.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
SETTINGS = {"@jupyterlab/apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
            "@jupyterlab/notebook-extension/tracker": '{"windowingMode": "none"}'}
FOLDERS = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR",
           "IPYTHONDIR")


def pytest_configure(config):
    config.addinivalue_line("markers", "browser: drives JupyterLab in Chromium; skipped where there is none")


def no_browser(reason):
    """Skip, or fail where a browser is required."""
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(f"REQUIRE_BROWSER=1, but {reason}")
    pytest.skip(reason)


def find_chromium(playwright):
    """The path of a Chromium: the one CHROMIUM names, else an installed one, else the one Playwright downloaded; None if there is none."""
    installed = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    candidates = (os.environ.get("CHROMIUM"), *installed, playwright.chromium.executable_path)
    return next((path for path in candidates if path and os.path.exists(path)), None)


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        no_browser("Playwright is not installed: pip install -r tests/requirements-browser.txt")
    with sync_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            no_browser("no Chromium was found: install one, or name it in the environment variable CHROMIUM")
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def lab(browser, tmp_path_factory):
    """The address of a JupyterLab, on a free port, over a copy of the course and with settings of its own."""
    base = tmp_path_factory.mktemp("lab")
    course = base / "course"
    for folder in ("notebooks", "helpers", "data"):
        shutil.copytree(ROOT / folder, course / folder)
    environment = os.environ | {name: str(base / name.lower()) for name in FOLDERS} | {"PYTHONPATH": str(course)}
    for name, text in SETTINGS.items():
        file = base / "jupyterlab_settings_dir" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True)
        file.write_text(text)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = base / "lab.log"
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
               f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=", "--ServerApp.password=",
               f"--ServerApp.root_dir={course}", "--LabApp.expose_app_in_browser=True",
               "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    with open(log, "w") as stream:
        server = subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT, env=environment, cwd=course)
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
    """Wait until the server answers. Raises RuntimeError, with its log, where it ends or stays silent."""
    deadline = time.monotonic() + seconds
    while server.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{address}/api/status", timeout=2).close()
            return
        except OSError:
            time.sleep(0.3)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()}")
