"""Each answer has the numbers of the library, and lines of Python that make the same numbers."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import twinseed as ts
from twinseed.cli.explore import _own as own_rows
from twinseed.coupling import outlier
from twinseed.errors import InputError
from twinseed.explore.asked import Asked
from twinseed.explore.curves import CURVES
from twinseed.explore.datasets import NETWORK_SIZES, SHIPPED, Datasets
from twinseed.explore.models import FILTERS, POPULATIONS
from twinseed.explore.questions import QUESTIONS
from twinseed.explore.twins import ModelPair
from twinseed.jsonable import as_json
from twinseed.readers import ReadOptions

SPIKED = {"population": "spiked", "strengths": "3,1", "d": "60"}
MODELS = {
    "spiked": SPIKED,
    "ridge": {**SPIKED, "filter": "ridge", "ridge": "0.5"},
    "flow": {**SPIKED, "filter": "flow", "sigma_min": "0.3", "sigma_max": "5"},
    "power": {"population": "power", "exponent": "1", "d": "40"},
    "levels": {"population": "levels", "levels": "4,1", "shares": "0.25,0.75", "d": "40"},
}


@pytest.fixture(scope="module")
def datasets() -> Datasets:
    return Datasets()


def answer(name: str, datasets: Datasets, **asked: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(QUESTIONS[name](Asked(asked), datasets).as_json())
    return found


def run(lines: str) -> dict[str, Any]:
    """Run the Python of an answer."""
    names: dict[str, Any] = {}
    exec(lines, names)
    return names


def close(one: Any, two: Any) -> bool:
    """Compare numbers; None is NaN."""
    return np.allclose(
        np.asarray(one, dtype=float), np.asarray(two, dtype=float), rtol=1e-9, equal_nan=True
    )


@pytest.mark.parametrize("model", MODELS)
def test_the_python_of_curves_makes_the_same_curves(model: str, datasets: Datasets) -> None:
    told = answer("curves", datasets, **MODELS[model], points="4")
    made = run(told["python"])["found"]
    assert told["n"] == made.n.values.tolist()
    for name in CURVES:
        assert told[name] == as_json(made[name].values.tolist()), name
        assert told["status"][name] == made[f"{name}_status"].values.tolist()
    assert len(told["recovery"]) == made.factor.size
    for k, values in told["recovery"].items():
        assert values == as_json(made.recovery.sel(factor=int(k)).values.tolist())
        along = made.convergence_factor.sel(factor=int(k)).values.tolist()
        assert told["convergence_factor"][k] == as_json(along)


def test_own_rows_are_read_as_the_options_say(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).standard_normal((60, 4))
    numbers = np.random.default_rng(1).permutation(60)
    table = tmp_path / "mine.csv"
    lines = [
        f"{number}," + ",".join(map(str, one)) for number, one in zip(numbers, rows, strict=True)
    ]
    table.write_text("id,a,b,c,e\n" + "\n".join(lines) + "\n")
    for reading, d in ((None, 4), (ReadOptions(keep=("id",)), 5)):
        found = Datasets(own_rows(str(table), reading))
        assert found.about()[0]["d"] == d
        told = answer("curves", found, population="data", data="own", points="3")
        assert told["convergence"] == run(told["python"])["found"].convergence.values.tolist()


def test_recovery_begins_where_the_curve_says(datasets: Datasets) -> None:
    told = answer("curves", datasets, **SPIKED, points="2")
    assert told["onset"] == {"1": pytest.approx(60 / 9), "2": pytest.approx(60)}
    surroundings = ts.Spiked([3.0]).surroundings(0, 60)
    beyond = [outlier(4.0, surroundings, 1 / 9 * factor).overlap for factor in (0.99, 1.01)]
    assert beyond[0] == 0.0 < beyond[1]


def test_a_point_is_on_the_curve(datasets: Datasets) -> None:
    told = answer("point", datasets, **SPIKED, n="50")
    made = run(told["python"])["found"].isel(n=0)
    assert told["convergence"] == pytest.approx(float(made.convergence))
    assert told["recovery"]["2"] == pytest.approx(float(made.recovery.sel(factor=2)))
    assert told["status"]["recovery_1"] == str(made.recovery_status.sel(factor=1).item())


@pytest.mark.parametrize("model", ["spiked", "power", "levels"])
def test_the_python_of_spectra_makes_the_same_spectra(model: str, datasets: Datasets) -> None:
    told = answer("spectrum", datasets, **MODELS[model], n="100", points="20")
    made = run(told["python"])
    assert close(told["density"]["x"], made["density"].x)
    assert close(told["density"]["y"], made["density"].y)
    assert told["zero_weight"] == pytest.approx(made["density"].at_zero)
    assert close(
        [one["overlap"] for one in told["outliers"]], [o.overlap for o in made["outliers"]]
    )
    positions = [one["position"] for one in told["outliers"]]
    assert close(positions, [o.position for o in made["outliers"]])
    assert [one["separated"] for one in told["outliers"]] == [one is not None for one in positions]
    assert math.fsum(one["weight"] for one in told["population"]) == pytest.approx(1.0)


def test_the_python_of_the_other_charts_makes_the_same_numbers(datasets: Datasets) -> None:
    told = answer("coupling", datasets, **SPIKED, n="90", size="8")
    assert close(told["value"], run(told["python"])["found"])
    told = answer("regularise", datasets, **SPIKED, n="30")
    made = run(told["python"])
    path = np.array([[one["ridge"], one["convergence"], one["distance"]] for one in told["path"]])
    assert close(path[:, 0], made["strengths"])
    assert close(path[:, 1], made["agreement"])
    assert close(path[:, 2], made["distance"])
    assert told["best"] == int(np.argmin(made["distance"])) > 0
    assert path[0, 0] == 0.0
    told = answer("map", datasets, d="200", filter="ridge", ridge="0.2")
    made = run(told["python"])
    for name, border in told["borders"].items():
        assert close([pair[0] for pair in border], made[name])
        assert close([pair[1] for pair in border], made["strength"])


@pytest.mark.parametrize(
    "asked",
    [
        {"n": "40"},
        {"n": "25", "pairing": "shuffled", "ridge": "90"},
        {"n": "20", "swap": "3"},
        {"n": "20", "pairing": "same"},
    ],
)
def test_the_python_of_twins_makes_the_same_twins(
    asked: dict[str, str], datasets: Datasets
) -> None:
    told = answer("twins", datasets, **asked, seeds="2", seed="5")
    made = run(told["python"])
    found, meters = made["found"], told["meters"]
    assert meters["agree"] == pytest.approx(float(found.convergence))
    assert meters["copied"] == pytest.approx(float(found.memorisation_share))
    assert close(meters["learned"], found.recovery.values)
    black, white = made["rows"].min(), made["rows"].max()
    for side in ("a", "b"):
        pixels = (made[f"pictures_{side}"] - black) / (white - black) * 255.0
        assert told[side] == np.rint(pixels.clip(0, 255)).astype(int).tolist()
    nearest = made["a"][told["nearest_row"]]
    away = np.linalg.norm(made["pictures_a"][:, None] - made["a_n"], axis=2)
    assert np.array_equal(away.argmin(axis=1), told["nearest_row"])
    assert told["nearest"] == np.rint((nearest - black) / (white - black) * 255).tolist()


def test_same_rows_agree_and_shuffled_seeds_do_not(datasets: Datasets) -> None:
    def agree(**asked: str) -> float:
        found: float = answer("twins", datasets, n="60", seeds="1", **asked)["meters"]["agree"]
        return found

    assert agree(pairing="same") == pytest.approx(1.0)
    assert abs(agree(pairing="shuffled")) < 0.1
    assert 0.2 < agree() < 0.9
    assert agree() != agree(swap="1")


def test_the_honest_level_of_copying_is_the_measured_share_of_the_matched_linear_model(
    datasets: Datasets,
) -> None:
    def meters(**asked: str) -> dict[str, float]:
        found: dict[str, float] = answer("twins", datasets, n="60", seeds="1", **asked)["meters"]
        return found

    plain, ridge = meters(), meters(ridge="90")
    assert plain["copied_reference"] == plain["copied"]
    assert ridge["copied_reference"] == plain["copied"] > ridge["copied"] > 0.5


def test_pictures_come_without_meters_where_asked(datasets: Datasets) -> None:
    told = answer("twins", datasets, n="30", seeds="3", meters="0")
    assert told["meters"] is None
    assert np.shape(told["a"]) == np.shape(told["nearest"]) == (3, 196)
    assert told["a"] == answer("twins", datasets, n="30", seeds="3")["a"]


def test_decompositions_are_kept(datasets: Datasets) -> None:
    data = datasets.get("fashion")
    assert data.model("a", 30) is data.model("a", 30)
    assert data.model("b", 30) is not data.model("b", 30, 1)
    assert ModelPair.of(Asked({"n": "99999"}), data).n == data.most


@pytest.mark.extras
def test_what_is_said_of_the_shipped_data_is_so(datasets: Datasets) -> None:
    from twinseed.denoise.demo import SIZES

    for name, said in SHIPPED.items():
        found = datasets.get(name)
        assert (found.label, found.d, found.most) == (said["label"], said["d"], said["rows"])
        assert list(found.picture) == said["image"]
    assert NETWORK_SIZES == SIZES
    told = answer("choices", datasets)
    assert [one["name"] for one in told["data"]] == ["fashion", "digits"]
    assert told["data"][0]["network_n"] == list(SIZES)


@pytest.mark.extras
def test_trained_networks_are_shown_at_the_sizes_that_exist(datasets: Datasets) -> None:
    from twinseed.denoise.demo import NOISE

    told = answer("twins", datasets, n="30", seeds="1", model="network", meters="0")
    assert told["n_used"] == 20
    assert np.shape(told["a"]) == (1, 196)
    made = run(told["python"].rpartition("\nnoise = ")[0])
    assert made["noise"].shape == (1, NOISE)
    black, white = made["rows"].min(), made["rows"].max()
    pixels = (made["pictures_a"] - black) / (white - black) * 255.0
    assert told["a"] == np.rint(pixels.clip(0, 255)).astype(int).tolist()
    with pytest.raises(InputError, match="same rows"):
        answer("twins", datasets, n="20", model="network", pairing="same")


def test_every_choice_can_be_asked_for(datasets: Datasets) -> None:
    for population in POPULATIONS:
        if population.name not in ("pilot", "data"):
            answer("point", datasets, population=population.name, d="30", n="40")
    for filter in FILTERS:
        asked = {one.name: one.default for one in filter.parameters}
        answer("point", datasets, d="30", n="40", filter=filter.name, **asked)
    told = answer("point", datasets, population="data", n="40")
    assert told["d"] == 196


@pytest.mark.parametrize(
    ("asked", "argument"),
    [
        ({"d": "x"}, "d"),
        ({"d": "1e9"}, "d"),
        ({"d": "10.5"}, "d"),
        ({"n": "nan"}, "n"),
        ({"strengths": "1,-5"}, "strengths"),
        ({"strengths": ",".join(["1"] * 13)}, "strengths"),
        ({"population": "own"}, "population"),
        ({"population": "levels", "levels": "1,2", "shares": "1"}, "shares"),
        ({"population": "levels", "levels": "1,2", "shares": "0.2,0.2"}, "shares"),
        ({"population": "pilot", "upload": "../../etc/passwd"}, "upload"),
        ({"filter": "ridge", "ridge": "-1"}, "ridge"),
        ({"strengths": "1" * 3000}, "strengths"),
    ],
)
def test_what_is_wrong_is_named(asked: dict[str, str], argument: str, datasets: Datasets) -> None:
    with pytest.raises(InputError) as found:
        answer("point", datasets, **asked)
    assert found.value.argument == argument


def test_csv_holds_the_numbers_of_the_chart(datasets: Datasets) -> None:
    made = QUESTIONS["curves"](Asked({**SPIKED, "points": "3"}), datasets)
    header, *lines = made.as_csv().decode().splitlines()
    assert len(lines) == 3
    rows = [dict(zip(header.split(","), line.split(","), strict=True)) for line in lines]
    assert [float(one["recovery_2"]) for one in rows] == made.body["recovery"]["2"]
    assert {float(one["convergence"]) for one in rows} == set(made.body["convergence"])
