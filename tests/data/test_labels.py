"""Groups and labels: one for each row, given apart or in a column; equal labels, equal numbers."""

import numpy as np
import pandas as pd
import pytest

import twinseed as ts
from twinseed import InputError, Twins
from twinseed.data.labels import labels_of

RNG = np.random.default_rng(0)
SAMPLES, TRAIN, HELDOUT = RNG.standard_normal((3, 6, 2))
ARRAYS = {"samples_a": SAMPLES, "train_a": TRAIN, "heldout": HELDOUT}
GROUPS = {"train_a": list("aabbcc"), "heldout": list("eedddd")}


def test_without_groups_every_row_is_its_own_unit():
    units = Twins(**ARRAYS).units
    assert np.array_equal(np.concatenate(list(units.values())), np.arange(12))


def test_equal_labels_have_equal_numbers_in_all_arrays():
    units = Twins(**ARRAYS, groups=GROUPS).units
    assert units["train_a"].tolist() == [0, 0, 1, 1, 2, 2]
    groups = {"train_a": list("aabbcc"), "train_b": list("ccdddd")}
    shared = Twins(SAMPLES, SAMPLES, TRAIN, HELDOUT, groups=groups).units
    assert shared["train_b"].tolist() == [2, 2, 3, 3, 3, 3]
    assert units["heldout"].tolist() == [4, 4, 3, 3, 3, 3]


def test_units_stay_when_twins_change():
    twins = Twins(**ARRAYS, groups=GROUPS)
    for other in (twins.centred(), twins.encoded(lambda rows: rows * 2), twins.with_samples(TRAIN)):
        assert other.units["heldout"].tolist() == [4, 4, 3, 3, 3, 3]


@pytest.mark.parametrize("kinds", [(int, float), (str, int), (object, str)])
def test_one_number_is_one_label_whatever_its_type(kinds):
    one, other = kinds
    found = labels_of(
        "groups",
        {"train_a": np.array([1, 2]).astype(one), "heldout": np.array([2, 3]).astype(other)},
        {"train_a": 2, "heldout": 2},
        ["train_a", "heldout"],
    )
    assert found.names == ("1", "2", "3")
    assert found.numbers["train_a"][1] == found.numbers["heldout"][0]


def test_large_whole_numbers_stay_apart():
    large = 2**60
    found = labels_of("groups", {"train_a": np.array([large, large + 1])}, {"train_a": 2}, [])
    assert len(found.names) == 2


def frames():
    return {
        "samples_a": pd.DataFrame({"age": SAMPLES[:, 0], "size": SAMPLES[:, 1]}),
        "train_a": pd.DataFrame({"age": TRAIN[:, 0], "who": list("aabbcc"), "size": TRAIN[:, 1]}),
        "heldout": pd.DataFrame(
            {"age": HELDOUT[:, 0], "who": list("eedddd"), "size": HELDOUT[:, 1]}
        ),
    }


def test_a_column_of_groups_is_left_out_of_the_comparison():
    by_column, apart = Twins(**frames(), groups="who"), Twins(**ARRAYS, groups=GROUPS)
    assert by_column.column_names == ("age", "size")
    for name in ("train_a", "heldout"):
        assert np.array_equal(by_column.arrays[name], apart.arrays[name])
        assert np.array_equal(by_column.units[name], apart.units[name])


def test_samples_may_have_the_column_of_groups_too():
    given = frames()
    given["samples_a"]["who"] = "z"
    assert Twins(**given, groups="who").samples_a.shape == (6, 2)


def test_rows_alone_take_a_column_too():
    rows = ts.data.rows.Rows(frames()["train_a"], heldout=frames()["heldout"], groups="who")
    assert rows.d == 2
    assert rows.units["heldout"].tolist() == [4, 4, 3, 3, 3, 3]


def test_labels_are_those_of_samples_and_of_real_rows():
    labels = {"samples_a": [0, 1] * 3, "train_a": list("010101"), "heldout": [1.0] * 6}
    twins = Twins(**ARRAYS, labels=labels)
    assert twins.classes.names == ("0", "1")
    assert twins.classes.numbers["heldout"].tolist() == [1] * 6
    assert twins.centred().classes is twins.classes
    assert twins.encoded(lambda rows: rows[:, :1]).classes.names == ("0", "1")
    assert twins.with_samples(TRAIN).classes is None


