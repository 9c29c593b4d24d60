"""Generators that are given a class: an honest one passes, copies of one class are found there."""

from types import SimpleNamespace

import numpy as np
import pytest
from tests.json_schema import faults, schema

import twinseed as ts
from twinseed.auditing import IntervalEstimate, Outcome
from twinseed.auditing.class_audit import ClassAudit
from twinseed.auditing.classes import _judged, _together
from twinseed.auditing.conditional import conditional_twins
from twinseed.auditing.verdict import Answer
from twinseed.data.twins import Twins

KINDS = np.repeat(["cat", "dog", "eel"], [120, 100, 8])
PLACES = {"cat": 0.0, "dog": 9.0, "eel": -9.0}


def rows(seed):
    draw = np.random.default_rng(seed)
    return np.array([draw.standard_normal(4) + PLACES[kind] for kind in KINDS])


def given(copied=0, kind="dog"):
    samples, train, heldout = rows(1), rows(2), rows(3)
    here = np.flatnonzero(kind == KINDS)[:copied]
    samples[here] = train[here] + 1e-3
    return {"samples_a": samples, "train_a": train, "heldout": heldout}


LABELS = dict.fromkeys(("samples_a", "train_a", "heldout"), KINDS)


@pytest.fixture(scope="module")
def copier():
    return ts.audit(**given(40), labels=LABELS, rng=0)


@pytest.fixture(scope="module")
def honest():
    return ts.audit(**given(), labels=LABELS, rng=0)


def test_the_model_of_each_class_has_its_mean_and_its_spread():
    twins = Twins(**given(), labels=LABELS)
    noise = np.random.default_rng(0).standard_normal((456, 4))
    drawn = conditional_twins(twins, twins.classes, noise)
    for kind, place in PLACES.items():
        mine = drawn.samples_a[np.tile(KINDS, 2) == kind]
        train = twins.train_a[kind == KINDS]
        assert np.abs(mine.mean(axis=0) - place).max() < 1.5
        assert np.allclose(np.cov(mine.T).trace(), np.cov(train.T).trace(), rtol=0.5)


def test_copies_of_one_class_are_found_in_this_class(copier):
    by_name = {one.name: one for one in copier.classes}
    assert list(by_name) == ["cat", "dog", "eel"]
    assert by_name["dog"].answers["copying"].outcome is Outcome.COPYING
    assert by_name["cat"].answers["copying"].outcome is not Outcome.COPYING
    assert copier.outcome["copying"] is Outcome.COPYING
    assert by_name["dog"].copied_fraction.value == pytest.approx(0.4, abs=0.15)


def test_a_small_class_is_left_out_and_named(copier):
    eel = copier.classes[2]
    assert (eel.samples, eel.rows_train_a, eel.rows_heldout) == (8, 8, 8)
    assert eel.left_out.startswith("too small: ")
    assert eel.answers == {}
    assert "not judged alone: eel" in " ".join(str(copier).split())


def test_an_honest_generator_of_classes_is_not_accused(honest):
    assert honest.outcome["copying"] is not Outcome.COPYING
    for one in honest.classes[:2]:
        assert one.answers["copying"].outcome is not Outcome.COPYING
        assert one.p_value >= 0.01


def test_the_linear_model_of_the_audit_is_that_of_each_class(honest):
    """One Gaussian over both classes lies between them, and would be far from every row."""
    plain = ts.audit(**given(), rng=0)
    per_class, single = (float(one.linear["memorisation_heldout"]) for one in (honest, plain))
    assert per_class > single
    assert per_class == pytest.approx(float(honest.readout["memorisation_heldout"]), abs=0.02)


def test_the_null_of_one_covariance_is_left_to_the_classes(honest):
    assert honest.copying.covariance is None
    assert honest.to_dict()["copying"]["covariance"] is None


def test_the_json_follows_the_schema(copier):
    assert faults(copier.to_dict(), schema("audit"), schema("audit")) == []
    dog = copier.to_dict()["classes"][1]
    assert dog["outcome"] == {"copying": "copying"}
    assert dog["samples"] == 100


def test_convergence_is_given_for_each_class():
    a, train_b = given(), rows(4)
    b = a["samples_a"] + 0.1 * np.random.default_rng(0).standard_normal(a["samples_a"].shape)
    b[KINDS == "cat"] = np.random.default_rng(1).permuted(b[KINDS == "cat"], axis=0)
    labels = LABELS | {"train_b": KINDS}
    found = ts.audit(**a, samples_b=b, train_b=train_b, labels=labels, rng=0)
    cat, dog, _ = found.classes
    assert dog.convergence.value > 0.9 > 0.5 > cat.convergence.value
    assert dog.answers["convergence"].outcome is Outcome.CONVERGED
    assert cat.answers["convergence"].outcome is not Outcome.CONVERGED


