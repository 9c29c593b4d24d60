"""The libraries of others lie in the package as published; their checksums are listed."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import twinseed

VENDOR = Path(twinseed.__file__).parent / "explore" / "static" / "vendor"


def test_each_library_has_the_checksum_and_the_licence_of_the_list() -> None:
    listed = re.findall(
        r"^\| `([\w.]+)` \|.*`(\w+\.LICENSE)` \| `([0-9a-f]{64})` \|$",
        (VENDOR / "VENDORED.md").read_text("utf-8"),
        re.MULTILINE,
    )
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in VENDOR.glob("*.js")
    }
    assert found == {name: checksum for name, _, checksum in listed}
    for _, licence, _ in listed:
        assert "Permission to use, copy, modify" in (VENDOR / licence).read_text("utf-8")


def test_no_script_of_the_page_names_another_host() -> None:
    for path in [*(VENDOR.parent / "js").glob("*.js"), VENDOR.parent / "index.html"]:
        named = re.findall(r"https?://[\w.]+", path.read_text("utf-8"))
        assert set(named) <= {"http://www.w3.org"}, path.name
