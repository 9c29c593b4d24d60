"""One server and one browser for all tests of the page; each test has a page of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.explore.served import Served, served
from tests.support.visit import Visit

NO_BROWSER = (
    "no Chromium is on this machine, and so the page of twinseed explore is not tested: install "
    "it, with Debian's package: apt-get install chromium"
)


def chromium() -> str | None:
    """Return the program of the browser, if this machine has one."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    program = chromium()
    if program is None:
        pytest.skip(NO_BROWSER)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def server() -> Iterator[Served]:
    """A server of the page, which runs until the last test has ended."""
    with served() as found:
        yield found


@pytest.fixture
def visit(browser: Any, server: Served) -> Iterator[Visit]:
    """A visit that ends well: no error in the console, no request to elsewhere."""
    one = Visit(browser, f"http://127.0.0.1:{server.port}/")
    yield one
    one.context.close()
    assert one.outside() == []
    assert one.problems == []


@pytest.fixture(scope="session")
def axe() -> Any:
    """The accessibility checker."""
    from axe_playwright_python.sync_playwright import Axe

    return Axe()


@pytest.fixture
def audit_files(tmp_path: Path) -> dict[str, Path]:
    """Small files for an audit: Gaussian rows, and samples of honest twins."""
    import numpy as np

    rng = np.random.default_rng(0)
    spread = np.linspace(2.0, 0.5, 6)
    seeds = rng.standard_normal((80, 6))
    rows = {
        "train_a": rng.standard_normal((80, 6)) * spread,
        "train_b": rng.standard_normal((80, 6)) * spread,
        "samples_a": seeds * spread,
        "samples_b": (seeds + 0.1 * rng.standard_normal((80, 6))) * spread,
        "heldout": rng.standard_normal((80, 6)) * spread,
    }
    for name, values in rows.items():
        np.save(tmp_path / f"{name}.npy", values)
    return {name: tmp_path / f"{name}.npy" for name in rows}
