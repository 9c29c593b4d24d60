"""The page of examples: commands and output are those that the script kept."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from docs.studies import audit_examples, datasets


def test_the_page_quotes_what_the_commands_printed(root: Path) -> None:
    page = (root / "docs" / "audit-examples.md").read_text(encoding="utf-8")
    kept = json.loads(audit_examples.RESULTS.read_text(encoding="utf-8"))
    assert list(kept) == list(audit_examples.EXAMPLES)
    quoted = re.findall(r"```bash\n(twinseed [^\n]*)\n```\n\n```text\n(.*?)```", page, re.DOTALL)
    for one, (command, output) in zip(kept.values(), quoted, strict=True):
        assert command == one["command"]
        assert output in "\n".join(one["output"]) + "\n"
        assert output.startswith("Before the verdict:")
        assert one["cpu_seconds"] <= 12


def test_an_example_is_made_and_audited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(0).standard_normal((700, 4))
    data = datasets.DataSet("cells", lambda: rows, "drawn")
    monkeypatch.setattr(datasets, "named", lambda name: data)
    found = audit_examples.run("blood", tmp_path / "blood")
    assert found["exit"] == 0
    assert "- No sign of copying" in "\n".join(found["output"])
    assert (tmp_path / "blood" / "audit.html").exists()
