"""The prose is for people who meet the subject for the first time, in a second language.

Only what a search can find is tested: words that a reader has to guess, each with what to write.
"""

from __future__ import annotations

import ast
import functools
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

import twinseed

PACKAGE = Path(twinseed.__file__).parent
_COUNTED = (
    "column|cell|direction|dimension|draw|entry|factor|group|image|level|line|matrix|node|number|"
    "pair|pixel|point|process|question|row|sample|second|seed|sentence|side|size|step|strength|"
    "task|thread|unit|value|worker"
)
RULES = {
    'write "per", as in "rows per column"': (
        rf"\b(?:{_COUNTED})s? an? (?:{_COUNTED}|band|freedom|job|replicate|role)\b"
        r"(?! (?:can|has|have|holds|is|may|must|needs|that|which)\b)"
    ),
    'write "again", or "new"': r"\b(?:afresh|anew)\b",
    'write "continue"': r"\b(?:go|goes|going|went) on\b",
    "name the person, or write a condition": r"\b(?:whoever|nobody|somebody)\b",
    'write "distinguish", or "differ"': r"\b(?:told|tells?|telling|set|sets) (?:\w+ ){0,3}apart\b",
    'write "correct", and what to correct': r"\bmend(?:s|ed|ing)?\b",
    "say what is saved, or not needed": r"\b(?:spares|spared)\b",
    'write "together", or "per call"': r"\b(?:rows|queries|entries|columns|images) at a time\b",
    'write "unchanged"': r"\bas (?:it is|they are)\b(?! (?:in|on|by|measured|predicted))",
    "say what happens, not with a picture": r"\b(?:hugs?|journey|travels?|blurs?)\b",
}


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of each docstring, sentence and comment of a file."""
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        text = re.sub(r"^```.*?^```$", "", source, flags=re.MULTILINE | re.DOTALL)
        yield 1, re.sub(r"\s+", " ", text)
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, re.sub(r"\s+", " ", node.value)
    comments = (
        token
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    )
    for token in comments:
        yield token.start[0], token.string


@functools.cache
def read(root: Path) -> list[tuple[str, str]]:
    """Return the place and the text of all prose, but for the parts elsewhere."""
    found = [
        *(path for kind in ("py", "html", "toml") for path in PACKAGE.rglob(f"*.{kind}")),
        *root.glob("*.md"),
        *(root / "docs").glob("*.md"),
    ]
    left_out = {"CHANGELOG.md", "inputs.md", "mutation.md", "inspection.py"}
    return [
        (f"{path.relative_to(root)}:{line}", text)
        for path in found
        if not left_out & {*path.relative_to(root).parts}
        for line, text in prose(path)
    ]


@pytest.mark.parametrize("advice", sorted(RULES))
def test_no_word_that_a_reader_has_to_guess(advice: str, root: Path) -> None:
    rule = re.compile(RULES[advice])
    found = [
        f"{place}: {text[max(0, one.start() - 30) : one.end() + 30]}"
        for place, text in read(root)
        for one in rule.finditer(text)
    ]
    assert found == [], advice


IMPERATIVES = """
    ask bring call change check choose correct count crop divide draw drop free generate give hold
    keep leave let lower make move multiply name pad pass plan raise remove rename rescale reshape
    return sample save set shift simulate sort split start take train turn use wrap write
"""
CHECKS = {"whole", "positive", "non_negative", "real", "finite_vector", "whole_numbers"}
"""Functions whose third argument is the remedy of an ``InputError``."""


def remedies(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the first word of each remedy that is written out in a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        given: ast.expr | None = None
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            if name == "InputError" and len(node.args) == 4:
                given = node.args[3]
            elif name in CHECKS and len(node.args) > 2:
                given = node.args[2]
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("remedy", "_REMEDY"):
            given = node.value
        if isinstance(given, ast.JoinedStr):
            given = given.values[0]
        if isinstance(given, ast.Constant) and isinstance(given.value, str):
            yield node.lineno, given.value.split()[0].strip(",;:")


def test_a_remedy_begins_with_what_to_do() -> None:
    files = list(PACKAGE.rglob("*.py"))
    found = [(path, line, word) for path in files for line, word in remedies(path)]
    assert len(found) > 150
    assert [one for one in found if one[2] not in IMPERATIVES.split()] == []


@pytest.mark.parametrize(
    "text",
    [
        "20 rows a column",
        "is drawn anew",
        "the run goes on from the store",
        "whoever interrupts it",
        "which tells the two apart",
        "mend the filter there",
        "this spares the n x d vectors",
        "256 rows at a time",
        "left as they are",
        "how cells travel",
    ],
)
def test_the_search_can_find(text: str) -> None:
    assert any(re.search(rule, text) for rule in RULES.values())
