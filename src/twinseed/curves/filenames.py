"""Reads the names of files: samples or training rows, of which n, of which twin."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from twinseed.errors import InputError

__all__ = ["FileContent", "by_pattern", "by_rule"]

_SIDES = {
    "a": ("letter", "a"),
    "b": ("letter", "b"),
    "1": ("number", "a"),
    "2": ("number", "b"),
    "first": ("word", "a"),
    "second": ("word", "b"),
    "one": ("name", "a"),
    "two": ("name", "b"),
}
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_FIELDS = {"{side}": r"(?P<side>[A-Za-z0-9]+?)", "{n}": r"(?P<n>\d+)"}
_REMEDY = 'name the files like a_100.pt and b_100.pt, or pass --pattern "{side}_{n}.pt"'


class FileContent(NamedTuple):
    """The content of a file, according to its name."""

    role: str
    """``samples`` or ``train``."""
    n: int
    side: str
    """``a`` or ``b``."""

    def __str__(self) -> str:
        return f"{self.role}_{self.side} at n = {self.n}"


def by_rule(names: Sequence[str]) -> dict[FileContent, str]:
    """Read names by the rule: the names of a pair differ in one word, which names the twin.

    A name is divided into words and whole numbers (``groupA_N100`` is group, A, N, 100). Two files
    are a pair if their words are equal except one, which is ``A`` and ``B``, ``1`` and ``2``,
    ``first`` and ``second`` or ``one`` and ``two``. The number n is the other number in the name.
    If a name has several other numbers, n is the number that differs between the pairs of the
    folder. A file with the word ``train`` or ``training`` in its name has training rows.

    Raises:
        InputError: no pairs, a file that belongs to no pair or to two, no n, or the same n twice.

    >>> for place, name in by_rule(["A_30.pt", "B_30.pt"]).items():
    ...     print(place, name)
    samples_a at n = 30 A_30.pt
    samples_b at n = 30 B_30.pt
    """
    words = {name: [w.lower() for w in _WORDS.findall(Path(name).stem)] for name in names}
    pairs: dict[tuple[str, ...], dict[str, str]] = {}
    for name, parts in words.items():
        for place, part in enumerate(parts):
            if part in _SIDES:
                kind, side = _SIDES[part]
                key = (*parts[:place], f"<{kind}>", *parts[place + 1 :])
                known = pairs.setdefault(key, {}).setdefault(side, name)
                if known != name:
                    raise InputError(
                        "pairs", "has two files with equal names", f"{known}, {name}", _REMEDY
                    )
    whole = {key: sides for key, sides in pairs.items() if len(sides) == 2}
    used = [name for sides in whole.values() for name in sides.values()]
    for name in names:
        if used.count(name) != 1:
            problem = "has no partner" if name not in used else "belongs to two pairs"
            raise InputError("pairs", f"has a file that {problem}", name, _REMEDY)
    if not whole:
        raise InputError("pairs", "has no .pt, .npy or .safetensors files", len(names), _REMEDY)
    found: dict[FileContent, str] = {}
    for key, sides in whole.items():
        role = "train" if {"train", "training"} & set(key) else "samples"
        for side, name in sides.items():
            _put(found, FileContent(role, _number(key, list(whole)), side), name)
    return _complete(found)


def by_pattern(names: Sequence[str], pattern: str) -> dict[FileContent, str]:
    """Read names by a pattern with ``{side}`` and ``{n}``, such as ``"{side}_{n}.pt"``.

    Files that do not match are ignored. The first name of a side in alphabetical order is twin A.

    Raises:
        InputError: a pattern without both fields, no match, more or fewer than two sides.

    >>> names = ["left-30.pt", "right-30.pt", "notes.pt"]
    >>> [str(place) for place in by_pattern(names, "{side}-{n}.pt")]
    ['samples_a at n = 30', 'samples_b at n = 30']
    """
    if any(pattern.count(one) != 1 for one in _FIELDS):
        raise InputError("--pattern", "must have {side} and {n} once each", pattern, _REMEDY)
    expression = re.escape(pattern)
    for one, group in _FIELDS.items():
        expression = expression.replace(re.escape(one), group)
    matches = {name: re.fullmatch(expression, name) for name in names}
    matched = {name: match for name, match in matches.items() if match is not None}
    sides = sorted({match["side"] for match in matched.values()})
    if len(sides) != 2:
        told = ", ".join(sides) or "no file matches"
        raise InputError("--pattern", "must find two sides in the folder", told, _REMEDY)
    found: dict[FileContent, str] = {}
    for name, match in matched.items():
        _put(found, FileContent("samples", int(match["n"]), "ab"[sides.index(match["side"])]), name)
    return _complete(found)


def _number(key: tuple[str, ...], every: list[tuple[str, ...]]) -> int:
    places = [place for place, part in enumerate(key) if part.isdecimal()]
    if len(places) > 1:
        alike = [other for other in every if len(other) == len(key)]
        places = [place for place in places if len({other[place] for other in alike}) > 1]
    if len(places) != 1:
        raise InputError("pairs", "has file names without n", " ".join(key), _REMEDY)
    return int(key[places[0]])


def _put(found: dict[FileContent, str], place: FileContent, name: str) -> None:
    if place in found:
        raise InputError("pairs", f"has two files for {place}", f"{found[place]}, {name}", _REMEDY)
    found[place] = name


def _complete(found: dict[FileContent, str]) -> dict[FileContent, str]:
    """Require samples of both twins at every n; a training file alone is not a pair."""
    for place, name in found.items():
        for side in "ab":
            if FileContent("samples", place.n, side) not in found:
                missing = FileContent("samples", place.n, side)
                raise InputError("pairs", f"has no {missing} for this file", name, _REMEDY)
    return found
