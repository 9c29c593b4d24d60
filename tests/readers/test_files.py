"""Files are read without unpickling, and bad ones are refused before they are read."""

import io
import zipfile

import numpy as np
import pytest

from twinseed import InputError
from twinseed.readers import load_rows

ROWS = np.arange(12.0).reshape(4, 3)


@pytest.mark.parametrize("order", ["C", "F"])
def test_npy_is_memory_mapped(tmp_path, order):
    np.save(tmp_path / "a.npy", np.asarray(ROWS, order=order))
    found = load_rows(tmp_path / "a.npy")
    assert isinstance(found, np.memmap)
    np.testing.assert_array_equal(found, ROWS)


def test_npz_with_one_array_or_a_named_one(tmp_path):
    np.savez(tmp_path / "one.npz", ROWS)
    np.savez_compressed(tmp_path / "two.npz", train=ROWS, other=ROWS + 1)
    np.testing.assert_array_equal(load_rows(tmp_path / "one.npz"), ROWS)
    np.testing.assert_array_equal(load_rows(f"{tmp_path}/two.npz#other"), ROWS + 1)
    with pytest.raises(InputError, match=r"holds 2 arrays \(train, other\)"):
        load_rows(tmp_path / "two.npz")
    with pytest.raises(InputError, match="no array 'absent'"):
        load_rows(f"{tmp_path}/two.npz#absent")


@pytest.mark.parametrize("header", ["", "x,y,z\n"])
def test_csv_with_and_without_header(tmp_path, header):
    lines = "\n".join(",".join(map(str, row)) for row in ROWS)
    (tmp_path / "a.csv").write_text(header + lines + "\n\n")
    np.testing.assert_array_equal(load_rows(tmp_path / "a.csv"), ROWS)


def saved(array, **options):
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


PICKLED = saved(np.array([{}, None], dtype=object), allow_pickle=True)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.npy", b"", "empty file"),
        ("a.npy", PICKLED, "unpickled"),
        ("a.npy", saved(ROWS)[:-1], "truncated"),
        ("a.npy", saved(ROWS)[:20], "whole .npy"),
        ("a.npy", b"not an array", "whole .npy"),
        ("a.npy", saved(np.empty((0, 3))), "empty array"),
        ("a.npz", b"PK not a zip", "whole .npz"),
        ("a.csv", b"a,b\n1,2\n3\n", "lines of equal length; line 3 has 1"),
        ("a.csv", b"a,b\n1,x\n", "lines of numbers"),
        ("a.csv", b"a,b\n", "lines of numbers"),
        ("a.csv", b"\xff\xfe\x00", "UTF-8"),
        ("a.doc", b"1", "one of the endings"),
        ("a.pkl", b"1", "one of the endings"),
    ],
)
def test_a_bad_file_is_explained(tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=says):
        load_rows(tmp_path / name)


def archive(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)


def test_pickles_and_cut_arrays_inside_an_archive(tmp_path):
    archive(tmp_path / "a.npz", pickled=PICKLED, cut=saved(ROWS)[:-8], text=b"no array")
    for name, says in (("pickled", "unpickled"), ("cut", "truncated"), ("text", "whole .npy")):
        with pytest.raises(InputError, match=says):
            load_rows(f"{tmp_path}/a.npz#{name}")


def test_an_archive_that_unpacks_to_too_much_is_refused_unread(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "bomb.npz", np.zeros((1000, 1000)))
    assert (tmp_path / "bomb.npz").stat().st_size < 20_000
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    with pytest.raises(InputError, match="over the limit of 1,000,000"):
        load_rows(tmp_path / "bomb.npz", limit=1_000_000)


def test_a_damaged_archive(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", np.random.default_rng(0).standard_normal((200, 20)))
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[5000:5100] = bytes(100)
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        load_rows(tmp_path / "a.npz")


def test_a_missing_file(tmp_path):
    with pytest.raises(InputError, match="exists"):
        load_rows(tmp_path / "a.npy")


def test_a_key_belongs_to_archives_alone(tmp_path):
    np.save(tmp_path / "a.npy", ROWS)
    with pytest.raises(InputError, match=r"is \.npy, which has no arrays to name"):
        load_rows(f"{tmp_path}/a.npy#x")
