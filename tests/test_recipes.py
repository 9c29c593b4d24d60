"""Each recipe of "How to add" is followed in a copy, and touches the files that it names."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.recipes import GENERATED, RECIPES, Reworded

ROOT = Path(__file__).parents[1]
MAKERS = {
    "ARCHITECTURE.md": "docs.make_architecture",
    "docs/command-line.md": "docs.help_blocks",
}
"""Documents that are generated, and what makes them."""
NEEDED = ("src", "tests", "fuzz", "docs", "ARCHITECTURE.md", "GLOSSARY.md", "pyproject.toml")


def named(recipe: str) -> set[str]:
    """Return the files that a recipe of ARCHITECTURE.md names."""
    page = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    told = re.search(rf"^- \*\*An? {recipe}\.\*\*(.*?)(?=^- \*\*|^## )", page, re.M | re.S)
    assert told, recipe
    files = re.findall(r"`([\w/-]+\.(?:py|md|json|toml|html))`", told[1])
    return {file.replace("NAME", RECIPES[recipe].name) for file in files}


def follow(recipe: str, root: Path) -> None:
    """Write the new files of a recipe and add its lines; what is generated comes later."""
    for file, change in RECIPES[recipe].files.items():
        path = root / file
        if isinstance(change, str) and change != GENERATED:
            assert not path.exists(), file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(change, "utf-8")
        elif isinstance(change, list):
            lines = path.read_text("utf-8").splitlines()
            for one in change:
                if isinstance(one, Reworded):
                    text = "\n".join(lines)
                    assert one.old in text, f"{file} does not say {one.old}"
                    lines = text.replace(one.old, one.new, 1).splitlines()
                    continue
                anchor, line = one
                place = next((k for k, one in enumerate(lines) if anchor in one), None)
                assert place is not None, f"{file} has no line with {anchor}"
                indent = re.match(" *", lines[place])
                lines.insert(place + 1, line.replace("...", indent[0] if indent else "", 1))
            path.write_text("\n".join(lines) + "\n", "utf-8")


def run(folder: Path, *words: str) -> None:
    paths = os.pathsep.join(map(str, (folder / "src", folder)))
    environment = os.environ | {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_names_the_files_that_it_touches(recipe: str, tmp_path: Path) -> None:
    assert named(recipe) == set(RECIPES[recipe].files)
    for file in RECIPES[recipe].files:
        if (ROOT / file).exists():
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, tmp_path / file)
    follow(recipe, tmp_path)


def test_every_recipe_is_followed() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text("utf-8").partition("## How to add")[2]
    told = re.findall(r"^- \*\*An? (.*?)\.\*\*", page.partition("\n## ")[0], re.MULTILINE)
    assert told == list(RECIPES)


@pytest.mark.nightly
@pytest.mark.extras
def test_recipes_followed_in_a_copy_work(tmp_path: Path) -> None:
    """All in one copy and one process of each kind: most of the time goes into imports."""
    for name in NEEDED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tmp_path / name)
    for recipe in RECIPES:
        follow(recipe, tmp_path)
    for file, maker in MAKERS.items():
        before = (tmp_path / file).read_text("utf-8")
        run(tmp_path, "-m", maker)
        assert (tmp_path / file).read_text("utf-8") != before
    here = f"assert ts.__file__.startswith({str(tmp_path)!r})"
    proofs = [recipe.proof for recipe in RECIPES.values()]
    run(tmp_path, "-c", "\n".join(["import numpy as np", "import twinseed as ts", here, *proofs]))
    tests = [recipe.tests.partition(" -k ") for recipe in RECIPES.values() if recipe.tests]
    files = list(dict.fromkeys(file for one, _, _ in tests for file in one.split()))
    chosen = " or ".join(words.replace("|", " or ") for _, _, words in tests)
    run(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files, "-k", chosen)
