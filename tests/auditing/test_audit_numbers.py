"""Every number, word and colour on the page of an audit, held against the audit itself."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from tests.support.audit_checks import CHECKS, QUESTIONS, SIGNS, check_verdicts
from tests.support.made_audits import AUDITS, made_audit
from tests.support.page_parts import Page

import twinseed as ts
from twinseed.auditing import Audit, Outcome
from twinseed.auditing.figures import audit_margins, audit_recovery, audit_spectrum
from twinseed.auditing.page import audit_page
from twinseed.drawing.export import as_svg
from twinseed.pages.captions import caption
from twinseed.pages.page import inline_svg


def real_audit(**changes: Any) -> Audit:
    """Return the audit of a few rows, as users have it."""
    draw = np.random.default_rng(0)
    train_a, train_b, heldout, samples = draw.standard_normal((4, 60, 5)) * [3.0, 2, 1, 1, 1]
    near = samples + 0.1 * draw.standard_normal((60, 5))
    given = {"train_a": train_a, "samples_a": samples, "train_b": train_b, "samples_b": near}
    return ts.audit(**{**given, "heldout": heldout, "rng": 0, **changes})


MAKERS: dict[str, Any] = {
    **{name: lambda how=how: made_audit(**how) for name, how in AUDITS.items()},
    "audited, two generators": real_audit,
    "audited, one generator": lambda: real_audit(train_b=None, samples_b=None),
    "audited, no held-out rows": lambda: real_audit(heldout=None),
    "audited, features": lambda: real_audit(encoder=lambda rows: rows[:, :4] ** 2),
}


@pytest.fixture(scope="module", params=MAKERS)
def audit(request: pytest.FixtureRequest) -> Audit:
    found: Audit = MAKERS[request.param]()
    return found


FIGURES = ("audit_margins", "audit_spectrum", "audit_recovery")


@pytest.fixture(scope="module")
def page(audit: Audit) -> Page:
    """The page, its figures left blank: they are slow to draw."""
    with pytest.MonkeyPatch.context() as patch:
        for name in FIGURES:
            patch.setattr(f"twinseed.auditing.page.{name}", lambda *_, **how: None)
        blank = '<svg width="9pt" height="9pt"></svg>'
        patch.setattr("twinseed.drawing.as_svg", lambda *_: blank)
        return Page(audit_page(audit))


def test_every_number_of_the_audit_is_on_the_page_under_its_name(page: Page, audit: Audit) -> None:
    for check in CHECKS:
        check(page, audit)
    for figure in page.root.all("figure"):
        page.figure(figure.attrs["id"])
    assert page.loose() == []


@pytest.mark.extras
@pytest.mark.parametrize("name", ["two generators, images", "one generator, table"])
def test_each_figure_is_drawn_from_its_own_numbers(name: str) -> None:
    audit = made_audit(**AUDITS[name])
    page = Page(audit_page(audit))
    drawn: dict[str, Any] = {}
    if audit.copying.scores:
        scores = (audit.copying.scores, audit.copying.linear_scores)
        drawn["audit_margins"] = lambda **how: audit_margins(*scores, **how)
    if audit.agreement.spectrum:
        drawn["audit_spectrum"] = lambda **how: audit_spectrum(audit.agreement, **how)
    if audit.factors:
        drawn["audit_recovery"] = lambda **how: audit_recovery(audit.factors, **how)
    assert [one.attrs["id"] for one in page.root.all("figure")] == list(drawn)
    order = [page.html.index(f'id="{one}"') for one in ("pairs", *drawn, "numbers")]
    assert order == sorted(order)
    for name, draw in drawn.items():
        for form in ("wide", "narrow"):
            svg = as_svg(draw(stacked=form == "narrow"), name)
            element = inline_svg(svg, f"{name}-{form}", caption(name).alternative)
            assert f'<div class="drawing {form}">{element}</div>' in page.html


@pytest.mark.parametrize("outcome", Outcome)
def test_the_sign_and_the_colour_follow_from_the_outcome(
    outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twinseed.auditing.page._drawings", lambda audit: [])
    audit = made_audit(outcomes=dict.fromkeys(QUESTIONS, outcome))
    check_verdicts(Page(audit_page(audit)), audit)


def test_every_outcome_has_a_sign() -> None:
    assert set(SIGNS) == set(Outcome)


def test_each_sign_has_a_colour_of_its_own() -> None:
    css = audit_page(made_audit(twins=False, heldout=False))
    schemes = re.findall(r":root {[^{}]*--good: #[^{}]*}", css)
    assert len(schemes) == 3
    for scheme in schemes:
        colours = dict(re.findall(r"--(good|bad|open): (#\w+)", scheme))
        assert len(set(colours.values())) == 3
        red, green, _ = (int(colours["good"][k : k + 2], 16) for k in (1, 3, 5))
        assert green > red
        red, green, _ = (int(colours["bad"][k : k + 2], 16) for k in (1, 3, 5))
        assert red > green
    for name in ("good", "bad", "open"):
        assert f".{name} {{ color: var(--{name}); }}" in css
        assert f"ul.checks .{name} .mark {{ color: var(--{name}); }}" in css
