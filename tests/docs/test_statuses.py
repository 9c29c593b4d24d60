"""The study of statuses: its page says what its results say."""

from __future__ import annotations

import copy
import json

import pytest
from docs.studies.pages import renewed
from docs.studies.statuses import RESULTS
from docs.studies.statuses_page import PAGE, tables


def test_the_page_shows_the_committed_results() -> None:
    page = PAGE.read_text()
    assert renewed(page, tables(json.loads(RESULTS.read_text()))) == page, (
        "run python -m docs.studies.statuses_page"
    )


def test_other_results_make_another_page() -> None:
    told = json.loads(RESULTS.read_text())
    other = copy.deepcopy(told)
    other["counts"]["test"]["variables"]["convergence"]["off"] += 1
    assert tables(other)["variables"] != tables(told)["variables"]
    with pytest.raises(ValueError, match="<!-- variables -->"):
        renewed("a page", tables(told))
