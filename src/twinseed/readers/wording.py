"""Columns of words: yes and no, ordered words, and words that are written in several ways."""

from __future__ import annotations

from twinseed.errors import InputError
from twinseed.readers.cells import Cells, ColumnKind
from twinseed.readers.numerals import is_plain_number
from twinseed.readers.reading import ColumnSchema
from twinseed.readers.spelling import is_missing, merged, no_words, number_word, yes_words
from twinseed.readers.table import MISSING, Categories

__all__ = ["common_order", "ordered", "words_kind", "yes_no"]


def yes_no(cells: list[Cells], about: ColumnSchema) -> ColumnKind | None:
    spelled: dict[bool, dict[str, None]] = {True: {}, False: {}}
    if any(one.counts_further() for one in cells):
        return None
    for one in cells:
        for word in one.words():
            folded = number_word(word).casefold()
            if folded not in yes_words and folded not in no_words:
                return None
            spelled[folded in yes_words][word] = None
    written = [word for those in spelled.values() for word in those]
    if about.kind is None and all(is_plain_number(word) for word in written):
        return None
    shown = {}
    for truth, those in spelled.items():
        named = [word for word in those if not is_plain_number(word)]
        shown[truth] = named[0] if len(named) == 1 else ("yes" if truth else "no")
    names = {word: shown[truth] for truth, those in spelled.items() for word in those}
    several = any(len(those) > 1 for those in spelled.values())
    note = "yes and no are written in several ways, which are read as one" if several else ""
    return ColumnKind("yes/no", {one.role: one.renamed(names) for one in cells}, note=note)


def ordered(cells: list[Cells], order: tuple[str, ...]) -> ColumnKind:
    place = {word: float(k) for k, word in enumerate(order)}
    for one in cells:
        for word in one.words():
            if word not in place:
                raise one.bad(
                    word, "a word that its order lacks", "an order of words", "add it to the order"
                )
    return ColumnKind(
        "ordered",
        {one.role: one.mapped(place) for one in cells},
        order,
        f"{len(order)} ordered words are read as 0 to {len(order) - 1}",
    )


def common_order(cells: list[Cells]) -> tuple[str, ...]:
    """Return the longest order; shorter ones of other tables must follow it."""
    words = (one.column.values for one in cells if isinstance(one.column, Categories))
    orders = [tuple(word for word in those if word != MISSING) for those in words]
    longest = max(orders, key=len)
    for one, order in zip(cells, orders, strict=True):
        if [word for word in longest if word in order] != list(order):
            raise InputError(
                one.role,
                f"has another order of the words of column {one.label} than another table",
                "ordered categories",
                "give the column the same ordered categories in all tables",
            )
    return longest


def words_kind(cells: list[Cells]) -> ColumnKind:
    words = {one.role: _kept(one) for one in cells}
    names, otherwise = merged(words)
    note = ""
    if otherwise:
        note = f"{otherwise} of its words are written in two ways, which are read as one"
    return ColumnKind("words", {one.role: one.renamed(names) for one in cells}, note=note)


def _kept(one: Cells) -> list[str]:
    """Return the words of a column; "None" beside empty cells is a word of its own."""
    words = one.words()
    if not isinstance(one.column, Categories):
        return words
    gaps = {word for word in one.column.present if is_missing(word, one.table.reading.missing)}
    said = {word for word in gaps if word.casefold() == "none"} - {*one.table.reading.missing}
    return words + sorted(said if said != gaps else ())
