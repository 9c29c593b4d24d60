"""The order of pictures, their classes, and files that hold no samples."""

from __future__ import annotations

import io
import json
import pickle
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from twinseed import InputError
from twinseed.readers import as_arrays, labels_in, load

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 5, 6, 3)).astype(np.uint8)


def png(image: np.ndarray) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "png")
    return buffer.getvalue()


@pytest.mark.extras
def test_numbers_in_names_count_by_their_value(tmp_path: Path) -> None:
    for name, form in (("plain", "img_{}.png"), ("padded", "img_{:04}.png")):
        (tmp_path / name).mkdir()
        for number, image in enumerate(IMAGES):
            (tmp_path / name / form.format(number)).write_bytes(png(image))
    expected = np.moveaxis(IMAGES, -1, 1)
    np.testing.assert_array_equal(load(tmp_path / "plain"), expected)
    np.testing.assert_array_equal(load(tmp_path / "padded"), expected)


@pytest.mark.extras
def test_classes_of_pictures(tmp_path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    classes = [str(k % 3) for k in range(12)]
    names = [f"{k % 3}/img{k:03}.png" for k in range(12)]
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name, image in zip(names, IMAGES, strict=True):
            archive.writestr(name, png(image))
        listed = [[name, int(label)] for name, label in zip(names, classes, strict=True)]
        archive.writestr("dataset.json", json.dumps({"labels": listed[::-1]}))
    with tarfile.open(tmp_path / "a.tar", "w") as packed:
        for k, image in enumerate(IMAGES):
            for ending, content in (("png", png(image)), ("cls", classes[k].encode())):
                member = tarfile.TarInfo(f"{k:03}.{ending}")
                member.size = len(content)
                packed.addfile(member, io.BytesIO(content))
    cells = [png(image) for image in IMAGES]
    structs = [{"bytes": cell, "path": None} for cell in cells]
    for name, column in (("a", structs), ("b", cells)):
        table = pyarrow.table({"image": column, "label": [int(label) for label in classes]})
        parquet.write_table(table, tmp_path / f"{name}.parquet")
        found = load(tmp_path / f"{name}.parquet")
        np.testing.assert_array_equal(found, np.moveaxis(IMAGES, -1, 1))
    ordered = [label for k in "012" for label in classes if label == k]  # folder by folder
    for file, word, want in (
        ("a.zip", "label", ordered),
        ("a.zip", "folder", ordered),
        ("a.tar", "cls", classes),
        ("a.parquet", "label", classes),
    ):
        labels = labels_in({"train_a": tmp_path / file}, word)["train_a"]
        assert [str(one) for one in labels] == want, (file, word)
    with pytest.raises(InputError, match=r"no label 'json' beside 000\.png"):
        labels_in({"train_a": tmp_path / "a.tar"}, "json")


def test_statistics_adapters_and_pickles_are_said_to_be_what_they_are(tmp_path: Path) -> None:
    np.savez(tmp_path / "stats.npz", mean=np.zeros(4), cov=np.eye(4))
    adapter = {"lora_A.weight": np.eye(4), "lora_B.weight": np.eye(4), "alpha": np.ones(1)}
    np.savez(tmp_path / "adapter.npz", **adapter)
    (tmp_path / "data_batch_1").write_bytes(pickle.dumps({b"data": [1]}))
    for name, what in (
        ("stats.npz", "FID statistics"),
        ("adapter.npz", "weights of a model"),
        ("data_batch_1", "is a pickle"),
    ):
        with pytest.raises(InputError, match=what):
            load(tmp_path / name)
    np.savez(tmp_path / "rows.npz", rows=np.eye(4), weight=np.ones(4))  # weights of rows
    np.testing.assert_array_equal(load(tmp_path / "rows.npz"), np.eye(4))


class Batches:
    """A loader as torch has them: batches are dictionaries of pictures and labels."""

    dataset, batch_size = None, 5

    def __iter__(self) -> Any:
        for start in range(0, 12, 5):
            part = IMAGES[start : start + 5]
            yield {"pixel_values": part, "label": np.arange(len(part))}

    def __len__(self) -> int:
        return 3


def test_batches_with_labels_and_rows_without_end() -> None:
    np.testing.assert_array_equal(as_arrays({"train_a": Batches()})["train_a"], IMAGES)
    with pytest.raises(InputError, match=r"must have a length.*islice"):
        as_arrays({"train_a": iter([np.ones(3)])})
