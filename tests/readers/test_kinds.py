"""Columns by kind: what people write in the cells of a table, and what becomes of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from twinseed import InputError, Twins
from twinseed.readers import Columns, ReadOptions, load, load_roles, notes_of, with_columns

ONE = 1 / np.sqrt(2)


def encoded(
    folder: Path, reading: ReadOptions | None = None, **texts: str | bytes
) -> tuple[dict[str, NDArray[np.float64]], Columns]:
    """Write each text as the table of a role, and return what the tables become together."""
    paths = {}
    for role, text in texts.items():
        paths[role] = folder / f"{role}.csv"
        paths[role].write_bytes(text if isinstance(text, bytes) else text.encode())
    arrays, columns = with_columns(load_roles(paths, reading=reading))
    assert columns is not None
    return arrays, columns


def column(folder: Path, *cells: str, reading: ReadOptions | None = None) -> NDArray[np.float64]:
    """Return what one column of cells becomes."""
    text = "\n".join(["x;y", *(f'"{cell}";{k}.5' for k, cell in enumerate(cells))])
    return encoded(folder, reading, train_a=text)[0]["train_a"][:, :-1]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("1.5", "-2", "+3e2"), (1.5, -2, 300)),
        (("16,907", "1,234,567"), (16907, 1234567)),
        (("16.907,5", "1.234"), (16907.5, 1234)),
        (("1 234", "12\u202f345", "1'000"), (1234, 12345, 1000)),
        (("$1,500", "(20.50)", "-$3"), (1500, -20.5, -3)),
        (("12 €", "EUR 3"), None),
        (("12 €", "3 €"), (12, 3)),
        (("25.2%", "4 %"), (0.252, 0.04)),
        (("70 kg", "81.5kg"), (70, 81.5)),
        (("\u22123", "4"), (-3, 4)),
        (("3.5k", "2M"), (3500, 2e6)),
    ],
)
def test_numbers_as_people_write_them(
    tmp_path: Path, cells: tuple[str, ...], expected: tuple[float, ...] | None
) -> None:
    if expected is None:
        with pytest.raises(InputError, match=r"several units in column 'x' \(EUR, €\)"):
            column(tmp_path, *cells)
    else:
        np.testing.assert_allclose(column(tmp_path, *cells)[:, 0], expected)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("2020-01-01", "2020-01-02"), (18262, 18263)),
        (("2020-01-01T12:00:00Z", "2020-01-01 06:00+00:00"), (18262.5, 18262.25)),
        (("31.01.2020", "01.02.2020"), (18292, 18293)),
        (("01/31/2020", "02/01/2020"), (18292, 18293)),
        (("3 Jan 2020", "12 Feb 2020"), (18264, 18304)),
        (("2020Q1", "2020Q2"), (18262, 18353)),
        (("01:30", "13:00:30"), (5400, 46830)),
        (("1 days 00:00:10", "P2D"), (86410, 172800)),
    ],
)
def test_dates_and_times_are_numbers_on_their_scale(
    tmp_path: Path, cells: tuple[str, ...], expected: tuple[float, ...]
) -> None:
    np.testing.assert_allclose(column(tmp_path, *cells)[:, 0], expected)


def test_a_date_that_may_be_read_in_two_ways_is_refused(tmp_path: Path) -> None:
    says = r"has a date that may be read .* in line 2 of column 'x'.*%d/%m/%Y.*%m/%d/%Y"
    with pytest.raises(InputError, match=says):
        column(tmp_path, "03/04/2020", "05/06/2020")
    schema = tmp_path / "a.toml"
    schema.write_text('[columns.x]\nformat = "%m/%d/%Y"\n')
    from twinseed.readers import schema_of

    found = column(tmp_path, "03/04/2020", "05/06/2020", reading=schema_of(schema))
    np.testing.assert_array_equal(found[:, 0], [18325, 18388])


@pytest.mark.parametrize("gap", ["", "NA", "N/A", "nan", "NaN", "null", "None", "-", "?", "NaT"])
def test_missing_numbers_are_the_mean_and_an_indicator(tmp_path: Path, gap: str) -> None:
    arrays, columns = encoded(
        tmp_path, train_a=f"x,y\n1,2.5\n{gap},3.5\n4,4.5\n", samples_a="x,y\n9,1.5\n8,2.5\n"
    )
    np.testing.assert_allclose(
        arrays["train_a"], [[1, 0, ONE, 2.5], [2.5, ONE, 0, 3.5], [4, 0, ONE, 4.5]]
    )
    np.testing.assert_allclose(arrays["samples_a"], [[9, 0, ONE, 1.5], [8, 0, ONE, 2.5]])
    assert [one.kind for one in columns] == ["number", "missing", "number"]
    assert columns.notes == ("column 'x': missing numbers become the mean of the real rows",)


def test_missing_words_and_words_of_a_schema_that_mean_missing(tmp_path: Path) -> None:
    _, columns = encoded(
        tmp_path, train_a="x,y\na,1.5\n,2.5\nNA,3\n", samples_a="x,y\nnan,1\na,2\n"
    )
    assert columns[0].categories == ("(missing)", "a")
    reading = ReadOptions(missing=("-999",))
    arrays, columns = encoded(tmp_path, reading, train_a="x,y\n1,a\n-999,b\n3,a\n")
    assert columns[1].kind == "missing"
    assert arrays["train_a"][1, 0] == 2
    _, columns = encoded(tmp_path, train_a="x,y\nNone,1\n,2\nSome,3\n")
    assert columns[0].categories == ("(missing)", "None", "Some"), "both mean something"


@pytest.mark.parametrize(
    ("one", "other", "categories"),
    [
        (("True", "False"), ("1", "0"), ("False", "True")),
        (("yes", "no"), ("TRUE", "FALSE"), ("no", "yes")),
        (("y", "n"), ("y", "n"), ("n", "y")),
        (("X", "0"), ("X", "0.0"), ("0", "X")),
        (("Nurse", "smith"), (" nurse ", "Smith"), ("Nurse", "smith")),
        (("nurse", "smith"), ("'nurse'", "b'smith'"), ("nurse", "smith")),
        (("01234", "99123"), ("1234", "99123"), ("01234", "99123")),
    ],
)
def test_the_same_values_spelled_otherwise_are_one(
    tmp_path: Path, one: tuple[str, ...], other: tuple[str, ...], categories: tuple[str, ...]
) -> None:
    def text(cells: tuple[str, ...]) -> str:
        return "\n".join(["x,y", *(f'"{cell}",{k}.5' for k, cell in enumerate(cells))])

    arrays, columns = encoded(tmp_path, train_a=text(one), samples_a=text(other))
    assert columns[0].categories == categories
    np.testing.assert_array_equal(arrays["train_a"], arrays["samples_a"])


def test_words_that_one_table_tells_apart_stay_apart(tmp_path: Path) -> None:
    _, columns = encoded(
        tmp_path, train_a="x,y\nUS,1.5\nus,2.5\n", samples_a="x,y\nUS,1.5\nus,2.5\n"
    )
    assert columns[0].categories == ("US", "us")


@pytest.mark.parametrize(
    ("name", "cells", "left"),
    [
        ("id", lambda r: r.permutation(10**6)[:60], True),
        ("Unnamed: 0", lambda r: np.arange(60), True),
        ("whatever", lambda r: np.arange(60) + 17, True),
        ("whatever", lambda r: r.permutation(120)[:60], True),
        ("wage", lambda r: r.normal(30_000, 9_000, 60).round().astype(int), False),
        ("diagnosis", lambda r: r.integers(200, 999, 60), False),
        ("patient_id", lambda r: np.repeat(np.arange(20), 3), False),
        ("size", lambda r: np.arange(60) + 0.5, False),
        ("konto", lambda r: r.integers(10**8, 10**9, 60), True),
        ("kode", lambda r: np.sort(r.permutation(10**6)[:60]), True),
        ("price", lambda r: r.lognormal(12, 1, 60).round().astype(int), False),
        ("at", lambda r: 1_600_000_000 + r.integers(0, 10**7, 60), False),
        ("key", lambda r: [f"{n:032x}" for n in r.permutation(60)], True),
        ("name", lambda r: [f"person {n}" for n in r.permutation(60)], True),
        ("city", lambda r: [f"city {n}" for n in r.integers(0, 20, 60)], False),
        ("said", lambda r: [f"the patient of bed {n} slept well" for n in range(60)], True),
    ],
)
def test_columns_that_name_rows_are_left_out_and_told(
    tmp_path: Path, name: str, cells: object, left: bool
) -> None:
    assert callable(cells)
    texts = {}
    for seed, role in enumerate(("train_a", "heldout", "samples_a")):
        rng = np.random.default_rng(seed)
        lines = [f"{cell},{rng.normal()}" for cell in cells(rng)]
        texts[role] = "\n".join([f"{name},x", *lines])
    _, columns = encoded(tmp_path, **texts)
    assert (columns.left_out == (name,)) == left
    assert any(f"column '{name}' is left out" in note for note in columns.notes) == left
    _, columns = encoded(tmp_path, ReadOptions(keep=(name,)), **texts)
    assert columns.left_out == ()


def test_a_key_that_the_samples_lack(tmp_path: Path) -> None:
    real = "id,x\n7,1.5\n9,2.5\n"
    arrays, columns = encoded(tmp_path, train_a=real, samples_a="x\n1.5\n2.5\n")
    assert arrays["train_a"].shape == (2, 1)
    assert columns.left_out == ("id",)
    with pytest.raises(InputError, match=r"must have the columns of train_a, but lacks size"):
        encoded(tmp_path, train_a="size,x\n1,1.5\n1,2.5\n", samples_a="x\n1.5\n2.5\n")


@pytest.mark.parametrize(
    ("separator", "decimal"), [(",", "."), (";", "."), (";", ","), ("\t", ","), ("|", ".")]
)
@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
def test_separators_decimal_marks_and_encodings_are_found(
    tmp_path: Path, separator: str, decimal: str, quote: str, encoding: str
) -> None:
    rows = [("größe", "ort"), ("1.5", "Zürich"), ("2.25", "Genève"), ("-0.5", "Zürich")]
    lines = [
        separator.join(f"{quote}{cell.replace('.', decimal)}{quote}" for cell in row)
        for row in rows
    ]
    arrays, columns = encoded(tmp_path, train_a="\r\n".join(lines).encode(encoding))
    assert [one.name for one in columns] == ["größe", "ort"]
    assert columns[1].categories == ("Genève", "Zürich")
    np.testing.assert_array_equal(arrays["train_a"][:, 0], [1.5, 2.25, -0.5])
    assert any("Latin-1" in note for note in columns.notes) == (encoding == "latin-1")


def test_options_overrule_what_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("ort,x\nЖЖ,1\nЛЛ,2\n".encode("cp1251"))
    found = load(path, reading=ReadOptions(encoding="cp1251"))
    assert found.columns[0].present == {"ЖЖ", "ЛЛ"}
    path.write_text("a;b,c\n1;2,3\n")
    assert load(path, reading=ReadOptions(separator=";")).names == ("a", "b,c")
    for bad in ({"encoding": "no such"}, {"separator": "x"}, {"encoding": "rot13"}):
        with pytest.raises(InputError, match=f"{next(iter(bad))} must be"):
            ReadOptions(**bad)
    with pytest.raises(InputError, match=r"keep must name columns of the tables .got idd.*id, x"):
        encoded(tmp_path, ReadOptions(keep=("idd",)), train_a="id,x\n1,2.5\n2,3.5\n")


def test_a_header_of_numbers(tmp_path: Path) -> None:
    rows = "0,1,2,3\n1.5,2.5,3.5,4.5\n2.5,3.5,4.5,1.5\n"
    arrays, columns = encoded(tmp_path, train_a=rows, heldout=rows)
    assert arrays["train_a"].shape == (2, 4)
    assert [one.name for one in columns] == ["0", "1", "2", "3"]
    assert "counts the columns" in columns.notes[0]
    paths = {}
    for role, last in {"train_a": "5,6", "heldout": "7,8"}.items():
        paths[role] = tmp_path / f"{role}.csv"
        paths[role].write_text(f"10,20\n{last}\n")
    with pytest.raises(InputError, match="same first line as heldout, which may be a header"):
        load_roles(paths)
    assert load_roles(paths, reading=ReadOptions(header=True))["train_a"].names == ("10", "20")
    assert load_roles(paths, reading=ReadOptions(header=False))["train_a"].shape == (2, 2)
    _, columns = encoded(tmp_path, train_a=",0,1\n0,1.5,2.5\n1,3.5,4.5\n")
    assert columns.left_out == ("Unnamed: 0",)
    _, columns = encoded(tmp_path, train_a="place,2020,2021\nhere,1.5,2\nthere,3.5,4\n")
    assert [one.name for one in columns] == ["place", "2020", "2021"]


@pytest.mark.parametrize(
    ("before", "after", "note"),
    [
        ("sep=;\n", "", None),
        ("# made by hand\n", "", "1 line that starts with # is skipped"),
        ("# made\n# by hand\n# ", "", "2 lines that start with # are skipped"),
        ("# ", "", None),
        ("\n\n", "\n\n", None),
    ],
)
def test_lines_that_are_no_rows(tmp_path: Path, before: str, after: str, note: str | None) -> None:
    arrays, columns = encoded(tmp_path, train_a=f"{before}size;kind\n1,5;a\n2,5;b\n{after}")
    assert [one.name for one in columns] == ["size", "kind"]
    np.testing.assert_array_equal(arrays["train_a"][:, 0], [1.5, 2.5])
    assert columns.notes == (() if note is None else (f"train_a: {note}",))


def test_a_column_without_any_value_is_left_out_and_told(tmp_path: Path) -> None:
    _, columns = encoded(tmp_path, train_a="x,y,\n1.5,,\n2.5,,\n", samples_a="x,y,\n1.5,7,\n2,,\n")
    assert columns.left_out == ("y", "Unnamed: 2")
    assert columns.notes[0] == "column 'y' is left out: it is missing in all real rows"


def test_names_of_columns_that_differ_in_case_or_spaces_are_one(tmp_path: Path) -> None:
    arrays, columns = encoded(
        tmp_path,
        train_a="Age (y),job_name\n1.5,a\n2.5,b\n",
        samples_a="job name,AGE (Y)\na,3\nb,4\n",
    )
    assert arrays["samples_a"][:, 0].tolist() == [3, 4]
    assert "differ in case or spaces" in columns.notes[0]


def test_a_number_that_may_mean_missing_is_told(tmp_path: Path) -> None:
    cells = [f"{k / 3},{k}.5\n" for k in range(60)] + ["-999,1\n"] * 3
    _, columns = encoded(tmp_path, train_a="x,y\n" + "".join(cells))
    assert "one number occurs many times, far from all others" in columns.notes[0]
    _, columns = encoded(tmp_path, ReadOptions(missing=("-999",)), train_a="x,y\n" + "".join(cells))
    assert columns[1].kind == "missing"
    with pytest.raises(InputError, match="letters behind it that are no unit"):
        encoded(tmp_path, train_a="x,y\n" + "".join(f"{k}.5 pt,{k}\n" for k in range(40)))


SECRET = "secret"


@pytest.mark.parametrize(
    "texts",
    [
        {"train_a": "x,y\n" + "".join(f"{k}.5,1\n" for k in range(40)) + f"{SECRET},1\n"},
        {"train_a": "x,y\n1.5,1\n2.5,1\n", "samples_a": f"x,y\n{SECRET},1\n{SECRET},1\n"},
        {"train_a": "x,y\n<5,1\n" + "".join(f"{k}.5,1\n" for k in range(40))},
        {"train_a": "x,y\n1.5,1\ninf,1\n"},
        {"train_a": "x,y\n5%,1\n4%,1\n", "samples_a": "x,y\n5,1\n4,1\n"},
    ],
)
def test_what_a_column_cannot_hold_is_named_by_column_and_line(
    tmp_path: Path, texts: dict[str, str]
) -> None:
    with pytest.raises(InputError, match="column 'x'") as caught:
        encoded(tmp_path, **texts)
    assert SECRET not in str(caught.value)
    if "inf" in texts["train_a"]:
        assert "line 3 of" in str(caught.value)
    if SECRET in texts["train_a"]:
        assert "line 42 of" in str(caught.value)
        with pytest.raises(InputError, match=SECRET):
            encoded(tmp_path, ReadOptions(show_values=True), **texts)


def test_zeros_in_front_make_codes(tmp_path: Path) -> None:
    _, columns = encoded(
        tmp_path, train_a="x,y\n01234,1\n99123,2\n", samples_a="x,y\n1234,1\n5,2\n"
    )
    assert columns[0].categories == ("01234", "5", "99123")


def test_packed_dates_are_dates(tmp_path: Path) -> None:
    cells = [20200131, 20200201, 19991231, 20010101]
    arrays, columns = encoded(tmp_path, train_a="x,y\n" + "".join(f"{c},1.5\n" for c in cells))
    assert arrays["train_a"][:2, 0].tolist() == [18292, 18293]
    assert columns[0].shown(arrays["train_a"][0]) == "2020-01-31"


def test_a_schema_overrules_kind_unit_order_and_what_is_left_out(tmp_path: Path) -> None:
    from twinseed.readers import schema_of

    (tmp_path / "a.toml").write_text(
        '[columns.id]\nkind = "number"\n[columns.wage]\nunit = 1000\n'
        '[columns.pain]\norder = ["low", "some", "high"]\n[columns.code]\nkind = "words"\n'
        '[columns.note]\nkind = "leave out"\n'
    )
    text = "id,wage,pain,code,note\n1,2000,low,7,a\n2,3000,high,8,b\n"
    arrays, columns = encoded(tmp_path, schema_of(tmp_path / "a.toml"), train_a=text)
    np.testing.assert_allclose(arrays["train_a"], [[1, 2, 0, ONE, 0], [2, 3, 2, 0, ONE]])
    assert [one.kind for one in columns] == ["number", "number", "ordered", "words"]
    assert columns.left_out == ("note",)
    assert columns[2].shown(np.array([2.0])) == "high"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("kind = ", "must be TOML"),
        ("[columns.x]\nkind = 'odd'", "unknown kind"),
        ("[columns.x]\nunit = -1", "unit that is not above zero"),
        ("[columns.x]\nkind = 'ordered'", "must say the order"),
        ("[columns.x]\ncolour = 'red'", "says 'colour' of column 'x'"),
        ("decimal = 1", "value of another type"),
        ("columns = 1", "must have a table"),
    ],
)
def test_a_schema_that_cannot_be_used(tmp_path: Path, text: str, says: str) -> None:
    from twinseed.readers import schema_of

    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(InputError, match=says):
        schema_of(tmp_path / "a.toml")
    (tmp_path / "long.toml").write_bytes(bytes(1 << 23))
    for name, problem in (("none.toml", "cannot be read"), ("long.toml", "more than 4,194,304")):
        with pytest.raises(InputError, match=f"schema .*{problem}"):
            schema_of(tmp_path / name)


def test_metadata_of_sdv_are_a_schema(tmp_path: Path) -> None:
    import json

    from twinseed.readers import schema_of

    kinds = {"who": "id", "age": "numerical", "code": "categorical", "mail": "email"}
    columns = {name: {"sdtype": kind} for name, kind in kinds.items()}
    columns["on"] = {"sdtype": "datetime", "datetime_format": "%m/%d/%Y"}
    table = {"columns": columns, "primary_key": "who"}
    text = "who,age,code,mail,on\n1,3.5,7,a@b,03/04/2020\n2,4.5,8,a@b,05/06/2020\n"
    for said in (table, {"tables": {"people": table}}):
        (tmp_path / "metadata.json").write_text(json.dumps(said))
        _, found = encoded(tmp_path, schema_of(tmp_path / "metadata.json"), train_a=text)
        assert [one.kind for one in found] == ["number", "words", "date"]
        assert found.left_out == ("who", "mail")
    for said, says in (({"tables": {"a": table, "b": table}}, "2 tables"), ([1], "metadata.json")):
        (tmp_path / "metadata.json").write_text(json.dumps(said))
        with pytest.raises(InputError, match=says):
            schema_of(tmp_path / "metadata.json")


def test_the_notes_reach_the_columns_of_twins(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,rate\n5,25%\n9,30%\n")
    rows = load(tmp_path / "a.csv")
    twins = Twins(rows, None, rows).centred()
    assert notes_of(twins.columns)[0] == "column 'rate': per cents are read as parts of one"
    assert "column 'id' is left out" in notes_of(twins.rows.layout)[1]
