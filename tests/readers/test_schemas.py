"""The metadata of SDV as schemas, and matrices of MATLAB in its two containers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from twinseed import InputError
from twinseed.readers import load, load_roles, schema_of

SEVERAL = {
    "tables": {
        "guests": {
            "primary_key": "email",
            "columns": {
                "email": {"sdtype": "email", "pii": True},
                "hotel": {"sdtype": "categorical"},
                "room": {"sdtype": "categorical"},
                "arrival": {"sdtype": "datetime", "datetime_format": "%d %b %Y"},
                "fee": {"sdtype": "numerical"},
                "postcode": {"sdtype": "postcode", "pii": False},
            },
        },
        "hotels": {"primary_key": "hotel", "columns": {"hotel": {"sdtype": "id"}}},
    },
    "relationships": [
        {
            "parent_table_name": "hotels",
            "child_table_name": "guests",
            "parent_primary_key": "hotel",
            "child_foreign_key": "hotel",
        }
    ],
}


def kinds(path: str) -> dict[str, str | None]:
    return {name: one.kind for name, one in schema_of(path).columns.items()}


def test_one_of_several_tables_of_sdv(tmp_path: Path) -> None:
    path = tmp_path / "metadata.json"
    path.write_text(json.dumps(SEVERAL))
    assert kinds(f"{path}#guests") == {
        "email": "leave out",
        "hotel": "leave out",
        "room": "words",
        "arrival": "date",
        "fee": "number",
        "postcode": None,
    }
    assert schema_of(f"{path}#guests").columns["arrival"].format == "%d %b %Y"
    with pytest.raises(InputError, match=r"2 tables \(guests, hotels\).*metadata.json#guests"):
        schema_of(path)
    with pytest.raises(InputError, match="no table 'rooms'"):
        schema_of(f"{path}#rooms")


@pytest.mark.parametrize(
    "said",
    [
        {"columns": {"who": {"sdtype": "id"}, "x": {"sdtype": "numerical"}}, "sequence_key": "who"},
        {"fields": {"who": {"type": "id"}, "x": {"type": "numerical"}}, "primary_key": "who"},
    ],
)
def test_keys_of_sequences_and_the_words_of_earlier_versions(tmp_path: Path, said: Any) -> None:
    path = tmp_path / "metadata.json"
    path.write_text(json.dumps(said))
    group = "group" if "sequence_key" in said else "leave out"
    assert kinds(str(path)) == {"who": group, "x": "number"}


def test_what_is_no_metadata_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "metadata.json"
    for text in ("{", "[1]", '{"columns": 3}', '{"tables": {}}', '{"columns": {"x": 3}}'):
        path.write_text(text)
        with pytest.raises(InputError, match="must be the metadata of SDV"):
            schema_of(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="UTF-8"):
        schema_of(path)


@pytest.mark.extras
def test_a_mat_of_version_7_3_is_turned(tmp_path: Path) -> None:
    """MATLAB writes HDF5 behind 512 bytes, with reversed axes and a class for each array."""
    import h5py

    rows, path = np.arange(12.0).reshape(4, 3), tmp_path / "a.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        file["rows"], file["step"], file["name"] = rows.T, [[3.0]], np.array([[104], [105]], "u2")
        for name, kind in (("rows", b"double"), ("step", b"double"), ("name", b"char")):
            file[name].attrs["MATLAB_class"] = np.bytes_(kind)
        sparse = file.create_group("kept")
        sparse.attrs.update({"MATLAB_class": np.bytes_(b"double"), "MATLAB_sparse": np.uint64(4)})
        sparse["data"], sparse["ir"], sparse["jc"] = [1.0, 2.0], [0, 3], [0, 1, 2, 2]
    with path.open("r+b") as opened:
        opened.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\0\2IM")
    found = load_roles({"whole": f"{path}#rows", "kept": f"{path}#kept"})
    np.testing.assert_array_equal(found["whole"], rows)
    np.testing.assert_array_equal(np.argwhere(found["kept"]), [[0, 0], [3, 1]])
    with pytest.raises(InputError, match="holds 3 arrays"):
        load(path)
    with pytest.raises(InputError, match="holds no array 'name'"):
        load(f"{path}#name")
