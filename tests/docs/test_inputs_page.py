"""The commands of the page on inputs run, and see the same data in every format."""

from __future__ import annotations

import json
import runpy
import shlex
from pathlib import Path

import pytest
from tests.cli.test_cli import call
from tests.docs.test_documents import commands


@pytest.mark.extras
@pytest.mark.nightly
def test_every_format_gives_the_same_data(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(root / "docs" / "make_inputs.py"), run_name="__main__")
    seen: dict[str, list[str]] = {}
    for line in commands(root / "docs" / "inputs.md"):
        _, *words = shlex.split(line)
        found = call(*words, "--json")
        assert found.exit_code == 0, f"{line}\n{found.output}"
        if words[0] == "inspect":
            assert json.loads(found.stdout)["rows"] > 0
            continue
        roles = "with held-out" if "--heldout" in words else "without"
        about = "people" if "people" in line else "features" if "--encoder" in words else "images"
        fingerprint = json.loads(found.stdout)["attrs"]["fingerprint"]
        seen.setdefault(f"{about} {roles}", []).append(fingerprint)
    # samples of float32 (.pt) beside images of 8 bits have another fingerprint
    assert {name: (len(them), len(set(them))) for name, them in seen.items()} == {
        "images with held-out": (5, 2),
        "images without": (2, 1),
        "people with held-out": (1, 1),
        "people without": (1, 1),
        "features without": (1, 1),
    }
    assert len(list(Path("features").iterdir())) == 2
    from docs.make_inputs import shown
    from docs.studies import pages

    page = (root / "docs" / "inputs.md").read_text(encoding="utf-8")
    assert pages.renewed(page, {"inspect": pages.fenced(shown())}) == page
