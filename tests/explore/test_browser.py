"""The page in a real browser: each control, each scene, the address, the keyboard, the files."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.support.visit import Visit

pytestmark = pytest.mark.extras

SCENES = ("twins", "blind", "spectrum", "map", "regularise")


def query(page: Any) -> dict[str, str]:
    """Return the state in the address, which follows within a tenth of a second."""
    wait = "() => new Promise(done => setTimeout(() => done(location.search), 200))"
    return dict(re.findall(r"[?&]([^=&]+)=([^&#]*)", page.evaluate(wait)))


def pictures(page: Any) -> list[str]:
    """Return the drawn pictures, as text: A, B and the nearest image for each seed."""
    return page.evaluate(
        "[...document.querySelectorAll('#pictures canvas')].map(one => one.toDataURL())"
    )


def test_every_scene_draws_and_tells_what_to_see(visit: Visit) -> None:
    page = visit.open()
    for scene in SCENES:
        sentence = visit.show(scene)
        assert len(sentence.inner_text()) > 40
        assert "refused" not in (sentence.get_attribute("class") or "")
    assert len(set(pictures(page))) == 12
    drawn = page.locator("figure.chart .canvas > svg[role=img]")
    assert drawn.count() == 6
    for i in range(6):
        assert drawn.nth(i).locator("path, rect, circle").count() > 3
        assert drawn.nth(i).get_attribute("aria-label")


def test_the_number_of_images_moves_pictures_meters_and_sentence(visit: Visit) -> None:
    page = visit.open("?n=10")
    few = visit.show("twins").inner_text()
    agree = page.locator(".meter.agree .value")
    first, before = pictures(page), float(agree.inner_text())
    page.locator("[data-key=n]").press("End")
    page.wait_for_function(
        "before => document.querySelector('#twins-sentence').innerText != before", arg=few
    )
    assert float(agree.inner_text()) > before + 0.2
    assert all(one != two for one, two in zip(first, pictures(page), strict=True))
    assert query(page)["n"] == "10000"


def test_buttons_of_the_twins(visit: Visit) -> None:
    page = visit.open("?n=30")
    visit.show("twins")
    start, agree = pictures(page), page.locator(".meter.agree .value")

    def press(name: str, sentence: str) -> list[str]:
        before = pictures(page)
        page.get_by_role("button", name=name).click()
        page.wait_for_function(
            "before => document.querySelectorAll('#pictures canvas')[1].toDataURL() != before",
            arg=before[1],
        )
        assert sentence in page.locator("#twins-sentence").inner_text()
        return pictures(page)

    apart = float(agree.inner_text())
    swapped = press("Swap B's data", "")
    assert [swapped[i] == start[i] for i in range(3)] == [True, False, True]
    same = press("Same data for both", "the same function")
    assert same[0] == same[1]
    assert float(agree.inner_text()) > 0.99
    press("Shuffle B's seeds", "other seeds")
    assert float(agree.inner_text()) < apart - 0.2
    assert query(page)["pairing"] == "shuffled"
    other = press("Another seed", "other seeds")
    assert other[0] != start[0]
    assert query(page)["seed"] == "1"


def test_the_strength_moves_recovery_and_not_agreement(visit: Visit) -> None:
    page = visit.open("?strength=0.5&n=400&d=400")
    assert "nothing of the factor" in visit.show("blind").inner_text()
    values = "name => document.querySelector(`#blind-charts figure:nth-child(${name}) .handle`)"
    values += ".getAttribute('aria-valuetext').split(', ').at(-1)"
    agree, learned = page.evaluate(values, 2), page.evaluate(values, 3)
    page.locator("#population [data-number=strength]").fill("3")
    page.wait_for_function(
        "() => !/nothing of/.test(document.querySelector('#blind-sentence').textContent)"
    )
    assert abs(float(page.evaluate(values, 2)) - float(agree)) < 0.02
    assert float(page.evaluate(values, 3)) > float(learned) + 0.4


def test_the_dot_is_dragged_and_moved_by_keys(visit: Visit) -> None:
    page = visit.open()
    visit.show("blind")
    handle = page.locator("#blind-charts figure:nth-child(2) .handle")
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    page.mouse.move(box["x"] + 13, box["y"] + 13)
    page.mouse.down()
    page.mouse.move(box["x"] + 73, box["y"] + 13, steps=4)
    page.mouse.up()
    dragged = int(query(page)["n"])
    assert dragged > 400
    assert page.locator("[data-number=n]").input_value() == str(dragged)
    handle.press("ArrowLeft")
    assert int(query(page)["n"]) < dragged
    visit.show("map")
    dot = page.locator("#map-charts .handle")
    dot.press("ArrowUp")
    dot.press("ArrowUp")
    assert float(query(page)["strength"]) > 0.7
    assert "strength 0.8" in dot.get_attribute("aria-valuetext")


def test_simulated_twins_arrive_stop_and_go(visit: Visit) -> None:
    page = visit.open("?d=60")
    visit.show("blind")
    dots = page.locator("#blind-charts figure:nth-child(2) svg g[data-mark=dot] circle")
    assert dots.count() == 0
    page.get_by_role("button", name="Start simulated twins").click()
    page.wait_for_function(
        "() => document.querySelectorAll('#blind-charts figure:nth-child(2) svg g[data-mark=dot]"
        " circle').length == 7"
    )
    page.get_by_role("button", name="Stop the simulation").click()
    state = page.locator("#simulation-state")
    page.wait_for_function(
        "() => /stopped|all are/.test(document.querySelector('#simulation-state').textContent)"
    )
    assert re.search(r"\d+ simulated pairs per point, with 95 % bars", state.inner_text())
    assert dots.count() == 7
    page.get_by_role("button", name="Clear the points").click()
    page.wait_for_function("() => !document.querySelector('#simulation-state').textContent")
    assert dots.count() == 0


def test_every_control_is_kept_in_the_address(visit: Visit) -> None:
    page = visit.open(
        "?n=50&population=levels&levels=3,1&shares=0.2,0.8&filter=ridge&ridge=0.5"
        "&d=150&seed=3&coupling=1&data=digits"
    )
    visit.show("spectrum")
    page.wait_for_selector("#coupling svg")
    held = {
        key: page.locator(f"[data-key={key}]").first.input_value()
        for key in ("population", "levels", "shares", "filter", "data")
    }
    assert held == {
        "population": "levels",
        "levels": "3,1",
        "shares": "0.2,0.8",
        "filter": "ridge",
        "data": "digits",
    }
    for key, value in {"n": "50", "ridge": "0.5", "d": "150"}.items():
        assert page.locator(f"[data-number={key}]").first.input_value() == value
    page.locator("[data-key=filter]").select_option("truncation")
    page.locator("[data-number=rank]").fill("7")
    page.locator("[data-key=population]").select_option("power")
    page.locator("[data-number=exponent]").fill("0.7")
    page.get_by_role("button", name="Show the coupling").click()
    found = query(page)
    assert (
        found
        | {
            "filter": "truncation",
            "rank": "7",
            "population": "power",
            "exponent": "0.7",
            "d": "150",
            "n": "50",
        }
        == found
    )
    assert "coupling" not in found
    page.get_by_role("button", name="Copy the link").click()
    page.wait_for_function("() => document.querySelector('#notice').classList.contains('shown')")
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    before = page.url
    page.reload()
    page.wait_for_selector("html[data-ready=yes]")
    assert page.url == before
    assert page.locator("[data-number=rank]").input_value() == "7"
    page.get_by_role("button", name="Reset").click()
    assert query(page) == {}
    assert page.locator("[data-key=population]").input_value() == "spiked"


def test_a_damaged_address_falls_back_to_the_defaults(visit: Visit) -> None:
    page = visit.open("?n=-4&d=x&filter=%3Cb%3E&strength=1e99&pairing=none&pilot=../../etc")
    assert page.locator("[data-number=n]").input_value() == "2"
    assert page.locator("[data-number=d]").first.input_value() == "200"
    assert page.locator("[data-key=filter]").input_value() == "none"


def test_the_tools_give_numbers_picture_and_python(visit: Visit) -> None:
    page = visit.open()
    visit.show("blind")

    def file(name: str) -> str:
        with page.expect_download() as waiting:
            page.get_by_role("button", name=f"{name}", exact=True).click()
        return Path(waiting.value.path()).read_text("utf-8")

    numbers = json.loads(file("Numbers of Agree: convergence as JSON"))
    rows = file("Numbers of Agree: convergence as CSV").splitlines()
    place = rows[0].split(",").index("convergence")
    written = [float(row.split(",")[place]) for row in rows[1:]]
    assert written == pytest.approx(numbers["convergence"])
    drawn = file("Picture of Agree: convergence as SVG")
    assert drawn.startswith("<svg")
    assert "var(" not in drawn
    assert "<path" in drawn
    page.get_by_role("button", name="In Python: Agree: convergence").click()
    code = page.locator("#blind-charts figure:nth-child(2) .code").inner_text()
    assert "ts.predict" in code
    compile(code, "page", "exec")


def test_the_keyboard_alone(visit: Visit) -> None:
    page = visit.open()
    visit.show("twins")
    keyboard = page.keyboard
    keyboard.press("n")
    keyboard.press("ArrowRight")
    assert int(query(page)["n"]) > 300
    keyboard.press("t")
    keyboard.press("ArrowLeft")
    assert float(query(page)["strength"]) < 0.7
    keyboard.press("s")
    assert query(page)["seed"] == "1"
    keyboard.press("r")
    keyboard.press("Home")
    assert query(page)["ridge"] == "0"
    keyboard.press("?")
    assert page.locator("#help").is_visible()
    assert page.locator("#keys tr").count() >= 15
    keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    names = []
    for _ in range(70):
        keyboard.press("Tab")
        names.append(
            page.evaluate(
                "(document.activeElement.dataset.key ?? '') + '|' +"
                " document.activeElement.className + '|' + document.activeElement.innerText"
            )
        )
    reached = "\n".join(names)
    for part in (
        "n|",
        "population|",
        "strength|",
        "filter|",
        "d|",
        "handle",
        "Another seed",
        "in Python",
        "Start simulated twins",
    ):
        assert part in reached
    page.locator("#single-keys").evaluate("box => box.click()")
    keyboard.press("s")
    assert query(page)["seed"] == "1"


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_no_serious_finding_of_axe(visit: Visit, axe: Any, scheme: Any, width: int) -> None:
    page = visit.page
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 800})
    visit.open("?coupling=1")
    for scene in SCENES:
        visit.show(scene)
    found = axe.run(page).response["violations"]
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    assert [(one["id"], [node["target"] for node in one["nodes"]][:4]) for one in serious] == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    dock = page.locator(".dock").bounding_box()
    if width < 700:
        assert dock["y"] + dock["height"] == pytest.approx(800, abs=1)
    else:
        assert dock["y"] == pytest.approx(0, abs=1)
