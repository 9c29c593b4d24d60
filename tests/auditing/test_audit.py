"""The audit says yes where it must, no where it must, and that it cannot tell where it cannot."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest

import twinseed as ts
from twinseed.auditing import PROTOCOL, Audit
from twinseed.auditing.copying import LEVEL
from twinseed.errors import InputError
from twinseed.generators import LinearGenerator, Memoriser
from twinseed.readout import VARIABLES

Rows = np.ndarray[tuple[int, int], np.dtype[np.float64]]

N, D, SEEDS = 100, 10, 160


def real_rows(seed: int, d: int = D, n: int = N, spike: float = 4.0) -> tuple[Rows, Rows, Rows]:
    """Return train_a, train_b and held-out rows with one strong direction, away from zero."""
    draw = np.random.default_rng(seed)
    scale = np.ones(d)
    scale[0] = spike
    a, b, heldout = 3.0 + draw.standard_normal((3, n, d)) * scale
    return a, b, heldout


def perfect(seed: int, d: int = D, spike: float = 4.0) -> Rows:
    """Return samples of the law of ``real_rows``."""
    scale = np.ones(d)
    scale[0] = spike
    rows: Rows = 3.0 + np.random.default_rng(seed).standard_normal((SEEDS, d)) * scale
    return rows


@pytest.fixture(scope="module")
def copier() -> Audit:
    a, b, heldout = real_rows(1)
    noise = np.random.default_rng(2).standard_normal((SEEDS, D))
    samples = [Memoriser(rows, noise=0.02).sample(noise) for rows in (a, b)]
    return ts.audit(
        train_a=a, samples_a=samples[0], train_b=b, samples_b=samples[1], heldout=heldout, rng=0
    )


@pytest.fixture(scope="module")
def honest() -> Audit:
    a, b, heldout = real_rows(3)
    samples = perfect(4)
    near = samples + 0.1 * np.random.default_rng(5).standard_normal(samples.shape)
    return ts.audit(train_a=a, samples_a=samples, train_b=b, samples_b=near, heldout=heldout, rng=0)


def test_a_memoriser_is_caught(copier: Audit) -> None:
    assert copier.outcome["copying"] == "copying"
    assert copier.copying.p_value < LEVEL
    assert copier.copying.p_value_linear < LEVEL
    assert copier.copying.copied_fraction > 0.95
    assert copier.verdict["copying"].startswith("Copying: ")
    assert copier.failed


def test_the_suspects_are_the_rows_that_were_copied(copier: Audit) -> None:
    a, b, _ = real_rows(1)
    noise = np.random.default_rng(2).standard_normal((SEEDS, D))
    rows = {name: Memoriser(part).rows_of(noise) for name, part in (("a", a), ("b", b))}
    for suspect in copier.copying.suspects:
        assert rows[suspect.generator][suspect.sample] == suspect.training_row
        assert suspect.times_closer > copier.copying.clear_win
    assert len(copier.suspects) >= len(copier.copying.suspects) > 20
    assert len(copier.copying.to_dict()["suspects"]) == 20


def test_a_perfect_generator_passes(honest: Audit) -> None:
    assert honest.outcome["copying"] == "no sign of copying"
    assert honest.copying.p_value > LEVEL
    assert honest.copying.copied_fraction_interval[0] == 0.0
    assert "not be detected" in honest.verdict["copying"]
    assert not honest.failed


def test_agreement_is_found_against_mismatched_seeds(honest: Audit) -> None:
    null = honest.references["convergence"]["mismatched seeds"][0]
    assert abs(null.value) < 0.05, "the rows lie about 3, and count as deviations from their mean"
    assert honest.outcome["convergence"] == "converged"
    assert honest.outcome["recovery"] == "recovered"
    assert "1 of 1 factors" in honest.verdict["recovery"]
    assert "do not show directions 2 to 5" in honest.verdict["recovery"]


def test_every_number_has_a_reference(honest: Audit) -> None:
    measured = {line.name for line in honest.lines()}
    assert {"memorisation_share", "convergence", "recovery", "recovery_twins"} <= measured
    for line in honest.lines():
        assert line.references, line.name
        assert line.number.low <= line.number.value <= line.number.high


def test_an_honest_linear_fit_knows_its_rows_but_does_not_copy() -> None:
    d, n = 60, 80
    draw = np.random.default_rng(6)
    a, heldout = draw.standard_normal((2, n, d))
    samples = LinearGenerator.fit(a, ts.Ridge(0.0)).sample(draw.standard_normal((300, d)))
    found = ts.audit(train_a=a, samples_a=samples, heldout=heldout, rng=0)
    assert found.copying.p_value < LEVEL
    assert found.copying.p_value_linear > LEVEL
    assert found.outcome["copying"] == "no sign of copying"
    assert "honest model" in found.verdict["copying"]
    share = found.references["memorisation_share"]
    assert share["matched linear model"][0].value > 0.7
    assert share["no copying"][0].value == 0.5


def test_a_few_copies_among_good_samples_are_caught_and_counted() -> None:
    a, _, heldout = real_rows(7)
    samples = perfect(8)
    samples[: SEEDS // 4] = a[: SEEDS // 4] + 0.01
    found = ts.audit(train_a=a, samples_a=samples, heldout=heldout, rng=0)
    assert found.outcome["copying"] == "copying"
    low, high = found.copying.copied_fraction_interval
    assert low <= 0.25 <= high
    assert high - low < 0.3


def test_a_generator_that_avoids_its_rows_does_not_hide_one_that_copies() -> None:
    a, b, heldout = real_rows(34)
    copies = a[:60] + 0.01
    found = ts.audit(
        train_a=a, samples_a=copies, train_b=b, samples_b=copies, heldout=heldout, rng=0
    )
    assert found.outcome["copying"] == "copying"
    assert found.copying.copied_fraction == pytest.approx(0.5, abs=0.05)


def test_wrong_seed_pairing_is_not_convergence() -> None:
    a, b, heldout = real_rows(9)
    samples = perfect(10)
    arrays = {"train_a": a, "train_b": b, "heldout": heldout, "rng": 0}
    near = samples + 0.1 * np.random.default_rng(1).standard_normal(samples.shape)
    paired = ts.audit(samples_a=samples, samples_b=near, **arrays)
    order = np.random.default_rng(0).permutation(SEEDS)
    crossed = ts.audit(samples_a=samples, samples_b=near[order], **arrays)
    assert paired.outcome["convergence"] == "converged"
    assert crossed.outcome["convergence"] == "cannot judge these data"
    assert "in different orders" in crossed.verdict["convergence"]
    assert "row i of both sample files" in crossed.verdict["convergence"]


def test_partial_agreement_is_not_convergence() -> None:
    a, b, heldout = real_rows(11)
    samples = perfect(12)
    far = 3.0 + 0.5 * (samples - 3.0) + 0.8 * (perfect(13) - 3.0)
    found = ts.audit(train_a=a, samples_a=samples, train_b=b, samples_b=far, heldout=heldout, rng=0)
    assert found.outcome["convergence"] == "not converged"
    assert "agree in part" in found.verdict["convergence"]


def test_converged_but_not_recovered_is_named() -> None:
    """The twins have the second direction of the data, and not the first."""
    draw = np.random.default_rng(14)
    scale = np.r_[5.0, 3.0, np.ones(28)]
    a, b, heldout = (draw.standard_normal((N, 30)) * scale for _ in range(3))
    samples = draw.standard_normal((SEEDS, 30)) * np.r_[1.0, scale[1:]]
    near = samples + 0.1 * draw.standard_normal(samples.shape)
    found = ts.audit(
        train_a=a, samples_a=samples, train_b=b, samples_b=near, heldout=heldout, rng=0
    )
    assert found.outcome["recovery"] == "converged but not recovered"
    assert found.verdict["recovery"].startswith("Converged but not recovered: ")


def test_without_heldout_rows_copying_cannot_be_told() -> None:
    a, b, _ = real_rows(16)
    honest = {"samples_a": perfect(18), "samples_b": perfect(19)}
    found = ts.audit(train_a=a, train_b=b, **honest, factors=2, rng=0)
    assert found.outcome["copying"] == "not enough data to tell"
    assert "pass these rows as heldout" in found.verdict["copying"]
    assert np.isnan(found.copying.p_value)
    assert found.copying.status == "not identifiable"
    assert found.to_dict()["copying"]["p_value"] is None
    assert not found.failed
    assert "copying" in found.unanswered


def test_copies_are_told_without_heldout_rows_and_nothing_is_acquitted() -> None:
    a, _, _ = real_rows(16)
    for noise, named in ((0.0, True), (0.05, False)):
        samples = perfect(18)
        samples[:40] = a[:40] + noise * np.random.default_rng(0).standard_normal((40, D))
        found = ts.audit(train_a=a, samples_a=samples, factors=2, rng=0)
        assert found.outcome["copying"] == "copying"
        assert ("samples equal a training row" in found.verdict["copying"]) is named
        assert np.isnan(found.copying.p_value)


def test_with_one_generator_convergence_cannot_be_told() -> None:
    a, _, heldout = real_rows(17)
    found = ts.audit(train_a=a, samples_a=perfect(18), heldout=heldout, rng=0)
    assert found.outcome["convergence"] == "not enough data to tell"
    assert "Train a second generator" in found.verdict["convergence"]
    assert found.outcome["recovery"] != "not enough data to tell"
    assert found.unanswered == (), "with one generator nobody asked whether two agree"


def test_heldout_rows_of_another_source_are_not_judged_by() -> None:
    a, _, heldout = real_rows(19)
    found = ts.audit(train_a=a, samples_a=perfect(20), heldout=heldout + 2.0, rng=0)
    assert found.outcome["copying"] == "cannot judge these data"
    assert "drawn at random" in found.verdict["copying"]
    assert not found.failed
    assert found.unanswered == ("copying",)


@pytest.mark.parametrize("rows", [2, 8])
def test_too_few_heldout_rows_do_not_acquit(rows: int) -> None:
    a, _, heldout = real_rows(21)
    found = ts.audit(train_a=a, samples_a=perfect(22), heldout=heldout[:rows], rng=0)
    assert found.outcome["copying"] == "not enough data to tell"


def test_the_dictionary_is_json_with_a_protocol_version(honest: Audit, copier: Audit) -> None:
    for found in (honest, copier):
        told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
        assert told["protocol"] == PROTOCOL == 2
        assert told["seed"] == "0"
        assert (
            set(told["verdict"]) == {"copying", "convergence", "recovery"} == set(told["outcome"])
        )
        assert set(told["numbers"]) == set(VARIABLES)
        assert told["controls"]["told_apart"] is True
        q = told["numbers"]["convergence"]
        assert q["interval"][0] <= q["value"] <= q["interval"][1]
        assert set(q["reference"]) >= {"mismatched seeds", "matched linear model"}
        assert told["numbers"]["wasserstein"]["value"] is None
        assert told["numbers"]["wasserstein"]["status"] == "not identifiable"
        assert len(told["numbers"]["recovery"]["value"]) == 5


def test_it_reads_as_text(honest: Audit) -> None:
    text = str(honest)
    assert "memorisation_share" in text
    assert "matched linear model" in text
    assert all(sentence.split(":")[0] in text for sentence in honest.verdict.values())
    assert "converged" in repr(honest)


def test_same_seed_same_answer_and_other_inputs_do_not_matter() -> None:
    a, _, heldout = real_rows(23)
    samples = perfect(24)
    first = ts.audit(train_a=a, samples_a=samples, heldout=heldout, rng=5)
    again = ts.audit(twins=ts.Twins(samples, None, a, heldout=heldout), rng=5)
    scaled = ts.audit(train_a=4 * a, samples_a=4 * samples, heldout=4 * heldout, rng=5)
    assert first.to_dict() == again.to_dict()
    assert scaled.copying.p_value == first.copying.p_value
    assert scaled.outcome == first.outcome


def test_float32_integers_and_constant_columns_are_taken() -> None:
    a, _, heldout = (np.round(20 * rows).astype(np.int32) for rows in real_rows(25))
    for rows in (a, heldout):
        rows[:, 3] = 7
    samples = (20 * perfect(26)).astype(np.float32)
    samples[:, 3] = 7
    found = ts.audit(train_a=a, samples_a=samples, heldout=heldout, rng=0)
    assert found.outcome["copying"] == "no sign of copying"
    assert found.to_dict()["data"]["constant_columns"] == 1
    assert found.to_dict()["numbers"]["memorisation"]["status"] == "constant columns"


def test_functions_are_given_the_same_noise() -> None:
    a, b, heldout = real_rows(27)
    given: list[Rows] = []

    def remember(noise: Rows) -> Rows:
        given.append(noise)
        off = 0.1 * len(given) * np.roll(noise, 1, axis=1)
        return 3.0 + noise * np.r_[4.0, np.ones(D - 1)] + off

    real = {"train_a": a, "train_b": b, "heldout": heldout}
    found = ts.audit(**real, generators=(remember, remember), seeds=SEEDS, rng=0)
    assert given[0].shape == (SEEDS, D)
    assert np.array_equal(given[0], given[1])
    assert found.outcome["convergence"] == "converged"


def test_shared_training_rows_are_said_and_both_are_tested() -> None:
    a, b, heldout = real_rows(28)
    b[:10] = a[:10]
    samples = perfect(29)
    near = samples + 0.1 * np.random.default_rng(30).standard_normal(samples.shape)
    found = ts.audit(
        train_a=a, samples_a=samples, train_b=b, samples_b=near, heldout=heldout, rng=0
    )
    assert "share 10 training rows" in found.verdict["convergence"]
    assert found.copying.samples == 2 * SEEDS


def test_progress_counts_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    a, _, heldout = real_rows(30)
    arrays = {"train_a": a, "samples_a": perfect(31), "heldout": heldout, "rng": 0}
    ts.audit(**arrays, progress=True)
    steps: list[int] = []
    ts.audit(**arrays, progress=steps.append)
    assert sum(steps) > 5
    said = capsys.readouterr().err.splitlines()
    assert said[0] == f"audit: {sum(steps)} steps"
    assert re.fullmatch(r"audit: done in \d+ s", said[-1])


@pytest.mark.parametrize(
    ("change", "argument", "remedy"),
    [
        ({"train_a": None}, "train_a", "rows A was trained on"),
        ({"samples_a": None}, "samples_a", "samples of generator A"),
        ({"samples_b": None}, "samples_b", "leave train_b out"),
        ({"heldout": "train"}, "heldout", "that no generator was trained on"),
        ({"train_b": "train"}, "train_b", "leave train_b out"),
        ({"factors": 0}, "factors", "how many leading directions"),
        ({"rng": -1}, "rng", "numpy Generator"),
        ({"generators": [np.sin]}, "generators", "samples, not both"),
        ({"generators": 3, "samples_a": None, "samples_b": None}, "generators", "functions"),
        ({"generators": [3], "samples_a": None, "samples_b": None}, "generators[0]", "functions"),
        ({"twins": 3}, "twins", "each array under its own name"),
        ({"twins": "built"}, "twins", "or the arrays"),
    ],
)
def test_bad_arguments_are_named(change: dict[str, Any], argument: str, remedy: str) -> None:
    a, b, heldout = real_rows(32)
    samples = perfect(33)
    arguments: dict[str, Any] = {
        "train_a": a,
        "samples_a": samples,
        "train_b": b,
        "samples_b": samples,
        "heldout": heldout,
    }
    stand_ins = {"train": a, "built": ts.Twins(samples, None, a)}
    for name, value in change.items():
        arguments[name] = stand_ins[value] if isinstance(value, str) else value
    with pytest.raises(InputError) as raised:
        ts.audit(**arguments)
    assert raised.value.argument == argument
    assert remedy in raised.value.remedy


@pytest.mark.parametrize("units", [True, False])
def test_columns_of_tables_are_divided_by_their_spread_unless_told(units: bool) -> None:
    """Income in cents hides copies of all other columns, where the distance is in given units."""
    a, _, heldout = real_rows(51, n=200)
    samples = perfect(52)
    samples[:80, 1:] = a[:80, 1:] + 0.02 * np.random.default_rng(0).standard_normal((80, D - 1))
    for rows in (a, heldout, samples):
        rows[:, 0] *= 1e5
    twins = ts.Twins(samples, None, a, heldout=heldout, columns=[f"c{k}" for k in range(D)])
    found = ts.audit(twins=twins, column_units=units, factors=1, rng=0)
    told = [one.name for one in found.fitness.findings]
    assert ("column units" in told) is units
    share = float(found.readout["memorisation_share_euclidean"])
    assert (share > 0.65) is units
    with pytest.raises(InputError, match="column_units must be True or False"):
        ts.audit(twins=twins, column_units="yes", rng=0)  # type: ignore[arg-type]
