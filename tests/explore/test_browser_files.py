"""Files that a reader gives to the page: a pilot to plan from, and two generators to audit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.support.visit import Visit

pytestmark = pytest.mark.extras

DROP = """([zone, name, text]) => {
    const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
    const carried = new DataTransfer();
    carried.items.add(new File([bytes], name));
    zone.dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true }));
}"""


def drop(page: Any, zone: str, file: Path) -> None:
    """Drop a file, as the mouse would."""
    import base64

    text = base64.b64encode(file.read_bytes()).decode()
    handle = page.locator(zone).element_handle()
    page.evaluate(DROP, [handle, file.name, text])


def drop_folder(visit: Visit, zone: str, folder: Path) -> None:
    """Drop a folder, as the mouse would: only the browser itself can make such a drop."""
    place = visit.page.locator(zone)
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    protocol = visit.context.new_cdp_session(visit.page)
    for kind in ("dragEnter", "dragOver", "drop"):
        protocol.send(
            "Input.dispatchDragEvent",
            {
                "type": kind,
                "x": box["x"] + box["width"] / 2,
                "y": box["y"] + box["height"] / 2,
                "data": {"items": [], "files": [str(folder)], "dragOperationsMask": 1},
            },
        )


def test_a_folder_of_pictures_is_dropped(visit: Visit, tmp_path: Path) -> None:
    from PIL import Image

    folder = tmp_path / "pictures"
    (folder / "second").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    values = np.random.default_rng(0).integers(0, 255, (120, 6, 5), np.uint8)
    for k, one in enumerate(values):  # more than a reader of folders hands on at once
        Image.fromarray(one).save(folder / ("second" if k % 40 == 0 else "") / f"{k:03}.png")
    Image.fromarray(values[0]).save(folder / ".hidden" / "copy.png")
    (folder / "notes.txt").write_text("not a picture")
    page = visit.open()
    visit.show("plan")
    drop_folder(visit, "#plan-controls .drop", folder)
    state = page.locator("#plan-controls .file-state")
    page.wait_for_function(
        "() => /: 120 rows/.test(document.querySelector('#plan-controls .file-state').innerText)"
    )
    assert "pictures.tar: 120 rows, 30 columns" in state.inner_text()
    page.wait_for_selector("#plan-charts svg[role=img]")


def test_a_folder_of_arrays_is_its_files(visit: Visit, audit_files: dict[str, Path]) -> None:
    folder = next(iter(audit_files.values())).parent
    page = visit.open()
    visit.show("audit")
    drop_folder(visit, "#audit-files .drop >> nth=0", folder)
    page.wait_for_selector("#audit-start:enabled")
    assert page.locator("#audit-files .filled").count() == 5


def test_an_empty_folder_is_refused_with_a_remedy(visit: Visit, tmp_path: Path) -> None:
    page = visit.open()
    visit.show("plan")
    drop_folder(visit, "#plan-controls .drop", tmp_path)
    page.wait_for_selector("#plan-controls .file-state.refused")
    assert "holds no files" in page.locator("#plan-controls .file-state").inner_text()


def test_a_pilot_is_dropped_and_planned(visit: Visit, tmp_path: Path) -> None:
    rows = np.random.default_rng(0).standard_normal((60, 12)) * np.linspace(3.0, 0.4, 12)
    np.save(tmp_path / "pilot.npy", rows)
    page = visit.open()
    visit.show("plan")
    drop(page, "#plan-controls .drop", tmp_path / "pilot.npy")
    page.wait_for_selector("#plan-charts svg[role=img]")
    page.wait_for_function(
        "() => /training rows/.test(document.querySelector('#plan-sentence').textContent)"
    )
    assert "60 rows, 12 columns" in page.locator("#plan-controls .file-state").inner_text()
    assert page.locator("#plan-table tbody tr").count() >= 3
    before = page.locator("#plan-sentence").inner_text()
    page.locator("[data-number=target]").fill("0.97")
    page.wait_for_function(
        "before => document.querySelector('#plan-sentence').innerText != before", arg=before
    )
    page.get_by_role("button", name="Use the pilot in the scenes above").click()
    visit.show("spectrum")
    page.wait_for_function(
        "() => /training|rows/.test(document.querySelector('#spectrum-sentence').textContent)"
    )
    assert page.locator("[data-key=population]").input_value() == "pilot"


def test_a_bad_file_is_refused_with_a_remedy(visit: Visit, tmp_path: Path) -> None:
    (tmp_path / "broken.npy").write_bytes(b"\x93NUMPY but not really")
    page = visit.open()
    visit.show("plan")
    drop(page, "#plan-controls .drop", tmp_path / "broken.npy")
    page.wait_for_selector("#plan-sentence.refused")
    assert len(page.locator("#plan-sentence").inner_text()) > 20
    # the browser itself reports that the server refused the file
    assert [one for one in visit.problems if "400" not in one] == []
    visit.problems.clear()


def test_an_audit_of_five_files(visit: Visit, audit_files: dict[str, Path]) -> None:
    page = visit.open()
    visit.show("audit")
    start = page.locator("#audit-start")
    assert start.is_disabled()
    first = page.locator("#audit-files input").first
    first.set_input_files([str(file) for file in audit_files.values()])
    page.wait_for_selector("#audit-start:enabled")
    assert page.locator("#audit-files .filled").count() == 5
    start.click()
    page.wait_for_selector("#audit-progress:visible")
    page.wait_for_selector("#audit-page iframe")
    frame = page.locator("#audit-page iframe")
    assert frame.get_attribute("sandbox") == ""
    heading = page.frame_locator("#audit-page iframe").locator("h1, h2").first
    assert heading.inner_text()
    assert "complete" in page.locator("#audit-sentence").inner_text()
    answers = page.locator("#audit-page .answers li")
    assert answers.count() >= 3
    assert "converged" in answers.nth(1).inner_text().lower()
