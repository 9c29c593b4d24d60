"""The comparison column by column: what counts as evidence, and what does not."""

from __future__ import annotations

import numpy as np

from twinseed.auditing.columns import ColumnByColumn
from twinseed.readers import Categories, Table, with_columns


def test_whether_a_number_is_missing_is_no_category_of_its_own() -> None:
    """A copy may lack a number that its original has."""
    ages = np.arange(30.0)
    ages[::3] = np.nan
    words = Categories.of("ab"[k % 2] for k in range(30))
    rows, columns = with_columns({"train_a": Table(("age", "word"), (ages, words))})
    assert columns is not None
    assert [one.kind for one in columns] == ["number", "missing", "words"]
    found = ColumnByColumn.of(rows["train_a"], columns)
    assert found is not None
    assert (found.numbers.shape, found.codes.shape) == ((30, 1), (30, 1))