def test_samples_of_one_seed_have_one_label():
    labels = {"samples_a": [0, 1, 2] * 2, "train_a": [0] * 6}
    twins = Twins(SAMPLES, HELDOUT, TRAIN, labels=labels)
    assert twins.classes.numbers["samples_b"].tolist() == [0, 1, 2] * 2


def test_labels_in_a_column():
    given = {name: frame.drop(columns="who", errors="ignore") for name, frame in frames().items()}
    for number, frame in enumerate(given.values()):
        frame["kind"] = ["x", "y", "z"][number]
    twins = Twins(**given, labels="kind")
    assert twins.classes.numbers["heldout"].tolist() == [2] * 6
    assert twins.column_names == ("age", "size")


def test_groups_and_labels_are_part_of_what_was_measured():
    plain, grouped = Twins(**ARRAYS), Twins(**ARRAYS, groups=GROUPS)
    labels = dict.fromkeys(ARRAYS, [0] * 6)
    prints = {plain.fingerprint, grouped.fingerprint, Twins(**ARRAYS, labels=labels).fingerprint}
    assert len(prints) == 3


@pytest.mark.parametrize(
    ("groups", "says"),
    [
        (["a"] * 6, r"groups must map the names of arrays to labels \(got list\)"),
        ({"train_a": ["a"] * 6}, "groups must have labels for heldout"),
        ({**GROUPS, "samples_a": ["a"] * 6}, "groups must name arrays that were passed"),
        ({**GROUPS, "train_a": ["a"] * 5}, "one label for each of 6 rows of train_a"),
        ({**GROUPS, "train_a": "aabbcc"}, "must be a list of texts or numbers for train_a"),
        ({**GROUPS, "train_a": [[1], [2]]}, "must be a list of texts or numbers for train_a"),
        ({**GROUPS, "train_a": [1.0, np.nan] * 3}, "row 1 of train_a has no label"),
        ({**GROUPS, "train_a": ["a", None] * 3}, "row 1 of train_a has no label"),
        ({**GROUPS, "train_a": [{}, object()] * 3}, "row 0 of train_a has something else"),
        ("who", "groups must name a column of train_a, which has no names of columns"),
    ],
)
def test_groups_that_do_not_fit_are_refused(groups, says):
    with pytest.raises(InputError, match=says):
        Twins(**ARRAYS, groups=groups)


@pytest.mark.parametrize("name", ["train_a", "train_b"])
def test_a_group_that_was_trained_on_is_not_held_out(name):
    groups = {"train_a": [1, 2] * 3, "train_b": [3, 4] * 3}
    groups["heldout"] = [5, groups[name][1], 7] * 2
    with pytest.raises(InputError, match=f"groups must not have rows in {name} and in heldout"):
        Twins(SAMPLES, SAMPLES + 1, TRAIN, TRAIN + 9, HELDOUT, groups=groups)


def test_a_column_that_a_table_lacks_is_refused():
    with pytest.raises(InputError, match="groups must name a column of train_a, which has the col"):
        Twins(**frames(), groups="person")


def test_the_only_column_is_not_a_group():
    with pytest.raises(InputError, match="must not be the only column of train_a"):
        Twins(
            pd.DataFrame({"b": [1.0, 2.0]}), None, pd.DataFrame({"who": list("ab")}), groups="who"
        )


def test_an_audit_takes_groups_with_arrays_and_with_generators_but_not_beside_twins():
    with pytest.raises(InputError, match="twins must come alone"):
        ts.audit(twins=Twins(**ARRAYS), groups=GROUPS, rng=0)
    with pytest.raises(InputError, match="groups must have labels for heldout"):
        ts.audit(**ARRAYS, groups={"train_a": ["a"] * 6}, rng=0)
    tables = {name: rows for name, rows in frames().items() if name != "samples_a"}
    with pytest.raises(InputError, match="as many columns as train_a, 2"):
        ts.audit(**tables, generators=[lambda z: np.ones((len(z), 3))], groups="who", rng=0)


def test_labels_of_what_is_yet_to_be_drawn_are_no_column():
    tables = {name: rows for name, rows in frames().items() if name != "samples_a"}
    with pytest.raises(InputError, match="labels must be given for each array beside generators"):
        ts.audit(**tables, generators=[lambda z: z], labels="who", rng=0)


@pytest.mark.parametrize("visible", [0, -0.1, 1.5, "much", float("nan")])
def test_a_visible_fraction_is_a_share(visible):
    with pytest.raises(InputError, match="visible must be"):
        ts.audit(**ARRAYS, visible=visible, rng=0)
