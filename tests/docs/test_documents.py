"""The documents say what is so: their code runs, their commands and their names exist."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from docs import make_architecture
from docs.studies import pages
from typer.testing import CliRunner

import twinseed
from twinseed.readout import VARIABLES

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
GUIDES = [
    path for path in DOCUMENTS if path.parent.name == "docs" and "```python" in path.read_text()
]
OPTIONAL = re.compile(
    r"^(?:from|import) (?:torch|diffusers|distributed|sklearn|pandas|PIL)\b"
    r"|find_spec\(\"(?:scanpy|eofs)\"\)",
    re.MULTILINE,
)
"""Of a guide whose code needs these, the test is one for an environment with every extra."""
SLOW = {
    "cells.md",
    "climate.md",
    "first-audit.md",
    "how-much-data.md",
    "images.md",
    "one-generator.md",
    "tables.md",
    "tour.md",
}
"""Guides whose code takes more than two seconds: `make docs` runs them, as part of `make test`."""
PUBLIC = [name for name in twinseed.__all__ if not name.startswith("__")]
LISTED = re.compile(r"^```\{toctree\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# The ~ keeps this file from holding what it looks for.
FOREIGN = {
    what: re.compile(pattern.replace("~", ""))
    for what, pattern in {
        "a registry's host": r"(py~pi|python~hosted|npm~js)\.(org|com)",
        "a path of one machine": r"(?<![\w.])/(wo~rk|ro~ot|ho~me|Us~ers|opt/p~ypi)/",
        "an issue by number": r"\bissue~ #?\d",
        "a page outside the repository": r"\b(THE~ORY|DES~IGN|ECO~SYSTEM|PE~ERS)\.md",
    }.items()
}


def fences(document: Path) -> list[tuple[str, str]]:
    return FENCE.findall(document.read_text())


def commands(document: Path) -> list[str]:
    """Return the lines that a document tells the reader to type."""
    blocks = [body for language, body in fences(document) if language in {"bash", "console", "sh"}]
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line.removeprefix("$ ").partition(" #")[0].strip() for line in lines]


def tracked() -> list[Path]:
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_the_python_of_the_readme_prints_what_the_readme_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = fences(ROOT / "README.md")
    scripts = [place for place, (language, _) in enumerate(blocks) if language == "python"]
    assert scripts
    monkeypatch.chdir(tmp_path)
    for place in scripts:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(blocks[place][1], "README.md", "exec"), {"__name__": "readme"})
        language, expected = blocks[place + 1]
        assert language == "text"
        assert printed.getvalue() == expected


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(
            path,
            id=path.name,
            marks=[
                *([pytest.mark.extras] if OPTIONAL.search(path.read_text()) else []),
                *([pytest.mark.nightly] if path.name in SLOW else []),
            ],
        )
        for path in GUIDES
    ],
)
def test_the_python_of_a_guide_prints_what_the_guide_says(
    document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "guide"}
    blocks = [*fences(document), ("", "")]
    for (language, body), (following, expected) in pairwise(blocks):
        if language != "python":
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(body, document.name, "exec"), names)
        assert printed.getvalue() == (expected if following == "text" else "")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_exist_with_their_options(document: Path) -> None:
    from twinseed.cli import app

    runner = CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"})
    for line in commands(document):
        if not line.startswith("twinseed "):
            continue
        _, *words = line.split()
        verbs = words[:1] if not words[0].startswith("-") else []
        shown = runner.invoke(app, [*verbs, "--help"])
        assert shown.exit_code == 0, line
        offered = set(re.findall(r"--[a-z][\w-]*", shown.output))
        asked = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert asked <= offered, line


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_make_targets_exist(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    lines = [*commands(document), *re.findall(r"`(make [a-z-]+)`", document.read_text())]
    asked = {line.split()[1] for line in lines if line.startswith("make ")}
    assert asked <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_inside_the_repository_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text())
    inside = [link for link in links if "://" not in link]
    assert [link for link in inside if not (document.parent / link).exists()] == []


def test_tracked_files_speak_of_the_project_alone() -> None:
    found = []
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        for what, pattern in FOREIGN.items():
            found += [f"{path.name}: {what}: {m[0]}" for m in pattern.finditer(text)]
    assert found == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a registry's host", "files.python" + "hosted.org"),
        ("a path of one machine", "see /wo" + "rk/main"),
        ("an issue by number", "issue" + " 2"),
        ("a page outside the repository", "DES" + "IGN.md"),
    ],
)
def test_the_search_for_foreign_text_can_find(what: str, text: str) -> None:
    assert FOREIGN[what].search(text)


def test_the_glossary_names_each_variable_by_its_symbol() -> None:
    rows = re.findall(
        r"^\| `([^`]+)` \| `(\w+)` \|", (ROOT / "GLOSSARY.md").read_text(), re.MULTILINE
    )
    listed = {name: symbol for symbol, name in rows if name in VARIABLES}
    assert listed == {name: variable.symbol for name, variable in VARIABLES.items()}


def test_the_architecture_shows_the_floors_that_are_enforced() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text()
    made = make_architecture.made()
    assert pages.renewed(page, made) == page, "run python -m docs.make_architecture"
    package = Path(twinseed.__file__).parent
    modules = {
        path.stem
        for path in package.iterdir()
        if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").is_file()
    }
    assert {name for floor in make_architecture.layers() for name in floor} == modules


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_are_documented_with_an_example(name: str) -> None:
    documentation = getattr(twinseed, name).__doc__
    assert documentation
    assert ">>>" in documentation


def test_each_page_has_one_place_in_the_documentation() -> None:
    """To repair: add the name of the page to a group of docs/index.md."""
    docs = ROOT / "docs"
    lists = LISTED.findall((docs / "index.md").read_text(encoding="utf-8"))
    entries = [line for part in lists for line in part.splitlines() if line and line[0] != ":"]
    pages = [
        path.relative_to(docs).with_suffix("").as_posix()
        for path in [*docs.glob("*.md"), *docs.glob("notebooks/*.md")]
    ]
    assert sorted(entries) == sorted(set(pages) - {"index"})


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_are_on_a_page_of_the_reference(name: str) -> None:
    """To repair: add ``.. autofunction:: twinseed.NAME`` to a page docs/api-*.md."""
    pages = [path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("api-*.md")]
    shown = re.compile(rf"^\.\. auto\w+:: twinseed\.{name}$", re.MULTILINE)
    assert sum(len(shown.findall(page)) for page in pages) == 1


def test_the_changelog_has_a_place_for_the_next_line() -> None:
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text()
