"""A static copy of the page, served by a plain file server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.support.visit import Visit

pytestmark = pytest.mark.extras


class Quiet(SimpleHTTPRequestHandler):
    """A file server that writes nothing to the terminal."""

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing."""


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[str]:
    """The address of a static copy with few values of each slider."""
    from twinseed.explore.export import SliderGrid, export

    grid = SliderGrid(
        rows=(30, 300),
        sizes=(100, 300, 1000, 2500, 5000),
        strengths=(0.7, 1.5),
        pairings=("disjoint", "shuffled"),
        seeds=(0, 1),
        exponents=(1.0,),
    )
    folder = export(tmp_path / "copy", grid=grid)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_static_copy_shows_its_scenes_and_says_what_it_lacks(browser: Any, copy: str) -> None:
    visit = Visit(browser, copy)
    page = visit.open("?strength=1.4&n=280")
    assert page.locator("#static-note").is_visible()
    assert page.locator("#population [data-number=strength]").input_value() == "1.5"
    for scene in ("twins", "blind", "spectrum", "map", "regularise"):
        sentence = visit.show(scene)
        assert "refused" not in (sentence.get_attribute("class") or ""), scene
    assert "300 training images" in page.locator("#twins-note").inner_text()
    page.get_by_role("button", name="Shuffle B's seeds").click()
    page.wait_for_function(
        "() => /other seeds/.test(document.querySelector('#twins-sentence').textContent)"
    )
    assert page.locator("#simulate").is_disabled()
    for part in ("#plan-sentence", "#audit-sentence", "#simulation-state"):
        assert "twinseed explore" in page.locator(part).inner_text()
    page.locator("[data-key=filter]").select_option("shrinkage")
    page.wait_for_selector("#blind-sentence.refused")
    assert "twinseed explore" in page.locator("#blind-sentence").inner_text()
    assert not [one for one in visit.addresses if "/api/" in one]
    assert visit.outside() == []
    assert visit.problems == []
    visit.context.close()
