"""The options for files of rows and samples, and the reading of these files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from twinseed.cli.errors import as_typed, complain
from twinseed.cli.options import named_function, option
from twinseed.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from twinseed.data.twins import Twins
    from twinseed.readers import ReadOptions

__all__ = [
    "Cache",
    "Encoder",
    "Group",
    "HeldOut",
    "LabelsColumn",
    "SamplesA",
    "SamplesB",
    "TrainA",
    "TrainB",
    "UpToText",
    "chosen_encoder",
    "file_of_rows",
    "loaded_twins",
]

_ROLES = ("--samples-a", "--samples-b", "--train-a", "--train-b", "--heldout")


def file_of_rows(about: str) -> Any:
    return option("FILE", about)


TrainA = Annotated[str, file_of_rows("Rows that generator A was trained on.")]
SamplesA = Annotated[str, file_of_rows("Samples of generator A.")]
TrainB = Annotated[str | None, file_of_rows("Rows that generator B was trained on.")]
SamplesB = Annotated[
    str | None,
    file_of_rows("Samples of generator B; row i comes from the seed of row i of A's samples."),
]
HeldOut = Annotated[str | None, file_of_rows("Rows of the same source that neither generator saw.")]
Encoder = Annotated[
    str | None,
    option("MODULE:FUNCTION", "A function from rows to features; the audit judges the features."),
]
Cache = Annotated[Path | None, option("FOLDER", "Keep the encoder's features here.")]
Group = Annotated[
    str | None,
    option(
        "COLUMN",
        "The column that says which real rows belong together, such as the visits of one "
        "person; it is not compared. Beside data.npz#rows: the array COLUMN of data.npz.",
    ),
]
LabelsColumn = Annotated[
    str | None,
    option(
        "COLUMN",
        "The column of the class of each row, for generators that are given a class; it is "
        "not compared. Beside data.npz#rows: the array COLUMN of data.npz.",
    ),
]
UpToText = Annotated[
    str | None,
    option(
        "WORDS",
        "Changes that make no new image: flip, rot90, shift:2, brightness, affine; "
        "several with commas between them.",
    ),
]


def chosen_encoder(encoder: str | None, cache: Path | None) -> Callable[..., Any] | None:
    """Return the function that --encoder names."""
    if encoder is not None:
        return named_function("--encoder", encoder)
    if cache is not None:
        raise InputError("--cache", "needs --encoder", str(cache), "pass --encoder as well")
    return None


def loaded_twins(
    train_a: str,
    samples_a: str,
    train_b: str | None,
    samples_b: str | None,
    heldout: str | None,
    *,
    reading: ReadOptions,
    group: str | None = None,
    labels: str | None = None,
    up_to: str | None = None,
) -> tuple[Twins, tuple[str, ...]]:
    """Load the files and report how they were read; an error names the option of the file.

    Returns:
        The twins, and the sentences on how files of arrays were read; tables carry theirs.
    """
    if train_b is not None and samples_b is None:
        raise InputError("samples_b", "is needed with train_b", None, "pass B's samples as well")
    from twinseed.data.twins import Twins
    from twinseed.readers import load_roles, notes_of

    paths = {  # in the order of _ROLES
        "samples_a": samples_a,
        "samples_b": samples_b,
        "train_a": train_a,
        "train_b": train_b,
        "heldout": heldout,
    }
    given = {role: path for role, path in paths.items() if path is not None}
    found = load_roles(given, reading=reading)
    group = group or _called(reading, "group")
    labels = labels or _called(reading, "label")
    real = [role for role in given if not role.startswith("samples")]
    about = {
        "groups": _beside("--group", group, found, given, real),
        "labels": _beside("--labels", labels, found, given, list(given)),
    }
    rows: dict[str, Any] = {"samples_b": None} | found
    twins = Twins(**rows, **about, up_to=up_to)
    for sentence in (*found.notes, *notes_of(twins.layout)):
        complain(f"twinseed: {as_typed(sentence, dict(zip(paths, _ROLES, strict=True)))}")
    return twins, found.notes


def _called(reading: ReadOptions, kind: str) -> str | None:
    """Return the column to which the schema gives this kind."""
    return next((name for name, one in reading.columns.items() if one.kind == kind), None)


def _beside(
    option: str,
    name: str | None,
    found: Mapping[str, Any],
    paths: Mapping[str, str],
    needed: Sequence[str],
) -> Any:
    """Return the name of a column where the files are tables; else the arrays of that name."""
    from twinseed.readers import Table, has_names, labels_in

    if name is None or any(isinstance(rows, Table) and rows.names for rows in found.values()):
        return name
    places = {}
    for role in needed:
        file = paths[role].partition("#")[0]
        if not has_names(file):
            raise InputError(
                option,
                f"must name a column of a table, or an array in the file of {role}",
                name,
                "pass tables with a header, or save rows and labels in one file and name the "
                f"rows, as in data.npz#rows {option} {name or 'NAME'}",
            )
        places[role] = file
    return labels_in(places, name)