def test_only_the_largest_classes_are_judged_alone(monkeypatch):
    monkeypatch.setattr("twinseed.auditing.classes.MOST", 1)
    found = ts.audit(**given(40), labels=LABELS, rng=0)
    assert [one.left_out for one in found.classes[:2]] == ["", "other classes are larger"]


@pytest.mark.parametrize(("tests", "outcome"), [(2, "copying"), (15, "not enough data to tell")])
def test_one_rejection_among_many_classes_is_not_enough(tests, outcome):
    copying = SimpleNamespace(
        p_value=0.002, copied_fraction=0.2, copied_fraction_interval=(0.1, 0.3), named=()
    )
    alone = SimpleNamespace(
        copying=copying,
        answers={"copying": Answer(Outcome.COPYING, "Copying.")},
        agreement=SimpleNamespace(pairing=None),
        familiar=(),
        number=lambda name: IntervalEstimate(0.5, 0.4, 0.6),
    )
    found = _judged(ClassAudit("x", 40, 40, 40), alone, tests)
    assert str(found.answers["copying"].outcome) == outcome
    assert found.p_value == pytest.approx(0.002 * tests)
    copying.named = (SimpleNamespace(set="train_a"),)
    assert _judged(found, alone, tests).answers["copying"].outcome is Outcome.COPYING


def test_what_is_found_in_one_class_is_found():
    clear = Answer(Outcome.NO_COPYING, "No sign of copying.")
    copied = Answer(Outcome.COPYING, "Copying: all of it.")
    one = ClassAudit("x", 40, 40, 40, answers={"copying": copied})
    assert _together(clear, [one]) == Answer(
        Outcome.COPYING,
        "Copying in class x. Class x: Copying: all of it. All classes: No sign of copying.",
    )
    judge = Answer(Outcome.CANNOT_JUDGE, "Another unit.")
    assert _together(judge, [one]) is judge
    assert _together(clear, [ClassAudit("x", 40, 40, 40, answers={"copying": clear})]) is clear


def test_what_was_said_of_the_rows_is_kept(copier):
    assert copier.settings == {"groups": None, "classes": 3, "up_to": None, "visible": 0.1}
    draw = np.random.default_rng(0)
    groups = {"train_a": np.arange(60) // 2, "heldout": 99 + np.arange(60) // 3}
    samples, train, heldout = draw.standard_normal((3, 60, 4))
    arrays = {"samples_a": samples, "train_a": train, "heldout": heldout}
    found = ts.audit(**arrays, groups=groups, up_to=lambda row: -row[None], visible=0.2, rng=0)
    said = found.to_dict()["settings"]
    assert (said["groups"], said["classes"], said["visible"]) == (50, None, 0.2)
    assert said["up_to"].endswith("<lambda>")


def test_an_honest_model_of_ten_classes_overfits_only_where_its_classes_are_unknown(monkeypatch):
    """Fitted to 30 rows a class, it is as close to training rows as the honest model of each."""
    monkeypatch.setattr("twinseed.auditing.classes.FEWEST", 1000)
    draw, d = np.random.default_rng(0), 16
    means = 3 * draw.standard_normal((10, d))
    roots = [np.linalg.qr(draw.standard_normal((d, 8)))[0] * np.linspace(4, 1, 8) for _ in means]

    def real():
        parts = [
            m + draw.standard_normal((30, 8)) @ root.T for m, root in zip(means, roots, strict=True)
        ]
        return np.concatenate(parts) + 0.3 * draw.standard_normal((300, d))

    train, heldout, labels = real(), real(), np.repeat(np.arange(10), 30)
    samples = np.concatenate(
        [
            draw.multivariate_normal(rows.mean(axis=0), np.cov(rows.T) + 0.1 * np.eye(d), 30)
            for rows in np.split(train, 10)
        ]
    )
    arrays = {"samples_a": samples, "train_a": train, "heldout": heldout}
    known = ts.audit(**arrays, labels=dict.fromkeys(arrays, labels), rng=0)
    assert known.outcome["copying"] is Outcome.NO_COPYING
    assert ts.audit(**arrays, rng=0).outcome["copying"] is Outcome.OVERFITTING
