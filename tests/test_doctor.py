"""The doctor: a fault of the installation is found and named; an absent part is no fault."""

from __future__ import annotations

import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from tests.cli.cli_calls import call

from twinseed import doctor
from twinseed.doctor import Check, Examination, Library, OptionalPart, Package, examined

WELL = Examination(
    system={
        "twinseed": "1.2",
        "python": "3.99",
        "platform": "here",
        "processors": 7,
        "folder": "/there",
    },
    packages=(Package("numpy", "1.26.4", "1.26"),),
    parts=(
        OptionalPart("figures", "pictures", (Package("matplotlib", None, "3.8"),)),
        OptionalPart("data", "digits", (Package("scikit-learn", "1.4", "1.4.0"),)),
    ),
    libraries=(Library("blas", "0.1", 3, "Tall"),),
    checks=(Check("sums", True, "2", "2", 0.25),),
)


def told(**changed: Any) -> Examination:
    return Examination(**{**vars(WELL), **changed})


def test_an_absent_part_is_no_problem() -> None:
    assert WELL.problems == []
    assert [part.installed for part in WELL.parts] == [False, True]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"packages": (Package("numpy", "1.9.3", "1.26"),)},
            "numpy is older than 1.26: pip install --upgrade 'numpy>=1.26'",
        ),
        (
            {"packages": (Package("rich", None, "13.0"),)},
            "rich is not installed: pip install --upgrade 'rich>=13.0'",
        ),
        (
            {"parts": (OptionalPart("denoise", "", (Package("torch", "2.9.1+cpu", "2.10"),)),)},
            "torch is older than 2.10: pip install --upgrade 'twinseed[denoise]'",
        ),
        (
            {"checks": (Check("sums", False, "2", "3", 0.1),)},
            "self-test: sums: found 3, expected 2: install twinseed in a new environment, and "
            "report this line if it fails there",
        ),
    ],
)
def test_a_problem_says_what_to_do(
    changed: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = told(**changed)
    assert found.problems == [said]
    assert found.to_dict()["healthy"] is False
    monkeypatch.setattr(doctor, "examined", lambda: found)
    for words in ([], ["--json"], ["--quiet"]):
        done = call("doctor", *words)
        assert (done.exit_code, done.stderr) == (1, f"twinseed: {said}\n")
        assert "all is well" not in done.stdout


def test_the_printed_words_are_those_of_the_examination(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "examined", lambda: WELL)
    done = call("doctor")
    lines = [" ".join(line.replace("─", "").split()) for line in done.stdout.splitlines()]
    assert (done.exit_code, done.stderr) == (0, "")
    assert [line for line in lines if line] == [
        "twinseed 1.2, Python 3.99, here; processors that may be used: 7",
        "/there",
        "package version at least needed for",
        "numpy 1.26.4 1.26 always",
        "matplotlib - 3.8 figures",
        "scikit-learn 1.4 1.4.0 data",
        "not installed: figures, for pictures: pip install 'twinseed[figures]'",
        "linear algebra version threads built for",
        "blas 0.1 3 Tall",
        "self-test seconds result",
        "sums 0.2 passed",
        "all is well",
    ]


@pytest.fixture(scope="module")
def here() -> Examination:
    return examined()


def test_this_installation_passes_the_self_test(here: Examination) -> None:
    assert [one for one in here.checks if not one.passed] == []
    assert len(here.checks) == 3
    assert {one.name for one in here.packages} >= {"numpy", "scipy", "xarray", "typer"}
    assert all(one.version == metadata.version(one.name) for one in here.packages)
    assert any("blas" in one.name or "mkl" in one.name for one in here.libraries)


def test_every_extra_for_users_is_a_part(here: Examination, root: Path) -> None:
    extras = tomllib.loads((root / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    assert set(doctor.PARTS) == set(extras) - {"dev", "docs", "fuzz"}
    table = (root / "docs/install.md").read_text("utf-8")
    assert [name for name in doctor.PARTS if f"| `{name}` |" not in table] == []
    assert all(part.packages for part in here.parts)


@pytest.mark.parametrize(
    ("broken", "failed"),
    [
        ("twinseed.verbs.predict.predict", "theory agrees with reference values"),
        ("twinseed.verbs.simulate.simulate", "draws, store and file agree with stored numbers"),
        ("twinseed.auditing.audit", "an audit finds planted copies"),
    ],
)
def test_a_broken_verb_fails_its_check(
    broken: str, failed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import twinseed as ts

    def wrong(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("on purpose")

    name = broken.rpartition(".")[2]
    monkeypatch.setattr(ts, name, wrong)
    found = {one.name: one for one in examined().checks}
    assert [one.name for one in found.values() if not one.passed] == [failed]
    assert found[failed].found == "ZeroDivisionError: on purpose"


@pytest.mark.parametrize("golden", ["_CONVERGENCE", "_DRAWN", "_COPIES"])
def test_another_number_fails(golden: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *others = getattr(doctor, golden)
    monkeypatch.setattr(doctor, golden, (first + 0.01, *others))
    assert sum(not one.passed for one in examined().checks) == 1


def test_sources_that_were_never_installed_have_no_versions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def absent(name: str) -> Any:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", absent)
    monkeypatch.setattr(doctor, "_CHECKS", {})
    found = examined()
    assert (found.packages, found.problems) == ((), [])
    monkeypatch.setattr(doctor, "examined", lambda: found)
    assert "never installed with pip" in call("doctor").stdout
