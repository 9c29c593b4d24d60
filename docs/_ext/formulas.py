"""Formulas of docstrings, which are typed for the terminal, as LaTeX for the pages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from docutils.utils.math import MathError, latex2mathml

__all__ = ["latex", "with_formulas"]

_GREEK = """alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau phi
chi psi omega Gamma Delta Theta Lambda Sigma Phi Psi Omega"""
_OPERATORS = """log exp det tr cos sin max min argmax argmin mean median sd var diag erf Im relu"""
_WORDS = """for where else if in and over of the or is not as with all"""
GREEK, OPERATORS, WORDS = (set(words.split()) for words in (_GREEK, _OPERATORS, _WORDS))
MARKS = {
    "sum": r"\sum", "int": r"\int", "prod": r"\prod", "inf": r"\infty",
    "<=": r"\le", ">=": r"\ge", "!=": r"\ne", "<-": r"\leftarrow", "->": r"\to", "+-": r"\pm",
    "-+": r"\mp", "...": r"\ldots", "*": r"\cdot", "~": r"\sim", "{": r"\{", "}": r"\}",
}  # fmt: skip
CODE = re.compile(r"``([^`]+)``")
EQUATION = re.compile(r"^ *Equation: .*?(?=\n *\n|\Z)", re.DOTALL | re.MULTILINE)
DISPLAYED = re.compile(r"(?<=\n\n)( {4})([^ >:].*? (?:=|<=) .*?)([.,]?)(?=\n\n)")
TOKEN = re.compile(
    r"\d+(?:\.\d+)?|\.\d+|[A-Z](?=\d)|[A-Za-z]+"
    r"|<=|>=|!=|<-|->|\+-|-\+|\.\.\.|[-+*/^_()\[\]{}|,.;:=<>'~ ]"
)
NAMES = re.compile(r"[\w.]+|[\w.]{2,}\([\w.]*\)|.*\w=\w.*|[A-Z][a-z]+[A-Z]\w*\(.*|\w x \w")
"""Names, calls, sizes such as ``n x d``, and other code."""
INDICES = set("ijkl")
OPEN, CLOSE = "([{", ")]}"


def latex(typed: str) -> str | None:
    r"""Return a typed formula as LaTeX; None for code, and for what is no formula.

    >>> latex("f(lambda) = sqrt(lambda + r)")
    'f(\\lambda) = \\sqrt{\\lambda + r}'
    >>> latex("sum_i a_i.b_i / sum_i |x|^2"), latex("estimate_population"), latex("Dense(seeds=2)")
    ('\\sum_{i} a_{i} \\cdot b_{i} / \\sum_{i} |x|^{2}', None, None)
    """
    typed = " ".join(typed.split())
    parts = TOKEN.findall(typed)
    if NAMES.fullmatch(typed) or "".join(parts) != typed:
        return None
    try:
        found = "".join(_set(parts)).strip()
        latex2mathml.tex2mathml(found)
    except (MathError, ValueError, IndexError):
        return None
    return found


def with_formulas(text: str) -> str:
    """Return a docstring with the formulas of its equation, and formulas alone, as ``math``."""

    def role(found: re.Match[str]) -> str:
        made = latex(found[1])
        return found[0] if made is None else f":math:`{made}`"

    def alone(found: re.Match[str]) -> str:
        made = latex(found[2])
        return found[0] if made is None else f"{found[1]}:math:`{made}`{found[3]}"

    text = EQUATION.sub(lambda found: CODE.sub(role, found[0]), text)
    return DISPLAYED.sub(alone, text)


def _set(parts: list[str]) -> Iterator[str]:
    """Yield LaTeX for tokens."""
    at = 0
    while at < len(parts):
        one = parts[at]
        after = parts[at + 1] if at + 1 < len(parts) else ""
        if one == "sqrt":
            inner, at = _script(parts, at + 1 + (after == " "))
            yield rf"\sqrt{{{inner}}}"
        elif one in "^_":
            script, at = _script(parts, at + 1)
            yield f"{one}{{{script}}}"
        elif one.isupper() and len(one) == 1 and after.isdigit():
            yield f"{one}_{{{after}}}"  # such as W2
            at += 2
        elif one == " " and _is_word(parts[at - 1], after):
            yield r"\ "
            at += 1
        elif one == "." and after not in ("", " "):
            yield r" \cdot "
            at += 1
        else:
            yield _symbol(one)
            at += 1


def _symbol(one: str) -> str:
    """Return the LaTeX of one token."""
    if one in MARKS:
        return MARKS[one]
    if not one.isalpha() or len(one) == 1:
        return one
    if one in GREEK:
        return rf"\{one}"
    if one in OPERATORS:
        return rf"\operatorname{{{one}}}"
    if one in WORDS:
        return rf"\text{{ {one} }}"
    if one[0] == "d" and (one[1:] in GREEK or len(one) == 2):
        return rf"d{_symbol(one[1:])}"
    return rf"\mathrm{{{one}}}"


def _is_word(before: str, after: str) -> bool:
    """Say whether a space stands between words, so that it must be seen."""
    both = before, after
    named = (len(one) > 1 and one.isalpha() and one not in {*GREEK, *WORDS, *MARKS} for one in both)
    return any(named) and all(one.isalnum() or one in "([])" for one in both)


def _script(parts: list[str], at: int) -> tuple[str, int]:
    """Return what stands above or below the line from a place on, and the place behind it."""
    if parts[at] in OPEN:
        end = _closing(parts, at)
        return "".join(_set(parts[at + 1 : end])).strip(), end + 1
    signed = at + (parts[at] in "-+")
    end = signed + 1
    if parts[signed] == "T":
        return r"\top", end
    if parts[signed].isdigit() and parts[end : end + 1] == ["/"] and parts[end + 1].isdigit():
        end += 2  # a power such as 1/2
    name = parts[signed]
    if len(name) > 1 and name.isalpha() and name not in {*GREEK, *MARKS}:
        return name if set(name) <= INDICES else rf"\mathrm{{{name}}}", end
    return "".join(_symbol(one) for one in parts[at:end]), end


def _closing(parts: list[str], at: int) -> int:
    """Return the place of the bracket that closes the bracket at a place."""
    depth = 0
    for place in range(at, len(parts)):
        depth += (parts[place] in OPEN) - (parts[place] in CLOSE)
        if depth == 0:
            return place
    raise ValueError("a bracket is not closed")
