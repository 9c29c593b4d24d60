"""Make the pictures of the documents anew, from the readouts of a finished `make reproduce`.

Usage, from the root of the repository: python -m docs.make_images [FOLDER]

FOLDER is what the main job wrote (reproduction).
"""

from __future__ import annotations

import sys
from pathlib import Path

from docs.studies import pages

from twinseed import readout
from twinseed.reproduction import figures


def agreement_is_blind(readouts: Path) -> None:
    """Draw the picture of the README."""
    sides = []
    for kind in ("theory", "simulated"):
        prefix = f"blind_{kind}_"
        found = {path.stem.removeprefix(prefix): path for path in readouts.glob(f"{prefix}*.nc")}
        sides.append(
            {strength: readout.load(found[strength]) for strength in sorted(found, key=float)}
        )
    pages.write_picture("agreement_is_blind", figures.agreement_is_blind(*sides))


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "reproduction")
    if not (folder / "readouts").is_dir():
        sys.exit(f"{folder} holds no readouts: run `make reproduce` first, or name its folder")
    agreement_is_blind(folder / "readouts")
