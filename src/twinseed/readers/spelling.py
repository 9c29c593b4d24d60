"""Words that mean the same: missing values, yes and no, and one word written in two ways."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from twinseed.readers.numerals import is_plain_number

__all__ = ["folded", "is_missing", "merged", "no_words", "number_word", "yes_words"]

_MISSING = {
    *("", "(missing)", "na", "n/a", "#n/a", "n.a.", "<na>", "nan", "-nan", "nat", "null", "none"),
    *("nil", "-", "--", "?", ".", "missing", "#null!", "#div/0!", "#value!", "\\n"),
}
yes_words = {"true", "t", "yes", "y", "1", "on", "ja", "j", "oui", "si", "sí", "sim", "да"}
no_words = {"false", "f", "no", "n", "0", "off", "nein", "non", "não", "нет"}


def is_missing(word: str, more: Iterable[str] = ()) -> bool:
    """Say whether a cell means that there is no value; ``more`` are other words that do.

    >>> [is_missing(word) for word in ("", "N/A", "nan", "?", "0")], is_missing("-9", ["-9"])
    ([True, True, True, True, False], True)
    """
    return word.strip().casefold() in _MISSING or word.strip() in more


def number_word(word: str) -> str:
    """Return a number in one spelling: "0.0" and "0" are one word; other words stay unchanged.

    >>> number_word("0.0"), number_word("1e3"), number_word("007"), number_word("x")
    ('0', '1000', '007', 'x')
    """
    if not is_plain_number(word):
        return word
    value = float(word)
    return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)


def folded(word: str) -> str:
    """Return what remains of a word without case, padding and forms of letters.

    >>> folded("  Great  Britain"), folded("007"), folded("b'nurse'")
    ('great britain', '7', 'nurse')
    """
    word = re.sub(r"""^b?(['"])(.*)\1$""", r"\2", word.strip())
    text = " ".join(unicodedata.normalize("NFKC", number_word(word)).casefold().split())
    return text.lstrip("0") or "0" if re.fullmatch(r"\d+", text) else text


def merged(words: Mapping[str, Iterable[str]]) -> tuple[dict[str, str], int]:
    """Return the one spelling of each word of several tables, and how many were written otherwise.

    Two spellings are one word if no table holds both spellings; otherwise they are two words. Equal
    numbers are one word in any case.

    >>> merged({"train_a": ["Nurse", "0"], "samples_a": ["nurse ", "0.0"]})
    ({'Nurse': 'Nurse', '0': '0', 'nurse ': 'Nurse', '0.0': '0'}, 2)
    >>> merged({"train_a": ["US", "us"], "samples_a": ["us"]})[0]
    {'US': 'US', 'us': 'us'}
    """
    apart: set[str] = set()
    listed = {role: list(those) for role, those in words.items()}
    for those in listed.values():
        seen: dict[str, str] = {}
        for word in those:
            if seen.setdefault(folded(word), number_word(word)) != number_word(word):
                apart.add(folded(word))
    first: dict[str, str] = {}
    found: dict[str, str] = {}
    for those in listed.values():
        for word in those:
            key = number_word(word) if folded(word) in apart else folded(word)
            found[word] = first.setdefault(key, number_word(word))
    return found, sum(word != one for word, one in found.items())
