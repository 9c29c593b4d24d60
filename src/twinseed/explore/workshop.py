"""What one server holds: kept answers, data sets, uploads, child processes and pages of audits."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from typing import Any

from twinseed.errors import InputError
from twinseed.explore.answers import ChartAnswer, Content
from twinseed.explore.asked import Asked
from twinseed.explore.children import Children
from twinseed.explore.datasets import Datasets, OwnRows
from twinseed.explore.desk import Desk
from twinseed.explore.models import Model, filter_of
from twinseed.explore.uploads import MOST_COLUMNS, MOST_ROWS, Upload, Uploads

__all__ = ["ROLES", "Workshop"]

ROLES = ("train_a", "samples_a", "train_b", "samples_b", "heldout")
_PAGES = 8
_SIZES = 12
_REPLICATES = 200
_LARGEST = 1000
_WORK = 4e10
"""Most of ``n d min(n, d)``, summed over the sizes: a few seconds per replicate."""


class Workshop:
    """Everything that the endpoints share; ``close`` ends it and deletes its files."""

    def __init__(self, own: OwnRows | None = None) -> None:
        self.desk = Desk()
        self.uploads = Uploads()
        self.children = Children(self.uploads.folder)
        self.datasets = Datasets(own, self.uploads)
        self._pages: OrderedDict[str, str] = OrderedDict()

    def close(self) -> None:
        """End all work, and delete the temporary folder."""
        self.desk.close()
        self.children.close()
        self.uploads.close()

    def page(self, name: str) -> str | None:
        """Return the page of an audit."""
        return self._pages.get(name)

    def simulation(self, asked: Asked) -> AsyncIterator[tuple[str, Any]]:
        """Check a simulation, and return its events.

        Raises:
            InputError: an argument out of range, or more work than a page should start.
            BusyError: too many computations run.
        """
        from twinseed.explore.jobs import simulate

        model = Model.of(asked, self.datasets)
        sizes = sorted({int(one) for one in asked.numbers("n", [30, 100, 300], 2, 1e6, _SIZES)})
        replicates = asked.whole("replicates", 20, 2, _REPLICATES)
        seed = asked.whole("seed", 0, 0, 2**32 - 1)
        if not sizes:
            raise InputError("n", "must have a size", "", "pass training rows, as in 30,100,300")
        if model.d > _LARGEST:
            raise InputError(
                "d",
                f"must be at most {_LARGEST:,} for a simulation on this page",
                model.d,
                "lower d, or run twinseed simulate",
            )
        work = sum(float(n) * model.d * min(n, model.d) for n in sizes)
        if work > _WORK:
            raise InputError(
                "n",
                "is too large for a simulation on this page",
                max(sizes),
                "lower n or d, or run twinseed simulate",
            )
        self.children.require_room()
        return self.children.events(
            simulate, model.population, model.filter, sizes, model.size, replicates, seed
        )

    async def learnt(self, upload: Upload) -> dict[str, Any]:
        """Read an upload in a child, and keep it; return what it holds.

        Raises:
            InputError: the readers refuse the file, or it has too many rows or columns.
        """
        from twinseed.explore.jobs import read

        try:
            found = await self._result(read, upload.source)
            for name, most in (("rows", MOST_ROWS), ("columns", MOST_COLUMNS)):
                if found[name] > most:
                    raise InputError(
                        "upload",
                        f"must have at most {most:,} {name}",
                        found[name],
                        f"pass fewer {name}, or use the command line",
                    )
        except BaseException:
            self.uploads.drop(upload)
            raise
        self.uploads.keep(upload)
        return {"token": upload.token, "name": upload.name, **found}

    async def plan(self, asked: Asked) -> Content:
        """Plan from an upload.

        Raises:
            InputError: an argument out of range, or a pilot that cannot be planned from.
        """
        from twinseed.explore.jobs import plan

        upload = self.uploads.get(asked.text("upload"))
        targets = [
            asked.number(name, 0.9, 1e-6, 1.0 - 1e-6) if asked.text(name) else None
            for name in ("convergence", "recovery")
        ]
        factor = asked.whole("factor", 1, 1, 1000)
        filter, line = filter_of(asked)
        found = await self._result(plan, upload.source, filter, *targets, factor)
        lines = [
            "import twinseed as ts",
            "from twinseed.readers import load",
            f"plan = ts.plan(load({upload.name!r}), filter={line}, rng=0)",
            *(
                f"needed = plan.samples_for({name}={target!r}{more})"
                for name, target, more in (
                    ("convergence", targets[0], ""),
                    ("recovery", targets[1], f", factor={factor}"),
                )
                if target is not None
            ),
            "print(plan)",
        ]
        table: dict[str, Any] = {"n": found["n"]}
        for name in ("convergence", "memorisation_ratio", "memorisation_share"):
            for part in ("value", "low", "high"):
                table[f"{name}_{part}"] = found[name][part]
        answer = ChartAnswer(found, table, "\n".join(lines))
        if asked.text("format") == "csv":
            return Content(answer.as_csv(), "text/csv; charset=utf-8")
        return Content(answer.as_json(), "application/json")

    def audit(self, given: Mapping[str, Any]) -> AsyncIterator[tuple[str, Any]]:
        """Check the files of an audit, and return its events.

        Raises:
            InputError: an unknown role, or a file that this server was not given.
            BusyError: too many computations run.
        """
        unknown = [role for role in given if role not in ROLES]
        if unknown:
            raise InputError(
                "role", "must be one of the known roles", unknown[0], f"pass {', '.join(ROLES)}"
            )
        found = {
            role: self.uploads.get(str(given[role]), role) for role in ROLES if given.get(role)
        }
        for role in ("train_a", "samples_a"):
            if role not in found:
                raise InputError(role, "is needed", None, "drop a file on this place of the page")
        self.children.require_room()
        return self._audited({role: one.source for role, one in found.items()})

    async def _audited(self, paths: Mapping[str, str]) -> AsyncIterator[tuple[str, Any]]:
        from twinseed.explore.jobs import audit

        events = self.children.events(audit, paths)
        try:
            async for name, data in events:
                if name == "result":
                    number = secrets.token_hex(8)
                    self._pages[number] = data["page"]
                    while len(self._pages) > _PAGES:
                        self._pages.popitem(last=False)
                    yield name, {**data, "page": f"/api/audit/{number}/page"}
                else:
                    yield name, data
        finally:
            close: Any = events
            await close.aclose()

    async def _result(self, work: Any, *arguments: Any) -> dict[str, Any]:
        """Run work in a child, and return its result; an error is raised here."""
        import json

        events: Any = self.children.events(work, *arguments)
        try:
            async for name, data in events:
                if name == "result":
                    found: dict[str, Any] = data
                    return found
                if name == "error":
                    said = json.loads(data)
                    raise InputError(said["argument"], said["problem"], "", said["remedy"])
        finally:
            await events.aclose()
        raise InputError("", "the computation ended without an answer", "", "ask again")
