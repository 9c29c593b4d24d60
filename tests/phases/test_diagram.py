"""Phase diagrams: cut where something changes, the same whoever works, drawn from the store."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy.special import hyp2f1

import twinseed as ts
from twinseed.errors import InputError, StoreError, TwinseedError
from twinseed.phases.lines import borders
from twinseed.phases.plane import Plane, Region
from twinseed.phases.tiles import ACROSS, Point, Tile, TileReading, painted, refined
from twinseed.readout import load
from twinseed.sweep import Job, stored

SMALL = {"d": 10**4, "ridge": 0.1, "cells": 120, "rng": 0}
FIELDS = {
    "d": 10**6,
    "gamma": (0.03, 30.0),
    "strength": (0.1, 10.0),
    "ridge": 0.0,
    "replicates": 2,
    "memorisation": 2.0,
    "convergence": 0.5,
}


def slanted(point: Point) -> TileReading:
    """A border along the diagonal, and an upright one."""
    x, y = (float(one) for one in point)
    return TileReading(2 * (x > 0.37) + (x + y > 1.0), (0.0,))


def measured(room: int, readings=slanted):
    """Return a measure with room for so many points, and the list of those that it was asked."""
    asked: list[Point] = []

    def measure(groups: Sequence[Sequence[Point]]) -> list[list[TileReading]]:
        found = []
        for group in groups:
            if len(asked) + len(group) > room:
                break
            asked.extend(group)
            found.append([readings(point) for point in group])
        return found

    return measure, asked


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("diagram") / "s.db"


@pytest.fixture(scope="module")
def small(store: Path) -> ts.PhaseDiagram:
    return ts.phase_diagram(**SMALL, store=store)


def test_tiles_fill_the_square_once() -> None:
    tiling = refined(measured(600)[0], 0.25)
    assert sum(tile.size[0] * tile.size[1] for tile in tiling.tiles) == pytest.approx(1.0)
    numbers = np.unique(painted(tiling.tiles))
    assert numbers.tolist() == list(range(len(tiling.tiles)))


def test_a_cut_tile_keeps_its_point() -> None:
    tile = Tile(1, 0, 7, 4)
    for axes, parts in [((True, False), 3), ((False, True), 3), ((True, True), 9)]:
        centres = [part.centre for part in tile.cut(*axes)]
        assert len(set(centres)) == parts
        assert tile.centre in centres
    measure, asked = measured(600)
    tiling = refined(measure, 0.25)
    assert len(asked) == len(set(asked)) == len(tiling.tiles)


def test_tiles_gather_at_the_borders() -> None:
    tiling = refined(measured(700)[0], 0.25)
    x, y = np.array([[float(one) for one in tile.centre] for tile in tiling.tiles]).T
    near = np.minimum(np.abs(x + y - 1.0), np.abs(x - 0.37)) < 0.03
    axis = (np.arange(27) + 0.5) / 27
    one, other = np.meshgrid(axis, axis)
    uniform = np.minimum(np.abs(one + other - 1.0), np.abs(one - 0.37)) < 0.03
    assert near.mean() > 4.0 * uniform.mean()
    assert tiling.sharpness == 9 * ACROSS
    assert len(tiling.tiles) < tiling.sharpness**2 / 9


def test_an_upright_border_costs_the_logarithm_of_its_sharpness() -> None:
    def upright(point: Point) -> TileReading:
        return TileReading(int(point[0] > 0.37), (0.0,))

    tiling = refined(measured(10**5, upright)[0], 0.25)
    assert tiling.sharpness == 81 * ACROSS
    assert len(tiling.tiles) < ACROSS**2 + 4 * 2 * 2 * ACROSS + 1
    assert {tile.y_cuts for tile in tiling.tiles} == {0}


def test_a_value_that_changes_much_is_a_border_too() -> None:
    def stepped(point: Point) -> TileReading:
        return TileReading(0, (0.0, 0.3 * float(point[1] > 0.6)))

    assert len(refined(measured(300, stepped)[0], 0.25).tiles) > ACROSS**2
    assert len(refined(measured(300, stepped)[0], 0.35).tiles) == ACROSS**2


def test_more_room_cuts_the_same_tiles_further() -> None:
    fewer, more = (measured(room)[1] for room in (0, 0))
    for room, asked in ((300, fewer), (700, more)):
        measure, got = measured(room)
        refined(measure, 0.25)
        asked.extend(got)
    assert more[: len(fewer)] == fewer


def test_the_borders_of_theory_are_where_closed_forms_put_them() -> None:
    lines = borders(Plane.build(**FIELDS))
    np.testing.assert_allclose(lines.memorisation, 1.0 / 3.0, rtol=2e-4)
    q = lines.convergence * hyp2f1(-0.5, 0.5, 2.0, lines.convergence) ** 2
    np.testing.assert_allclose(q, 0.5, atol=2e-5)
    ridged = borders(Plane.build(**{**FIELDS, "ridge": 0.5}))
    np.testing.assert_allclose(ridged.memorisation, 1.0 / 4.5, rtol=2e-4)


def test_a_border_outside_the_plane_leaves_all_of_it_on_one_side() -> None:
    lines = borders(Plane.build(**{**FIELDS, "gamma": (2.0, 30.0), "convergence": 0.999}))
    gamma, strength = np.array([2.0, 30.0]), np.array([0.1, 10.0])
    assert lines.region(gamma, strength).tolist() == [0, Region.RECOVERED]


def test_simulation_and_theory_agree(small: ts.PhaseDiagram) -> None:
    assert small.agreement > 0.95
    ratio, _ = small.values("memorisation_ratio")
    np.testing.assert_allclose(ratio, np.sqrt(1.0 + 1.0 / (1.1 * small.gamma)), rtol=0.05)
    recovery, _ = small.values("recovery")
    excess = small.gamma * small.strength**2
    above = np.where(excess > 1.0, (1.0 - 1.0 / excess), 0.0) / (
        1.0 + 1 / (small.gamma * small.strength)
    )
    np.testing.assert_allclose(recovery, above, atol=0.1)
    assert small.stopped == 0


def test_convergence_is_blind_and_the_misleading_region_is_there(small: ts.PhaseDiagram) -> None:
    converged = np.array([Region.CONVERGED in region for region in small.regions])
    border = small.lines.convergence
    # a factor moves the mean over d directions by its strength over d
    assert np.ptp(border) < 2.0 * small.strength.max() / small.plane.d * border.mean()
    assert converged[small.gamma > 1.1 * border.max()].all()
    assert not converged[small.gamma < 0.9 * border.min()].any()
    misleading = next(region for region in small.areas if region.misleads)
    assert misleading.words == "converged but not recovered"
    assert 0.1 < small.areas[misleading] < 0.3


def test_the_points_of_a_diagram_gather_at_its_borders(small: ts.PhaseDiagram) -> None:
    distance = np.abs(np.log(small.gamma * small.strength**2))
    load, strength = np.log(np.geomspace(0.03, 30, 60)), np.log(np.geomspace(0.1, 10, 60))
    uniform = np.abs(np.add.outer(load, 2.0 * strength))
    assert np.mean(distance < 0.5) > 1.5 * np.mean(uniform < 0.5)
    assert small.uniform == ACROSS**2


def test_any_number_of_workers_gives_the_same_bits(small: ts.PhaseDiagram) -> None:
    again = ts.phase_diagram(**SMALL, workers=2)
    assert json.dumps(again.to_dict()) == json.dumps(small.to_dict())


def test_no_more_points_are_simulated_than_allowed(small: ts.PhaseDiagram, store: Path) -> None:
    simulated = [text for text, _ in stored(store) if "strength" in text]
    assert len(simulated) == len(small.tiles) <= SMALL["cells"]


def test_points_of_other_planes_have_other_names() -> None:
    point = Tile(0, 0, 4, 4).centre
    changed = [{}, {"d": 10**5}, {"ridge": 0.1}, {"replicates": 3}, {"strength": (0.2, 10.0)}]
    names = {Plane.build(**{**FIELDS, **one}).cell(point).name for one in changed}
    assert len(names) == len(changed)


def test_another_seed_gives_other_draws(small: ts.PhaseDiagram) -> None:
    plane = small.plane
    cell = plane.cell(small.tiles[0].centre)
    one, other = (Job("phase diagram", "", (seed,)).random(cell) for seed in (0, 1))
    assert cell.work(one) != cell.work(other)


class StopHere(Exception):
    pass


def test_an_interrupted_diagram_goes_on_and_is_the_same(
    small: ts.PhaseDiagram, tmp_path: Path
) -> None:
    path, done = tmp_path / "s.db", 0

    def advance(steps: int) -> None:
        nonlocal done
        done += steps
        if done > 90:
            raise StopHere

    with pytest.raises(StopHere):
        ts.phase_diagram(**SMALL, store=path, progress=advance)
    part = ts.PhaseDiagram.from_store(path)
    assert ACROSS**2 <= len(part.tiles) < len(small.tiles)
    whole = ts.phase_diagram(**SMALL, store=path)
    assert json.dumps(whole.to_dict()) == json.dumps(small.to_dict())


def test_a_diagram_is_drawn_from_its_store_alone(
    small: ts.PhaseDiagram, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twinseed.phases.plane._drawn", lambda *args: pytest.fail("drawn again"))
    again = ts.PhaseDiagram.from_store(store)
    assert json.dumps(again.to_dict()) == json.dumps(small.to_dict())


def test_a_store_of_another_plane_seed_or_kind_is_refused(
    small: ts.PhaseDiagram, store: Path, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match=r'plane .*"ridge":0.1.* in the store, .*"ridge":0.5'):
        ts.phase_diagram(**{**SMALL, "ridge": 0.5}, store=store)
    with pytest.raises(StoreError, match="seed 0 in the store, 7 in this call"):
        ts.phase_diagram(**{**SMALL, "rng": 7}, store=store)
    other = tmp_path / "other.db"
    ts.simulate(ts.Spiked([1.0]), n=8, d=8, replicates=2, rng=0, store=other)
    with pytest.raises(StoreError, match="has no phase diagram"):
        ts.PhaseDiagram.from_store(other)
    with pytest.raises(TwinseedError, match="cannot be read"):
        ts.PhaseDiagram.from_store(tmp_path / "none.db")


def test_a_store_with_too_few_points_says_how_many(tmp_path: Path) -> None:
    def advance(steps: int) -> None:
        raise StopHere

    with pytest.raises(StopHere):
        ts.phase_diagram(**SMALL, store=tmp_path / "s.db", progress=advance)
    with pytest.raises(StoreError, match="of the first 81 points only"):
        ts.PhaseDiagram.from_store(tmp_path / "s.db")


def test_the_readout_has_a_cell_for_each_tile(small: ts.PhaseDiagram, tmp_path: Path) -> None:
    small.save(tmp_path / "diagram.nc")
    found = load(tmp_path / "diagram.nc")
    assert found.sizes["cell"] == len(small.tiles)
    np.testing.assert_array_equal(found["strength"], small.strength)
    np.testing.assert_array_equal(found.recovery.sel(factor=1), small.values("recovery")[0])
    np.testing.assert_array_equal(found.factor_eigenvalue.sel(factor=1), 1.0 + small.strength)
    assert (found.convergence_se > 0).all()


def test_regions_are_named_by_what_the_twins_do() -> None:
    words = [Region(code).words for code in range(8)]
    assert len(set(words)) == 8
    for code, one in enumerate(words):
        assert ("memorised" in one) == bool(code & Region.MEMORISED)
    assert Region(0).meaning == "the twins do not agree; the factor is not learned"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("d", 10, "d must be a whole number, at least 100"),
        ("gamma", (3.0, 1.0), "gamma must be two numbers above zero, rising"),
        ("gamma", 1.0, "gamma must be two numbers"),
        ("gamma", (1e-9, 1.0), "gamma leaves no training row at d = 1000000"),
        ("strength", (0.0, 1.0), "strength must be two numbers above zero"),
        ("strength", (1.0, float("nan")), r"strength\[1\] must be finite"),
        ("ridge", -1.0, "ridge must be a finite number, zero or above"),
        ("replicates", 1, "replicates must be a whole number, at least 2"),
        ("memorisation", 1.0, "memorisation must be above 1"),
        ("convergence", 1.0, "convergence must be below 1"),
        ("cells", 80, "cells must be a whole number, at least 81"),
        ("workers", 0, "workers must be a whole number, at least 1"),
    ],
)
def test_bad_input_is_named_before_any_work(field: str, value: object, said: str) -> None:
    def advance(steps: int) -> None:
        pytest.fail("work was done")

    with pytest.raises(InputError, match=said):
        ts.phase_diagram(**{field: value}, progress=advance)


@pytest.mark.parametrize("path", ["x.pdf", "x"])
def test_another_format_is_refused(small: ts.PhaseDiagram, path: str) -> None:
    with pytest.raises(InputError, match=r"path must end in \.html, \.png, \.svg or \.nc"):
        small.save(path)
    with pytest.raises(InputError, match="name is not kept"):
        small.values("wasserstein")
