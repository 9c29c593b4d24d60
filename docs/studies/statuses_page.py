"""Makes the tables of docs/statuses.md from docs/studies/statuses.json.

Usage, from the root of the repository: python -m docs.studies.statuses_page
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from docs.studies.pages import DOCS, read, renew, table
from docs.studies.statuses import RESULTS

from twinseed.readout import VARIABLES

__all__ = ["PAGE", "tables"]

PAGE = DOCS / "statuses.md"
_HEADS = ("values", '"ok"', "off by 2 %", "off by 10 %", "beyond the bias")


def tables(told: Mapping[str, Any]) -> dict[str, str]:
    """Return the tables of the page by the names of their places."""
    test, fit = (told["counts"][series] for series in ("test", "fit"))
    by_name = {VARIABLES[name].symbol: one for name, one in test["variables"].items()}
    made = {}
    for place, first, counted in (
        ("variables", "variable", by_name),
        ("kinds", "models", test["kinds"]),
    ):
        rows = [
            [name, *(f"{number:,}" for number in one.values())] for name, one in counted.items()
        ]
        made[place] = table([first, *_HEADS], "<" + ">" * len(_HEADS), rows)
    found = fit["kinds"]["all"]
    made["fit"] = (
        f"Of the models of the fit {found['off']} of {found['ok']:,} values with the status "
        f'"ok" are off by 2 %, and {found["far"]} by 10 %.'
    )
    return made


if __name__ == "__main__":
    renew(PAGE, tables(read(RESULTS)))
