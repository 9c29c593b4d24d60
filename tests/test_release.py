"""What is released: built twice alike, the package alone, metadata complete, one version."""

from __future__ import annotations

import re
import runpy
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
RELEASE = runpy.run_path(str(ROOT / "packaging" / "release.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

pytestmark = pytest.mark.extras


def build(source: Path, into: Path) -> tuple[Path, Path]:
    """Build the source archive and the wheel with the backend, in this process."""
    from hatchling.builders.sdist import SdistBuilder
    from hatchling.builders.wheel import WheelBuilder

    made = [
        next(iter(builder(str(source)).build(directory=str(into), versions=["standard"])))
        for builder in (SdistBuilder, WheelBuilder)
    ]
    return Path(made[0]), Path(made[1])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return build(ROOT, tmp_path_factory.mktemp("dist"))


def test_the_unpacked_archive_builds_the_same_files(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    sources = RELEASE["unpacked"](files[0], tmp_path / "sources")
    for path in sources.rglob("*"):
        path.touch()
    again = build(sources, tmp_path / "again")
    assert [one.name for one in again] == [one.name for one in files]
    assert [one.read_bytes() for one in again] == [one.read_bytes() for one in files]


def test_the_built_files_hold_the_package_alone(files: tuple[Path, Path]) -> None:
    archive, wheel = files
    assert RELEASE["wrong_in_archive"](archive) == []
    assert RELEASE["wrong_in_wheel"](wheel) == []


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("twinseed/explore/picture.png", "twinseed/explore/picture.png"),
        ("docs/studies/plans.json", "docs/studies/plans.json"),
        ("twinseed/more.py", None),
    ],
)
def test_what_does_not_belong_is_named(
    files: tuple[Path, Path], tmp_path: Path, name: str, wrong: str | None
) -> None:
    copy = tmp_path / files[1].name
    copy.write_bytes(files[1].read_bytes())
    with zipfile.ZipFile(copy, "a") as file:
        file.writestr(name, "")
    assert RELEASE["wrong_in_wheel"](copy) == ([] if wrong is None else [wrong])


def test_missing_metadata_is_named(files: tuple[Path, Path], tmp_path: Path) -> None:
    copy = tmp_path / files[1].name
    with zipfile.ZipFile(files[1]) as old, zipfile.ZipFile(copy, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("/METADATA"):
                content = re.sub(rb"(?m)^Keywords: .*\n", b"", content)
            new.writestr(name, content)
    assert "no Keywords" in RELEASE["wrong_in_wheel"](copy)


def test_the_recipe_for_conda_forge_needs_what_the_package_needs(
    files: tuple[Path, Path],
) -> None:
    import yaml

    text = RELEASE["recipe"](files[0])
    assert yaml.safe_load(text)["source"]["sha256"] == RELEASE["digest"](files[0])
    recipe: dict[str, Any] = yaml.safe_load(text)
    assert recipe["context"]["version"] == PROJECT["version"]
    needed = [one.replace(" ", "") for one in recipe["requirements"]["run"]]
    assert needed[0] == "python>=${{python_min}}"
    assert PROJECT["requires-python"] == f">={recipe['context']['python_min']}"
    assert needed[1:] == PROJECT["dependencies"]
    programs = [f"{name} = {target}" for name, target in PROJECT["scripts"].items()]
    assert recipe["build"]["python"]["entry_points"] == programs
    assert recipe["about"]["license"] == PROJECT["license"]
    assert recipe["about"]["summary"] == PROJECT["description"]


def test_the_notes_are_the_dated_section_of_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    log = (ROOT / "CHANGELOG.md").read_text("utf-8")
    notes = RELEASE["notes"](log, PROJECT["version"])
    title, _, text = notes.partition("\n")
    assert re.fullmatch(rf"# twinseed {PROJECT['version']} \(\d{{4}}-\d\d-\d\d\)", title)
    assert text.strip() in log
    assert "## [" not in notes
    assert text.index("### What breaks") < text.index("### Deprecated") < text.index("### Added")
    for missing in ("9.9.9", "0.2"):
        with pytest.raises(SystemExit, match=f"no section '## .{missing}"):
            RELEASE["notes"](log, missing)


def test_each_claim_of_the_paper_has_its_numbers_on_the_page_that_it_names() -> None:
    text = (ROOT / "packaging/paper.md").read_text("utf-8")
    rows = [line.split("|")[1:3] for line in text.splitlines() if line.startswith("| ")][1:]
    assert len(rows) >= 5
    for claim, evidence in rows:
        pages = re.findall(r"docs/[\w-]+\.md", evidence)
        assert pages, claim
        told = " ".join("".join((ROOT / page).read_text("utf-8") for page in pages).split())
        found = claim.partition(". The aim")[0]
        for number in re.findall(r"[+-]?\d+\.\d+(?: % \[[^]]*\])?", found):
            assert number in told, (number, pages)


def test_the_paper_cites_what_its_bibliography_holds() -> None:
    text = (ROOT / "packaging/paper.md").read_text("utf-8")
    held = re.findall(r"^@\w+\{(\w+),", (ROOT / "packaging/paper.bib").read_text("utf-8"), re.M)
    assert sorted(set(re.findall(r"@(\w+)", text))) == sorted(held)
    assert 250 <= len(text.split("---")[2].split()) <= 1750
