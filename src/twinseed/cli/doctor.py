"""``twinseed doctor``: what is installed, and whether it works."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from twinseed.cli.errors import FAILED, complain, guarded
from twinseed.cli.options import Json, Quiet
from twinseed.cli.output import print_json, print_table, say
from twinseed.tables import MISSING

if TYPE_CHECKING:
    from twinseed.doctor import Examination

__all__ = ["doctor"]


@guarded()
def doctor(as_json: Json = False, quiet: Quiet = False) -> None:
    """Examine this installation: versions, optional parts, self-test.

    The self-test takes a few seconds, and compares with stored numbers. The exit status is 1 if
    something does not work; an optional part that is not installed is no problem.
    """
    from twinseed.doctor import examined

    found = examined()
    if as_json:
        print_json(found.to_dict())
    elif not quiet:
        _print(found)
    for problem in found.problems:
        complain(f"twinseed: {problem}")
    if found.problems:
        raise typer.Exit(FAILED)


def _print(found: Examination) -> None:
    about = found.system
    say(
        f"twinseed {about['twinseed']}, Python {about['python']}, {about['platform']}; "
        f"processors that may be used: {about['processors']}"
    )
    say(about["folder"])
    if not found.packages:
        say("the versions are unknown: this folder of sources was never installed with pip")
    print_table(
        ("package", "version", "at least", "needed for"),
        [
            (one.name, one.version or MISSING, one.floor, part)
            for part, packages in [
                ("always", found.packages),
                *((part.name, part.packages) for part in found.parts),
            ]
            for one in packages
        ],
    )
    for part in found.parts:
        if not part.installed:
            say(f"not installed: {part.name}, for {part.purpose}: {part.install}")
    print_table(
        ("linear algebra", "version", "threads", "built for"),
        [(one.name, one.version, str(one.threads), one.built_for) for one in found.libraries],
    )
    print_table(
        ("self-test", "seconds", "result"),
        [
            (one.name, f"{one.seconds:.1f}", "passed" if one.passed else "FAILED")
            for one in found.checks
        ],
    )
    if not found.problems:
        say("all is well")
