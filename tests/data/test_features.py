"""Features: every row by itself, errors by name, kept by content and never unpickled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.cli.test_cli import assert_refused, call
from tests.data.test_twins import arrays, images

from twinseed import InputError, Twins, audit, measure
from twinseed.data.features import encoded_rows

ROWS = np.random.default_rng(0).standard_normal((2500, 6)).astype(np.float32)


def squares(rows):
    return rows[:, :2] ** 2


def test_twins_of_features_are_twins_of_the_encoded_arrays():
    given = arrays(seeds=30, n=20, d=4)
    twins = Twins(**given).centred().encoded(squares)
    assert (twins.origin, twins.image_shape) == (None, None)
    for name, rows in given.items():
        np.testing.assert_array_equal(twins.arrays[name], squares(rows))


def test_an_encoder_of_images_is_given_images():
    shapes = []

    def mean(rows):
        shapes.append(rows.shape[1:])
        return rows.mean(axis=(2, 3))

    twins = Twins(images(3, 4, 4), None, images(3, 4, 4, seed=1)).encoded(mean)
    assert set(shapes) == {(3, 4, 4)}
    assert twins.d == 3


def test_the_audit_and_the_measurement_are_those_of_the_features():
    given = {name: rows for name, rows in arrays(seeds=30, n=20, d=4).items() if name != "train_b"}
    found = audit(**given, encoder=squares, rng=0)
    expected = measure(Twins(**given).encoded(squares).centred(), rng=0, factors=2)
    assert found.readout.attrs["fingerprint"] == expected.attrs["fingerprint"]


@pytest.mark.extras
def test_tensors_come_back_as_arrays():
    import torch

    encoder = torch.nn.Linear(6, 3)

    def features(rows):
        return encoder(torch.from_numpy(rows))

    found = encoded_rows("train_a", ROWS, features)
    with torch.no_grad():
        np.testing.assert_allclose(found, encoder(torch.from_numpy(ROWS)).numpy(), atol=1e-6)


def raises(rows):
    raise KeyError("no such layer")


def widens(rows):
    return np.ones((len(rows), 2 if len(rows) in (16, 1024) else 3))


@pytest.mark.parametrize(
    ("encoder", "says"),
    [
        (lambda rows: rows[:-1], "one row of features for each of 16 rows of heldout"),
        (lambda rows: rows.sum(axis=1), "at least two axes"),
        (lambda rows: rows * np.nan, r"encoder\(heldout\)\[0, 0\] must be finite"),
        (lambda rows: [[object()]] * len(rows), r"encoder\(heldout\) must hold real numbers"),
        (lambda rows: rows - rows.mean(axis=0), "different features in a small block"),
        (widens, "different blocks of heldout"),
        (raises, "an error for heldout.*no such layer"),
        ("squares", "must be a function"),
    ],
)
def test_a_bad_encoder_is_named(encoder, says):
    with pytest.raises(InputError, match=says):
        encoded_rows("heldout", ROWS, encoder)


def test_an_encoder_cannot_change_the_rows():
    def spoils(rows):
        rows[:] = 0
        return rows[:, :1]

    before = ROWS.copy()
    encoded_rows("heldout", ROWS, spoils)
    np.testing.assert_array_equal(ROWS, before)


def test_features_are_kept_by_content(tmp_path):
    blocks = []

    def scaled(rows, by=1.0):
        blocks.append(len(rows))
        return rows * by

    first = encoded_rows("heldout", ROWS, scaled, cache=tmp_path)
    assert sum(blocks) == 16 + len(ROWS)
    (kept,) = tmp_path.iterdir()
    assert kept.suffix == ".npy"
    again = encoded_rows("heldout", ROWS, scaled, cache=tmp_path)
    assert sum(blocks) == 16 + len(ROWS) + 16
    assert isinstance(again, np.memmap)
    np.testing.assert_array_equal(again, first)
    encoded_rows("heldout", ROWS[::-1], scaled, cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    scaled.__defaults__ = (2.0,)  # the same name, another function
    np.testing.assert_array_equal(encoded_rows("heldout", ROWS, scaled, cache=tmp_path), ROWS * 2)


def test_features_that_would_have_to_be_unpickled_are_refused(tmp_path):
    encoded_rows("heldout", ROWS, squares, cache=tmp_path)
    (kept,) = tmp_path.iterdir()
    np.save(kept, np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="unpickled"):
        encoded_rows("heldout", ROWS, squares, cache=tmp_path)


def test_a_cache_that_is_no_folder(tmp_path):
    with pytest.raises(InputError, match="cache must be a folder"):
        encoded_rows("heldout", ROWS, squares, cache=tmp_path / "absent")


def test_an_encoder_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    Path("my_encoder.py").write_text("def halves(rows):\n    return rows[:, :3] / 2\n\nwidth = 3\n")
    words = ["measure", "--json", "--factors", "2"]
    for name, rows in arrays(seeds=30, n=20, d=4).items():
        np.save(f"{name}.npy", rows)
        words += [f"--{name.replace('_', '-')}", f"{name}.npy"]
    found = call(*words, "--encoder", "my_encoder:halves", "--cache", ".")
    assert found.exit_code == 0, found.output
    assert len(list(tmp_path.glob("features-*.npy"))) == 5
    for name in ("my_encoder:absent", "absent:halves", "my_encoder", "my_encoder:width"):
        assert_refused(call(*words, "--encoder", name), ["--encoder", name, "module:function"])
    assert_refused(call(*words, "--cache", "."), ["--cache", "--encoder"])
