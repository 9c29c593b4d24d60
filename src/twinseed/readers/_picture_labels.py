"""The class of each picture, which stands beside the pictures: in a folder's name, in a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath

from twinseed.readers.source import Source
from twinseed.readers.table import MISSING, Categories, Table

__all__ = ["labels_of_pictures"]

_LISTED = "dataset.json"
_LONGEST = 1 << 28
_SHORT = 1 << 16


def labels_of_pictures(
    source: Source,
    names: Sequence[str],
    sizes: Mapping[str, int],
    read: Callable[[str], bytes],
) -> Table:
    """Return one label per picture, in the order of the pictures.

    The name after ``#`` says where the labels are: "folder" is the folder of each picture, "label"
    the list in StyleGAN's dataset.json, "cls" (or another ending) the text of the file beside each
    picture, as in the shards of webdataset. ``sizes`` holds the bytes of every file of the archive.

    Raises:
        InputError: another name, no such list or file, a picture without a label.
    """
    if source.key == "folder":
        found = [PurePosixPath(name).parent.name or MISSING for name in names]
    elif source.key == "label" and _LISTED in sizes:
        if sizes[_LISTED] > _LONGEST:
            raise source.bad(f"has too long a file {_LISTED}", "write the file again")
        listed = json.loads(read(_LISTED)).get("labels") or []
        known = {str(name): _word(label) for name, label in listed}
        found = [known.get(name, MISSING) for name in names]
    else:
        found = []
        for name in names:
            beside = str(PurePosixPath(name).with_suffix(f".{source.key}"))
            if beside not in sizes or sizes[beside] > _SHORT:
                raise source.bad(
                    f"has no label {source.key!r} beside {name}",
                    "name the labels folder (the folder of each picture), label (the list in "
                    "dataset.json) or cls (a file beside each picture)",
                )
            found.append(read(beside).decode("utf-8", "replace").strip() or MISSING)
    return Table((source.key,), (Categories.of(found),))


def _word(label: object) -> str:
    if isinstance(label, list):
        return ",".join(f"{one:g}" if isinstance(one, float) else str(one) for one in label)
    return MISSING if label is None else str(label)
