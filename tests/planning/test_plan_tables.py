"""Plans of tables: words and missing values become numbers, and units do not count."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import twinseed as ts
from twinseed.cli import app
from twinseed.readers import load

pytestmark = pytest.mark.extras
FEW = {"resamples": 10, "splits": 2, "progress": False}


def people(rows: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    age = rng.normal(45.0, 14.0, rows)
    return pd.DataFrame(
        {
            "age": age,
            "income": np.exp(10.4 + 0.01 * age + 0.4 * rng.standard_normal(rows)),
            "city": rng.choice(["Cork", "Lyon", "Dole"], rows, p=[0.5, 0.3, 0.2]),
        }
    )


def test_the_unit_of_a_column_does_not_count() -> None:
    euros = people(80)
    thousands = euros.assign(income=euros["income"] / 1000)
    plans = [ts.plan(one, **FEW) for one in (euros, thousands)]
    one, other = (plan.convergence([80, 640]).value for plan in plans)
    np.testing.assert_allclose(one, other, rtol=1e-9)
    given = [ts.plan(table, column_units=False, **FEW) for table in (euros, thousands)]
    one, other = (1.0 - plan.convergence(80).value for plan in given)
    assert other > 1.5 * one  # where income counts in euros, nothing else counts


def test_a_plan_of_a_table_is_the_plan_of_its_numbers_in_these_units(tmp_path: Path) -> None:
    table = people(80)
    path = tmp_path / "pilot.csv"
    table.to_csv(path, index=False)
    plan = ts.plan(load(path), **FEW)
    numbers = table[["age", "income"]].to_numpy()
    spread = np.diff(np.quantile(numbers, [0.05, 0.95], axis=0), axis=0) / 3.289707
    words = np.array(
        [[0.5**0.5 * (one == city) for city in ("Cork", "Dole", "Lyon")] for one in table["city"]]
    )
    same = ts.plan(np.hstack([numbers / spread, words]), **FEW)
    assert plan.d == same.d == 5
    np.testing.assert_allclose(
        plan.convergence([80, 640]).value, same.convergence([80, 640]).value, rtol=1e-6
    )
    said = " ".join(plan.method())
    assert "Each category of a column of words is a column of its own." in said
    assert "divided by its spread in the pilot" in said
    assert not same.units
    assert not ts.plan(table[["age", "income"]], column_units=False, **FEW).units


def test_the_command_plans_a_table_of_words_and_says_what_it_left_out(tmp_path: Path) -> None:
    path = tmp_path / "pilot.csv"
    people(60).assign(id=np.arange(60)).to_csv(path, index=False)
    words = ["plan", str(path), "--resamples", "10", "--splits", "2"]
    ran = CliRunner().invoke(app, words)
    assert ran.exit_code == 0
    told = " ".join(ran.stdout.split())
    assert "from 60 rows of 5 columns" in told
    assert "Column 'id' is left out" in told
    given = CliRunner().invoke(app, [*words, "--given-units"])
    assert "divided by its spread" not in " ".join(given.stdout.split())


def test_rows_that_repeat_by_chance_are_planned_and_counted() -> None:
    words = people(60)[["city"]].assign(job=np.tile(["nurse", "clerk", "driver"], 20))
    plan = ts.plan(words, **FEW)
    assert plan.repeated == 60 - len(words.drop_duplicates())
    assert plan.to_dict()["pilot"]["repeated_rows"] == plan.repeated
    assert f"{plan.repeated} of 60 rows of the pilot equal an earlier row." in " ".join(
        plan.limits()
    )
    assert "equal an earlier row" not in " ".join(ts.plan(people(60), **FEW).limits())


@pytest.mark.parametrize("table", [True, False])
def test_rows_that_were_repeated_are_refused(table: bool) -> None:
    pilot = pd.concat([people(40)] * 3)
    pilot = pilot if table else pilot[["age", "income"]].to_numpy()
    says = "pilot must not repeat rows: 80 of 120 rows equal an earlier row, although column 1"
    with pytest.raises(ts.InputError, match=says):
        ts.plan(pilot, **FEW)


def test_column_units_that_are_neither_true_nor_false() -> None:
    with pytest.raises(ts.InputError, match="column_units must be True or False"):
        ts.plan(people(60), column_units="yes", **FEW)  # type: ignore[arg-type]
