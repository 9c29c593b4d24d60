"""Suspects as a list: the sample, the real row, what differs, and both as they were handed in."""

import csv
import json
import math

import numpy as np
import pandas as pd
import pytest
from tests.cli.cli_calls import call

import twinseed as ts
from twinseed.auditing.copying import Suspect
from twinseed.auditing.named import NamedCopy
from twinseed.auditing.suspects import SuspectRow, save_suspects, suspects_of
from twinseed.errors import InputError


def people(seed, count):
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "who": [f"person {seed} {k}" for k in range(count)],
            "age": draw.integers(18, 90, count),
            "kind": draw.choice(["red", "blue"], count),
            "income": draw.normal(0, 1, count).round(6),
        }
    )


def told(suspects, named=()):
    """Return a ``Copying`` as far as it matters here."""

    class Told:
        pass

    found = Told()
    found.suspects = tuple(suspects)
    found.named = tuple(named)
    return found


def twins(**changes):
    train, heldout = people(1, 30), people(2, 30)
    samples = people(3, 20)[["age", "kind", "income"]]
    samples.loc[4] = train.loc[7, ["age", "kind", "income"]]
    samples.loc[4, "age"] += 1
    samples.loc[5] = train.loc[9, ["age", "kind", "income"]]
    given = {"samples_a": samples, "train_a": train, "heldout": heldout, "groups": "who"}
    return ts.Twins(**given | changes)


FOUND = [Suspect("a", 4, 7, 1.0, 5.5), Suspect("a", 5, 9, 0.0, math.inf)]


def test_a_suspect_has_both_rows_as_they_were_handed_in():
    given = twins()
    near, equal = suspects_of(given.centred(), told(FOUND))
    assert (near.sample, near.set, near.row, near.times_closer) == (4, "train_a", 7, 5.5)
    assert near.columns_that_differ == ("age",)
    assert (equal.different, equal.columns_that_differ) == (0, ())
    train = people(1, 30)
    assert dict(near.row_values) == train.loc[7].to_dict()
    assert dict(near.sample_values) == train.loc[7].drop("who").to_dict() | {
        "age": train.loc[7, "age"] + 1
    }


def test_a_named_copy_comes_first_with_its_chance_and_with_what_is_known_of_it_beside():
    named = [
        NamedCopy("a", 5, "train_a", 9, 0.0, 1e-6),
        NamedCopy("a", 6, "heldout", 3, 0.5, 1e-4),
    ]
    one, other, near = suspects_of(twins(), told(FOUND, named))
    assert (one.sample, one.by_chance, one.times_closer) == (5, 1e-6, math.inf)
    assert (other.sample, other.set, other.row, other.by_chance) == (6, "heldout", 3, 1e-4)
    assert math.isnan(other.times_closer)
    assert near.sample == 4


def test_rounding_to_single_precision_is_no_difference():
    draw = np.random.default_rng(0)
    train = draw.standard_normal((5, 3))
    made = train.astype(np.float32)
    made[1, 2] *= 1.01
    given = ts.Twins(made, None, train)
    found = suspects_of(given, told([Suspect("a", k, k, 0.0, 9.0) for k in range(2)]))
    assert [one.columns_that_differ for one in found] == [(), ("column 3",)]
    assert found[0].row_values == {}  # arrays are found by the number of the row


def test_samples_of_b_lie_beside_its_own_rows():
    draw = np.random.default_rng(0)
    a, b, train_a, train_b = draw.standard_normal((4, 6, 3))
    one = Suspect("b", 2, 3, 0.5, 9.0)
    assert suspects_of(ts.Twins(a, b, train_a, train_b), told([one]))[0].set == "train_b"
    assert suspects_of(ts.Twins(a, b, train_a), told([one]))[0].set == "train_a"


def test_what_a_generator_drew_is_written_in_words():
    table = people(1, 30).drop(columns="who")
    drawn = people(3, 20).drop(columns="who")
    given = ts.Twins(drawn, None, table)
    bare = ts.Twins(given.samples_a, None, given.train_a, columns=given.columns)
    one = suspects_of(bare, told([FOUND[0]]))[0]
    assert one.row_values["kind"] == table.loc[7, "kind"]
    assert one.row_values["age"] == table.loc[7, "age"]


def test_the_files_hold_what_the_list_holds(tmp_path):
    found = suspects_of(twins(), told(FOUND))
    save_suspects(found, tmp_path / "s.csv")
    save_suspects(found, tmp_path / "s.json")
    with (tmp_path / "s.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    listed = json.loads((tmp_path / "s.json").read_text())
    train = people(1, 30)
    for line, one, row in zip(lines, listed, (7, 9), strict=True):
        assert line["row: who"] == one["row_values"]["who"] == train.loc[row, "who"]
        assert line["row: age"] == str(train.loc[row, "age"])
        assert one["row_values"]["age"] == int(train.loc[row, "age"])
        assert line["sample: who"] == ""
        assert (line["row"], one["row"]) == (str(row), row)
    assert (lines[1]["times_closer"], listed[1]["times_closer"]) == ("inf", None)
    assert lines[0]["columns_that_differ"] == "age"
    assert lines[0]["by_chance"] == ""


def test_without_suspects_the_file_has_a_header_alone(tmp_path):
    save_suspects([], tmp_path / "s.csv")
    text = (tmp_path / "s.csv").read_text()
    assert text.startswith("generator,sample,set,row,distance,")
    assert text.count("\n") == 1


def test_other_endings_are_refused(tmp_path):
    with pytest.raises(InputError, match="path must"):
        save_suspects([], tmp_path / "s.txt")


def test_an_audit_of_copies_lists_them_from_the_shell_and_from_python(tmp_path):
    draw = np.random.default_rng(0)
    train, heldout, samples = (
        pd.DataFrame(draw.standard_normal((60, 4)), columns=list("abcd")) for _ in range(3)
    )
    samples.iloc[:12] = train.iloc[20:32]
    paths = {}
    for name, frame in {"train-a": train, "heldout": heldout, "samples-a": samples}.items():
        paths[f"--{name}"] = tmp_path / f"{name}.csv"
        frame.to_csv(paths[f"--{name}"], index=False)
    words = [word for pair in paths.items() for word in pair]
    done = call("audit", *words, "--suspects", tmp_path / "found.csv", "--quiet")
    assert done.exit_code == 1, done.output
    listed = pd.read_csv(tmp_path / "found.csv")
    pairs = {(s, s + 20) for s in range(12)}
    assert pairs <= set(zip(listed["sample"], listed["row"], strict=True))
    first = listed[listed["sample"] == 3].iloc[0]
    assert [first[f"row: {name}"] for name in "abcd"] == pytest.approx(train.iloc[23].tolist())
    found = ts.audit(train_a=train, samples_a=samples, heldout=heldout, rng=0)
    table = found.suspects_table()
    assert table["sample"].tolist() == listed["sample"].tolist()
    assert isinstance(found.suspects[0], SuspectRow)
    found.save_suspects(tmp_path / "again.csv")
    again = (tmp_path / "again.csv").read_text()
    assert again.splitlines()[0] == (tmp_path / "found.csv").read_text().splitlines()[0]
