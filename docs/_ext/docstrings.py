"""Docstrings of twinseed as pages: one paragraph per part, and links in "Raises" and "See also"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from formulas import with_formulas
from sphinx.application import Sphinx

import twinseed
from twinseed.errors import TwinseedError

PARTS = ("Equation", "Range", "Shapes", "Memory", "Validity", "Source", "See also")
LABEL = re.compile(rf"^({'|'.join(PARTS)}): (?=\S)")
CODE = re.compile(r"(``.*?``|:math:`.*?`|^ *>>> .*?(?=\n *\n|\Z))", re.DOTALL | re.MULTILINE)
NAME = re.compile(r"``([\w.]+)``")
RAISED = re.compile(r"^    ([A-Z]\w+Error)(?=:\s)")


def home(error: str) -> str:
    """Return the full name of an exception of twinseed; the name alone of another exception.

    >>> home("InputError"), home("StoreError")
    ('twinseed.InputError', 'twinseed.errors.StoreError')
    """
    if error in twinseed.__all__:
        return f"twinseed.{error}"
    return next((f"{one.__module__}.{error}" for one in raised() if one.__name__ == error), error)


def raised(kind: type[Exception] = TwinseedError) -> Iterator[type[Exception]]:
    """Yield the exceptions of the modules that are loaded."""
    for one in kind.__subclasses__():
        yield one
        yield from raised(one)


def linked(line: str) -> str:
    """Return a line of "See also" with a link for each public name."""

    def link(found: re.Match[str]) -> str:
        name = found[1]
        public = name.partition(".")[0] in twinseed.__all__
        return f":py:obj:`{name} <twinseed.{name}>`" if public else found[0]

    return NAME.sub(link, line)


def untyped(line: str) -> list[str]:
    """Return a line in two, because napoleon takes the text before a colon for a type.

    A backslash and the end of its line are nothing in reStructuredText.
    """
    return ["\\", line] if ":" in line else [line]


def plain(lines: list[str]) -> list[str]:
    """Return lines with ``|`` and ``*`` escaped, but in code: in docstrings they mean themselves.

    >>> plain(["the largest |cosine|, ``|x|``", ">>> 2 * 3"])
    ['the largest \\\\|cosine\\\\|, ``|x|``', '>>> 2 * 3']
    """
    parts = CODE.split("\n".join(lines))
    parts[::2] = [re.sub(r"([|*])", r"\\\1", part) for part in parts[::2]]
    return "".join(parts).split("\n")


def arranged(lines: list[str], what: str) -> list[str]:
    """Return the lines of a docstring as napoleon should read them.

    >>> arranged(["Equation: ``a``.", "Source: B, C.", "See also: ``predict``."], "class")[-1]
    '**See also:** :py:obj:`predict <twinseed.predict>`.'
    """
    done: list[str] = []
    section = ""
    for line in plain(lines):
        label = LABEL.match(line)
        if label:
            section = label[1]
            done += ["", f"**{section}:** {line[label.end() :]}"]
        elif re.fullmatch(r"(Args|Returns|Raises|Yields):", line):
            section = line[:-1]
            done.append(line)
        elif section in ("Returns", "Yields") and done[-1] == f"{section}:":
            done += [f"    {part}" for part in untyped(line.strip())]
        elif section == "Raises":
            done.append(RAISED.sub(lambda found: f"    ~{home(found[1])}", line))
        else:
            section = "" if not line.strip() and section not in ("Args", "Raises") else section
            done.append(line)
        if section == "See also":
            done[-1] = linked(done[-1])
    if what in ("attribute", "data", "property") and done:
        done[:1] = untyped(done[0])
    return done


def read(app: Sphinx, what: str, name: str, thing: object, options: Any, lines: list[str]) -> None:
    lines[:] = arranged(with_formulas("\n".join(lines)).split("\n"), what)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", read, priority=400)  # before napoleon
    return {"parallel_read_safe": True, "parallel_write_safe": True}
