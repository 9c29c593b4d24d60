"""The familiar numbers against their definitions, written out naively."""

import math

import numpy as np
import pytest
from scipy.stats import binom

import twinseed as ts
from twinseed.auditing import familiar as module
from twinseed.auditing.estimates import IntervalEstimate
from twinseed.auditing.familiar import familiar, two_nearest

UNKNOWN = IntervalEstimate(math.nan, math.nan, math.nan)


def apart(one, other):
    return np.array([[math.dist(x, y) for y in other] for x in one])


def naive(samples, train):
    """Return the four numbers of one generator, from all distances."""
    to_train = np.sort(apart(samples, train), axis=1)
    closest = apart(samples, train).argmin(axis=1)
    among = apart(train, train) + np.diag(np.full(len(train), np.inf))
    ratios = [1.0 if b == 0 else a / b for a, b in to_train[:, :2]]
    return {
        "identical_match_share": np.mean([np.any(np.all(train == s, axis=1)) for s in samples]),
        "nndr_median": np.quantile(ratios, 0.5),
        "nndr_low": np.quantile(ratios, 0.05),
        "authpct": np.mean(to_train[:, 0] > among.min(axis=1)[closest]),
    }


def rows(seed, *sizes, whole=False):
    draw = np.random.default_rng(seed)
    made = [draw.standard_normal((size, 3)) for size in sizes]
    return [np.round(2 * part) for part in made] if whole else made


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("size", [10, 150])
def test_the_two_nearest_rows(whole, size):
    queries, real = rows(size, 40, size, whole=whole)
    first, row, second = two_nearest(queries, real)
    every = apart(queries, real)
    assert np.allclose(np.sort(every, axis=1)[:, :2], np.stack([first, second], axis=1))
    assert np.allclose(every[np.arange(40), row], first)


def test_groups_within_groups_find_the_second_nearest(monkeypatch):
    monkeypatch.setattr(module, "_SMALL", 3)
    queries, real = rows(1, 30, 200)
    assert np.allclose(
        np.stack(two_nearest(queries, real)[::2]), np.sort(apart(queries, real), axis=1)[:, :2].T
    )


@pytest.mark.parametrize("trials", [1, 2, 7, 100, 999, 4000])
@pytest.mark.parametrize("share", [0.05, 0.5])
def test_the_quantiles_of_a_number_of_successes(trials, share):
    assert module._successes(trials, share) == tuple(binom.ppf([0.025, 0.975], trials, share))


@pytest.mark.parametrize("whole", [False, True])
def test_the_numbers_of_one_generator(whole):
    samples, train, heldout = rows(2, 60, 80, 50, whole=whole)
    samples[:6] = train[:6]
    if whole:
        heldout = heldout + 0.25  # no held-out row lies in training
    else:
        train[70] = train[3]
    found = familiar(ts.Twins(samples, None, train, heldout=heldout), UNKNOWN, (0,))
    expected, new = naive(samples, train), naive(heldout, train)
    assert {one.key: one.value.value for one in found} == pytest.approx(expected)
    assert {one.key: one.new_rows for one in found} == pytest.approx(new)
    assert {one.samples for one in found} == {60}


def test_two_generators_count_together_each_with_its_own_rows():
    a, b, train_a, train_b = rows(3, 40, 40, 60, 30)
    a[:9], b[:1] = train_a[:9], train_b[:1]
    found = familiar(ts.Twins(a, b, train_a, train_b), UNKNOWN, (0,))
    one, other = naive(a, train_a), naive(b, train_b)
    for key in ("identical_match_share", "authpct"):
        value = next(x.value.value for x in found if x.key == key)
        assert value == pytest.approx((one[key] + other[key]) / 2)
    assert all(math.isnan(x.new_rows) for x in found)


def test_of_many_rows_a_part_is_looked_at(monkeypatch):
    monkeypatch.setattr(module, "_FEWEST", 20)
    monkeypatch.setattr(module, "_WORK", 0.0)
    monkeypatch.setattr(module, "_NEW", 10)
    samples, train, heldout = rows(4, 50, 60, 70)
    found = familiar(ts.Twins(samples, None, train, heldout=heldout), UNKNOWN, (0,))
    assert {one.samples for one in found} == {20}


@pytest.mark.parametrize("key", ["identical_match_share", "authpct", "nndr_median", "nndr_low"])
def test_intervals_over_the_samples_hold_what_more_samples_show(key):
    """Of 200 sets of 60 samples, an interval of 95 % misses the number of 12,000 in about ten."""
    draw = np.random.default_rng(7)
    (train,) = rows(7, 40)

    def distances(count):
        samples = draw.standard_normal((count, 3))
        samples[: count // 40] = train[draw.integers(40, size=count // 40)]
        samples = samples[draw.permutation(count)]
        return module._Distances.of(samples, train)

    whole = distances(12000)
    parts = np.array_split(np.arange(12000), 200)
    truth, missed = whole.number(key), 0
    for part in parts:
        one = module._Distances(whole.first[part], whole.second[part], whole.own[part]).number(key)
        missed += not one.low <= truth.value <= one.high
    assert 2 <= missed <= 20


def test_an_audit_holds_them_and_the_dcr_share_is_that_of_the_readout():
    samples, train, heldout = rows(5, 40, 60, 60)
    samples[:4] = train[:4]
    audit = ts.audit(train_a=train, samples_a=samples, heldout=heldout, rng=0)
    found = {one.key: one for one in audit.familiar}
    share = audit.number("memorisation_share_euclidean")
    assert found["dcr_share"].value == share
    assert found["identical_match_share"].value.value == pytest.approx(0.1)
    told = {one["key"]: one for one in audit.to_dict()["familiar"]}
    assert told["dcr_share"]["value"] == pytest.approx(share.value)
    assert told["authpct"]["value"] == pytest.approx(naive(samples, train)["authpct"])


def test_without_heldout_rows_there_is_no_dcr_share():
    samples, train = rows(6, 40, 60)
    audit = ts.audit(train_a=train, samples_a=samples, rng=0)
    assert next(one.key for one in audit.familiar) == "identical_match_share"
    assert audit.to_dict()["familiar"][0]["new_rows"] is None
