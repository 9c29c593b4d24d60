"""Tables: categories encoded alike in every role, from files and from data frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from tests.cli.test_cli import call

import twinseed as ts
from twinseed import InputError, Ridge, Twins
from twinseed.auditing.intake import twins_given
from twinseed.auditing.page import audit_page
from twinseed.generators import LinearGenerator
from twinseed.readers import (
    Categories,
    Column,
    Table,
    as_arrays,
    load,
    load_rows,
    notes_of,
)


def table(text: str, folder: Path, name: str = "a") -> Table:
    (folder / f"{name}.csv").write_text(text)
    found = load(folder / f"{name}.csv")
    assert isinstance(found, Table)
    return found


def test_rows_that_differ_in_one_category_are_at_distance_one(tmp_path: Path) -> None:
    rows = table("colour,shape\nred,round\nblue,round\ngreen,square\n", tmp_path)
    found = as_arrays({"train_a": rows})["train_a"]
    np.testing.assert_allclose(cdist(found, found)[0], [0, 1, np.sqrt(2)])


def test_one_encoding_for_all_roles_whatever_the_order(tmp_path: Path) -> None:
    real = table("colour,size\nred,1\nblue,2\n", tmp_path)
    made = table("size,colour\n3,mauve\n4,red\n", tmp_path, "b")
    found = as_arrays({"train_a": real, "samples_a": made})
    one = 1 / np.sqrt(2)
    np.testing.assert_allclose(found["train_a"], [[0, 0, one, 1], [one, 0, 0, 2]])
    np.testing.assert_allclose(found["samples_a"], [[0, one, 0, 3], [0, 0, one, 4]])
    assert Twins(made, None, real).d == 4
    (sentence,) = notes_of(Twins(made, None, real).columns)
    assert sentence == "samples_a has a category in column 'colour' that no real row has"
    assert notes_of(Twins(made, None, made).columns) == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "colour,weight\nred,1\n",
            "train_a must have the columns of samples_a, but lacks size and has beside them weight",
        ),
        ("colour,size\n1,2\n", "samples_a has text in column 'colour', which holds numbers in"),
    ],
)
def test_tables_that_differ_are_named(tmp_path: Path, text: str, says: str) -> None:
    made = table("colour,size\nred,1\nblue,2\n", tmp_path)
    with pytest.raises(InputError, match=says):
        as_arrays({"samples_a": made, "train_a": table(text, tmp_path, "b")})


def test_an_array_beside_a_table_with_text(tmp_path: Path) -> None:
    made = table("colour,size\nred,1\n", tmp_path)
    with pytest.raises(InputError, match=r"train_a must be a table, as samples_a is one"):
        as_arrays({"samples_a": made, "train_a": np.ones((3, 2))})
    numbers = table("a,b\n1,2\n", tmp_path, "b")
    found = as_arrays({"samples_a": numbers, "train_a": np.ones((3, 2))})
    assert found["samples_a"].shape == (1, 2)


def test_a_table_of_nothing_but_names_of_rows_is_refused() -> None:
    names = Table(("name",), (Categories.of([f"row {i}" for i in range(1001)]),))
    with pytest.raises(InputError, match=r"no column that can be compared; column 'name' is left"):
        as_arrays({"train_a": names})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("39,private\n50,public\n", "mixes numbers and text in its first line"),
        ("a,a\n1,x\n", "is damaged|of the name 'a'"),
        ("a,b\n1,x\n2\n", r"line 3 has 1 cells, the first 2"),
        ("a,b\n", "rows below the header|lines of numbers"),
        ('a,b\n"1,x\n', "is damaged|UTF-8"),
    ],
)
def test_text_that_is_no_table(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        table(text, tmp_path)


def test_rows_of_numbers_alone_where_text_makes_no_sense(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("size,kind\n1,a\n2,b\n")
    with pytest.raises(InputError, match=r"lines of numbers; column 'kind' is text"):
        load_rows(tmp_path / "a.csv")


@pytest.mark.extras
def test_data_frames() -> None:
    import pandas as pd
    import pyarrow

    real = pd.DataFrame({"kind": pd.Categorical(["u", "v", "u"]), "size": [1, 2, 3]})
    made = pd.DataFrame({"size": [1.5, 2.5], "kind": ["v", None]})
    one = 1 / np.sqrt(2)
    expected = [[0, 0, one, 1.5], [one, 0, 0, 2.5]]
    for other in (made, pyarrow.Table.from_pandas(made)):
        found = as_arrays({"train_a": real, "samples_a": other})
        np.testing.assert_allclose(found["samples_a"], expected)
    assert Twins(made, None, real).d == 4
    for column in ([object(), 1], [("a",), "b"], [{"a": 1}, {"a": 2}]):
        with pytest.raises(InputError, match="heldout has a column 'when' that is neither"):
            as_arrays({"heldout": pd.DataFrame({"when": column})})
    with pytest.raises(InputError, match="different names"):
        as_arrays({"heldout": pd.DataFrame([[1, 2]], columns=["a", "a"])})
    with pytest.raises(InputError, match="heldout must have columns"):
        as_arrays({"heldout": pd.DataFrame()})


def test_the_command_line_names_unseen_categories(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    paths = {}
    for name, kinds in {"train-a": "ab", "heldout": "ab", "samples-a": "abc"}.items():
        lines = [f"{rng.standard_normal()},{kinds[i % len(kinds)]}" for i in range(30)]
        paths[name] = tmp_path / f"{name}.csv"
        paths[name].write_text("\n".join(["size,kind", *lines]))
    words = [word for name, path in paths.items() for word in (f"--{name}", path)]
    found = call("measure", *words, "--factors", "1")
    assert found.exit_code == 0
    assert "--samples-a has a category in column 'kind' that no real row has\n" in found.stderr
    found = call("measure", *words, "--factors", "1", "--show-values")
    assert "in column 'kind' that no real row has: 'c'\n" in found.stderr


def test_names_of_columns_are_kept(tmp_path: Path) -> None:
    real = table("colour,size\nred,1\nblue,2\n", tmp_path)
    made = table("size,colour\n3,mauve\n4,red\n", tmp_path, "b")
    twins = Twins(made, None, real)
    names = ("size", "colour: blue", "colour: mauve", "colour: red")
    assert twins.column_names == twins.centred().column_names == names
    assert twins.layout == (Column("size"), Column("colour", ("blue", "mauve", "red")))
    assert twins.encoded(lambda rows: rows[:, :1]).column_names is None
    rows = np.arange(6.0).reshape(3, 2)
    assert Twins(rows, None, rows).column_names is None
    assert Twins(rows, None, rows, columns=["a", "b"]).column_names == ("a", "b")


@pytest.mark.parametrize("names", [["a"], ["a", "a"], "ab", [Column("a", ("u", "v", "w"))]])
def test_names_that_do_not_fit(names: list[str | Column]) -> None:
    rows = np.arange(6.0).reshape(3, 2)
    with pytest.raises(InputError, match="columns must name each of 2 columns once"):
        Twins(rows, None, rows, columns=names)


def people(seed: int, rows: int) -> Table:
    rng = np.random.default_rng(seed)
    jobs = Categories(rng.integers(0, 3, rows), ("nurse", "pilot", "smith"))
    numbers = rng.standard_normal((rows, 3)).T
    return Table(("job", "age", "height", "wage"), (jobs, *numbers))


def test_the_audit_shows_rows_of_a_table_by_name() -> None:
    train, heldout = people(0, 60), people(1, 60)
    found = ts.audit(train_a=train, samples_a=train, heldout=heldout, rng=0)
    assert found.outcome["copying"] == "copying"
    assert [place.column.name for place in found.pairs.columns] == list(train.names or ())
    pair = found.pairs.pairs[0]
    job = found.pairs.columns[0].shown(pair.training_values)
    assert job == ("nurse", "pilot", "smith")[train.columns[0].codes[pair.training_row]]
    page = audit_page(found)
    assert "wage</th>" in page
    assert f'data-label="job">{job} <span class="soft">/ {job}</span>' in page


def test_the_columns_shown_are_the_unusual_ones() -> None:
    rng = np.random.default_rng(0)
    rare = Categories(np.array([1] + [0] * 59), ("common", "rare"))
    numbers = rng.standard_normal((60, 9)).T
    train = Table(("kind", *"abcdefghi"), (rare, *numbers))
    made = Table(train.names, (Categories(np.array([1, 1]), rare.values), *numbers[:, [0, 0]]))
    other = Table(train.names, (rare, *rng.standard_normal((60, 9)).T))
    found = ts.audit(train_a=train, samples_a=made, heldout=other, rng=0)
    assert found.pairs.columns[0].column.name == "kind"
    assert len(found.pairs.columns) == 8


def test_generators_beside_a_table() -> None:
    train, heldout = people(0, 60), people(1, 60)
    real = {"train_a": train, "samples_a": None, "train_b": None, "samples_b": None}
    encoded = as_arrays({"train_a": train, "heldout": heldout})["train_a"]
    linear = LinearGenerator.fit(encoded, Ridge(0.0), center=True)

    def copies(noise: NDArray[np.float64]) -> Table:
        rows = (np.abs(noise[:, 0]) * 1000).astype(int) % 60
        columns = (Categories(train.columns[0].codes[rows], train.columns[0].values),)
        return Table(train.names, (*columns, *(one[rows] for one in train.columns[1:])))

    for generator in (linear.sample, copies):
        twins, found = twins_given(real | {"heldout": heldout}, None, [generator], 1000, (0,))
        assert twins.column_names == ("job: nurse", "job: pilot", "job: smith", *train.names[1:])
        assert twins.seeds == 1000
        assert not found
    assert np.isin(twins.samples_a[:, 3], encoded[:, 3]).all()


@pytest.mark.extras
def test_an_audit_of_data_frames() -> None:
    import pandas as pd

    frames = {}
    for role, seed in {"train_a": 0, "heldout": 1, "samples_a": 0}.items():
        rows = people(seed, 60)
        words = [rows.columns[0].values[code] for code in rows.columns[0].codes]
        numbers = dict(zip(rows.names[1:], rows.columns[1:], strict=True))
        frames[role] = pd.DataFrame({"job": pd.Categorical(words), **numbers})
    found = ts.audit(**frames, rng=0)
    assert found.outcome["copying"] == "copying"
    assert found.copying.copied_fraction > 0.9
    assert [place.column.name for place in found.pairs.columns] == list(frames["train_a"].columns)


@pytest.mark.extras
def test_names_from_parquet(tmp_path: Path) -> None:
    import pandas as pd

    pd.DataFrame({"job": ["a", "b"], "age": [1.0, 2.0]}).to_parquet(tmp_path / "a.parquet")
    rows = load(tmp_path / "a.parquet")
    assert Twins(rows, None, rows).column_names == ("job: a", "job: b", "age")


def test_numbers_of_india_and_of_fortran(tmp_path: Path) -> None:
    some = [(7 * k) % 31 for k in range(60)]
    lines = "".join(f'"12,34,{500 + k}",{k}.50D+02\n' for k in some)
    (tmp_path / "a.csv").write_text("amount,flow\n" + lines)
    table = load(tmp_path / "a.csv")
    rows = as_arrays({"train_a": table})["train_a"]
    np.testing.assert_array_equal(rows[:, 0], 1_234_500 + np.array(some))
    np.testing.assert_array_equal(rows[:, 1], 100 * np.array(some) + 50)


def test_a_name_that_occurs_twice_and_cells_between_blanks_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,a\n1,2\n3,x\n")
    with pytest.raises(InputError, match=r"several columns of the name 'a' \(got .*a\.csv\)"):
        load(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text("a   b\n1.5   2\n3.5   4\n")
    with pytest.raises(InputError, match="separates its cells by blanks"):
        load(tmp_path / "b.csv")
    (tmp_path / "c.csv").write_text("full name\nann lee\nbob ray\n")
    assert load(tmp_path / "c.csv").names == ("full name",)
