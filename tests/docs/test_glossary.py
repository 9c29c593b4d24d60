"""The glossary has an entry for each noun that a public signature uses."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import twinseed

# said in full by the word itself, or by one line of "Args"
SELF_EVIDENT = """
    argument batch block cache columns data device dtype folder leading max_gib max_steps
    memory module options path problem progress remedy rng scratch shape steps store time
    tolerance value values weights workers other results lines image_shape basis_gib
    known_mean
"""


def nouns() -> set[str]:
    """Return the names of the public classes and of all parameters of public callables."""
    found: set[str] = set()
    for name in set(twinseed.__all__) - {"__version__", "Status", "TwinseedError"}:
        thing = getattr(twinseed, name)
        if inspect.isclass(thing):
            found.add(name)
        found |= set(inspect.signature(thing).parameters) - {"self", "positional"}
    return found - set(SELF_EVIDENT.split())


def test_each_noun_of_a_signature_is_explained(root: Path) -> None:
    page = (root / "GLOSSARY.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\|[^|]*\| `(\w+)`", page, re.MULTILINE)
    # an entry begins with its words in bold, the names in code in brackets behind them
    heads = re.findall(r"^- (\*\*[^:]*):", page, re.MULTILINE)
    coded = {name for head in heads for name in re.findall(r"`(\w+)`", head)}
    assert sorted(nouns() - set(rows) - coded) == []


def test_a_self_evident_word_is_used(root: Path) -> None:
    taken: set[str] = set()
    for name in set(twinseed.__all__) - {"__version__", "Status", "TwinseedError"}:
        taken |= set(inspect.signature(getattr(twinseed, name)).parameters)
    assert sorted(set(SELF_EVIDENT.split()) - taken) == []
