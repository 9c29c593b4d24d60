"""Pictures in folders, archives and columns: upright, all of them, in one form."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from twinseed import InputError
from twinseed.readers import ReadOptions, load, load_roles

pytestmark = pytest.mark.extras

Y, X = np.mgrid[0:8, 0:12]
PICTURES = np.stack(
    [np.stack([10 * X + k, 20 * Y, 5 * (X + Y)], axis=-1) for k in range(4)]
).astype(np.uint8)
"""Four smooth pictures, N x H x W x C, none of them the same upside down."""
FIRST = np.moveaxis(PICTURES, -1, 1)


def packed(picture: NDArray[np.uint8], kind: str, **options: object) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, kind, **options)
    return buffer.getvalue()


KINDS = {
    "bmp": ("bmp", 0),
    "PNG": ("png", 0),
    "pnm": ("ppm", 0),
    "jfif": ("jpeg", 4),
    "avif": ("avif", 12),
    "jp2": ("jpeg2000", 12),
    "gif": ("gif", 30),
}
"""By ending: the format, and how far its values may be off."""


def test_folders_of_every_kind_of_picture(tmp_path: Path) -> None:
    for ending, (kind, _) in KINDS.items():
        (tmp_path / ending).mkdir()
        for k, picture in enumerate(PICTURES):
            (tmp_path / ending / f"{k}.{ending}").write_bytes(packed(picture, kind))
    for ending, found in load_roles({one: tmp_path / one for one in KINDS}).items():
        assert found.shape == FIRST.shape
        assert np.abs(found.astype(float) - FIRST).mean() <= KINDS[ending][1], ending


TURNED = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, 1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a, -1),
}
"""By the number of the EXIF orientation: how the pixels lie in the file."""


def test_pictures_are_upright(tmp_path: Path) -> None:
    from PIL import Image

    for orientation, turned in TURNED.items():
        exif = Image.Exif()
        exif[0x0112] = orientation
        stored = np.ascontiguousarray(turned(PICTURES[0]))
        (tmp_path / f"{orientation}").mkdir()
        (tmp_path / f"{orientation}" / "a.png").write_bytes(packed(stored, "png", exif=exif))
    found = load_roles({f"{k}": tmp_path / f"{k}" for k in TURNED})
    for orientation, rows in found.items():
        np.testing.assert_array_equal(rows, FIRST[:1], err_msg=orientation)
    told = "1 pictures are turned upright, as their EXIF says"
    assert found.notes == tuple(f"{k}: {told}" for k in TURNED if k > 1)


def test_the_first_frame_of_a_gif_is_told(tmp_path: Path) -> None:
    from PIL import Image

    frames = [Image.fromarray(one[..., 0]) for one in PICTURES]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    found = load_roles({"heldout": tmp_path})
    assert found["heldout"].shape == (1, 3, 8, 12)
    assert found.notes == ("heldout: 1 pictures have several frames, of which the first is read",)


def test_what_is_hidden_is_skipped_and_what_is_not_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(packed(PICTURES[0], "png"))
    for name in (".ipynb_checkpoints", "__MACOSX", ".hidden"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.png").write_bytes(b"no picture")
    (tmp_path / "Thumbs.db").write_bytes(b"no picture")
    assert load(tmp_path).shape == (1, 3, 8, 12)
    (tmp_path / "b.heic").write_bytes(b"a picture of another kind")
    with pytest.raises(InputError, match=r"pictures that are not read, such as b\.heic"):
        load(tmp_path)


def test_pictures_are_brought_to_one_mode_and_size(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(packed(PICTURES[0], "png"))
    (tmp_path / "b.png").write_bytes(packed(PICTURES[1][:6, :, 0], "png"))
    with pytest.raises(InputError, match=r"one size and mode.*options convert and resize"):
        load(tmp_path)
    paths = {"train_a": tmp_path}
    found = load_roles(paths, reading=ReadOptions(convert="RGB", resize=4))
    assert found["train_a"].shape == (2, 3, 4, 4)
    assert found.notes == (
        "train_a: 2 pictures are resized to 4 x 4",
        "train_a: 1 pictures are converted to RGB",
    )
    grey = load(tmp_path, reading=ReadOptions(convert="L", resize=8))
    assert grey.shape == (2, 8, 8)
    np.save(tmp_path / "a.npy", np.eye(3))
    with pytest.raises(InputError, match="resize is for files of pictures"):
        load(tmp_path / "a.npy", reading=ReadOptions(resize=4))
    for bad in ({"convert": "CMYK"}, {"resize": 0}, {"layout": "CHW"}, {"range": (1.0, -1.0)}):
        with pytest.raises(InputError, match=next(iter(bad))):
            ReadOptions(**bad)


def test_archives_of_pictures(tmp_path: Path) -> None:
    names = [f"00000/img{k:08}.png" for k in range(4)]
    shuffled = [2, 0, 3, 1]
    with zipfile.ZipFile(tmp_path / "dataset.zip", "w") as archive:
        for k in shuffled:
            archive.writestr(names[k], packed(PICTURES[k], "png"))
        archive.writestr("dataset.json", '{"labels": null}')
    for name, mode in (("a.tar", "w"), ("b.tar.gz", "w:gz"), ("c.tgz", "w:gz")):
        with tarfile.open(tmp_path / name, mode) as archive:
            for k in shuffled:
                for ending, content in (("png", packed(PICTURES[k], "png")), ("cls", b"3")):
                    member = tarfile.TarInfo(f"{k:06}.{ending}")
                    member.size = len(content)
                    archive.addfile(member, io.BytesIO(content))
    found = load_roles({n: tmp_path / n for n in ("dataset.zip", "a.tar", "b.tar.gz", "c.tgz")})
    for name, rows in found.items():
        np.testing.assert_array_equal(rows, FIRST, err_msg=name)
    with zipfile.ZipFile(tmp_path / "none.zip", "w") as archive:
        archive.writestr("a.txt", "nothing")
    with pytest.raises(InputError, match="holds no images"):
        load(tmp_path / "none.zip")


def test_pictures_in_a_column_of_parquet(tmp_path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    cells = [{"bytes": packed(one, "png"), "path": None} for one in PICTURES]
    table = pyarrow.table({"image": cells, "label": [0, 1, 0, 1]})
    parquet.write_table(table, tmp_path / "a.parquet")
    found = load_roles({"train_a": tmp_path / "a.parquet"})
    np.testing.assert_array_equal(found["train_a"], FIRST)
    assert found.notes == ("train_a: the pictures of column 'image' are read; 1 columns are not",)
    cells[2] = None
    parquet.write_table(pyarrow.table({"image": cells}), tmp_path / "b.parquet")
    with pytest.raises(InputError, match="no picture in row 3"):
        load(f"{tmp_path}/b.parquet#image")
