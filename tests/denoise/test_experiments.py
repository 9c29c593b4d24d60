"""The experiments with twin denoisers: their kept numbers, their page, and reruns of a part."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from docs.studies import datasets
from docs.studies.denoisers import page as pages
from docs.studies.denoisers import pictures, run, training_time
from docs.studies.denoisers.ceiling import ARMS, trained, with_sizes
from docs.studies.denoisers.experiments import EXPERIMENTS, reduced
from docs.studies.denoisers.summary import crossing, kept
from docs.studies.denoisers.sweeps import results_of, run_experiment
from docs.studies.pages import renewed

pytestmark = pytest.mark.extras

_PACKAGED = ["blindness", "blindness-controls", "textures"]
"""Experiments whose rows come with twinseed or are drawn; the others need data packages."""
_FASHION = ["fashion", "controls", "large-images"] if datasets.FASHION.is_dir() else []


@pytest.mark.nightly
@pytest.mark.parametrize("name", [*_PACKAGED, *_FASHION])
def test_a_part_trained_again_gives_the_kept_numbers(name: str, tmp_path: Path) -> None:
    part = reduced(EXPERIMENTS[name])
    again = run_experiment(part, tmp_path, progress=False)["arms"]
    for arm_name, arm in kept(name)["arms"].items():
        places = [arm["n"].index(n) for n in part.reduced_sizes]
        for model in ("network", "linear"):
            whole, here = (one["pairs"][0][model] for one in (arm, again[arm_name]))
            for variable in ("convergence", "memorisation_ratio", "memorisation_share"):
                error = np.hypot(np.array(whole[f"{variable}_se"])[places], here[f"{variable}_se"])
                apart = np.array(whole[variable])[places] - here[variable]
                # other rows are held out, another processor rounds otherwise, and kept numbers
                # are rounded; linear twins on the same rows are one model, without an error
                near = np.abs(apart) <= 3.0 * error + 1e-6
                assert np.all(near), (arm_name, model, variable)


def test_a_command_without_its_data_says_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(datasets, "FASHION", datasets.FASHION)  # the command sets it
    for module, words in ((run, ["fashion"]), (training_time, [])):
        given = ["--store", str(tmp_path / "store"), "--fashion", str(tmp_path / "nowhere")]
        monkeypatch.setattr("sys.argv", ["study", *words, *given])
        with pytest.raises(SystemExit) as stopped:
            module.main()
        assert stopped.value.code == 2
        assert "apt-get install dataset-fashion-mnist, or pass --fashion" in capsys.readouterr().err


@pytest.mark.nightly
def test_registered_networks_trained_again_give_the_kept_numbers(tmp_path: Path) -> None:
    """Spiked rows, the first pair, both pairings, the smallest and the largest size.

    The largest size decides which rows are held out, so it is trained too, and nothing else differs
    from the whole. Kept numbers are rounded to six decimals. Without the instructions AVX the
    samples differed by 2e-6 of their size, and q by 2e-8. The share counts 1,024 samples: one
    sample that changes sides moves it by 0.001.
    """
    sizes = (64, 1024)
    arm = replace(ARMS["spiked"], plan=replace(ARMS["spiked"].plan, pairs=1))
    runs = trained(arm, tmp_path, sizes, workers=1)
    for pairing, told in kept("ceiling")["spiked"].items():
        (again,) = results_of(replace(arm, plan=runs[pairing].plan), runs[pairing])["pairs"]
        places = [told["n"].index(n) for n in sizes]
        for model in ("network", "linear"):
            for name, allowed in (
                ("convergence", 1e-5),
                ("memorisation_ratio", 1e-5),
                ("memorisation_share", 2e-3),
            ):
                whole = np.array(told["pairs"][0][model][name])[places]
                gap = np.abs(whole - again[model][name])
                assert np.all(gap <= allowed), (pairing, model, name, gap)


def test_the_kept_numbers_are_of_the_experiments_as_they_are() -> None:
    for name, experiment in EXPERIMENTS.items():
        arms = kept(name)["arms"]
        assert list(arms) == [arm.name for arm in experiment.arms]
        for arm in experiment.arms:
            told = arms[arm.name]
            assert tuple(told["n"]) == arm.plan.sizes
            assert len(told["pairs"]) == arm.plan.pairs
            assert told["steps"] == arm.plan.recipe.steps
            assert told["pairing"] == arm.plan.pairing


def test_the_page_holds_the_kept_numbers() -> None:
    page = pages.PAGE.read_text(encoding="utf-8")
    assert renewed(page, pages.tables()) == page, "run python -m docs.studies.denoisers.page"


def test_linear_twins_of_the_experiments_follow_their_theory() -> None:
    for label, arm in pages.arms_over_all().items():
        expected = pages.theory_at(arm, "convergence")
        found = pages.curve(arm, "linear", "convergence").mean
        settled = np.array(arm["n"]) >= 100
        assert np.all(np.abs(found - expected)[settled] < 0.03), label


def test_textures_have_the_spectrum_that_they_are_said_to_have() -> None:
    drawn = pictures.textures(6000, 2.0, side=8).reshape(6000, -1)
    found = np.linalg.eigvalsh(np.cov(drawn.T, bias=True))[::-1]
    truth = pictures.texture_population(2.0, side=8).eigenvalues(64)
    white = np.linalg.eigvalsh(np.cov(np.random.default_rng(0).standard_normal((64, 6000))))[::-1]
    assert np.all(np.abs(np.log(found / truth)) < 2.0 * np.abs(np.log(white)).max())


@pytest.mark.parametrize(
    ("q", "n"), [([0.25, 0.75], 10**1.5), ([0.1, 0.5], 100.0), ([0.6, 0.9], None), ([0, 0.2], None)]
)
def test_the_crossing_is_where_q_passes_a_half(q: list[float], n: float | None) -> None:
    found = crossing([10, 100], q)
    assert np.isnan(found) if n is None else found == pytest.approx(n)


@pytest.mark.parametrize("pairing", ["disjoint", "same-rows"])
def test_sizes_that_are_trained_later_join_those_that_are_kept(pairing: str) -> None:
    whole = kept("ceiling")["spiked"][pairing]

    def part(places: list[int]) -> dict[str, Any]:
        def chosen(values: list[Any]) -> list[Any]:
            return [values[place] for place in places]

        return {
            **whole,
            "n": chosen(whole["n"]),
            "pairs": [
                {model: {k: chosen(v) for k, v in told.items()} for model, told in pair.items()}
                for pair in whole["pairs"]
            ],
            "axis recovery": {
                model: [chosen(one) for one in found] if model != "real rows" else found
                for model, found in whole["axis recovery"].items()
            },
        }

    assert with_sizes(part([0, 2]), part([1, 3])) == whole
    assert with_sizes(part([1, 2, 3]), part([0, 1])) == whole
