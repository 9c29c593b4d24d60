"""Formulas are set, not typed: those of docstrings by a translation, those of pages in LaTeX."""

from __future__ import annotations

import importlib.util
import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest

import twinseed

pytestmark = pytest.mark.extras

LETTERS = re.compile(r"[²³√⟨ᵀ∫⁻½₀]|\b\w\^\(")
"""What stands in a formula that is typed in letters."""
IN_CODE = re.compile(r"```.*?```|<!-- help: .*?<!-- end of help", re.DOTALL)


@pytest.fixture(scope="module")
def formulas(root: Path) -> ModuleType:
    place = root / "docs" / "_ext" / "formulas.py"
    spec = importlib.util.spec_from_file_location("formulas", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("typed", "set_"),
    [
        ("dx/dsigma = (x - D(x, sigma))/sigma", r"dx/d\sigma = (x - D(x, \sigma))/\sigma"),
        ("(Sigma^1/2 C)^-1", r"(\Sigma^{1/2} C)^{-1}"),
        ("sigma_max z", r"\sigma_{\mathrm{max}}\ z"),
        ("W2^2(r) = 0", r"W_{2}^{2}(r) = 0"),
        ("w < .7 o", r"w < .7 o"),
        ("(1/|G|) sum_{k in G} v_k.u", r"(1/|G|) \sum_{k \text{ in } G} v_{k} \cdot u"),
        ("int_0^inf sqrt 2 dt", r"\int_{0}^{\infty}\ \sqrt{2}\ dt"),
        ("X^T X <= rate n", r"X^{\top} X \le \mathrm{rate}\ n"),
        ("mu", None),
        ("reset()", None),
        ("Dense(seeds=8)", None),
        ("sqrt(a", None),
        ("n x d", None),
    ],
)
def test_a_typed_formula_becomes_latex(formulas: ModuleType, typed: str, set_: str | None) -> None:
    assert formulas.latex(typed) == set_


def test_the_equations_of_public_names_are_set(formulas: ModuleType) -> None:
    left = []
    for name in set(twinseed.__all__) - {"__version__"}:
        told = formulas.with_formulas(inspect.getdoc(getattr(twinseed, name)) or "")
        for equation in formulas.EQUATION.findall(told):
            left += [f"{name}: {one}" for one in re.findall(r"``[^`]*(?: = |\^)[^`]*``", equation)]
    assert left == []


def test_pages_have_no_formula_that_is_typed_in_letters(root: Path) -> None:
    pages = [*(root / "docs").glob("*.md"), *root.glob("*.md")]
    assert len(pages) > 40
    found = [
        f"{page.name}: {line}"
        for page in pages
        for line in IN_CODE.sub("", page.read_text(encoding="utf-8")).splitlines()
        if LETTERS.search(re.sub(r"\$[^$]+\$|`[^`]*`", "", line))
    ]
    assert found == []
