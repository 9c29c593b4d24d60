"""Print each core dependency at its floor, the lowest version that pyproject.toml allows.

``make lock`` installs these versions and the tools that run the tests. Then it writes the versions
of all installed packages into floors.txt.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def floors(text: str) -> list[str]:
    """Return the core dependencies of a pyproject.toml, each at its floor."""
    return [one.replace(">=", "==") for one in tomllib.loads(text)["project"]["dependencies"]]


if __name__ == "__main__":
    print("\n".join(floors(PROJECT.read_text("utf-8"))))
