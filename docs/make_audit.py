"""Make the example of audits.md anew: twins of the digits, their audit, its page and the picture.

Usage: python -m docs.make_audit [FOLDER]. It writes the arrays and the page into FOLDER (audit),
and the picture into images. Needs scikit-learn and matplotlib; about ten seconds on one core.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from docs.studies import pages
from sklearn.datasets import load_digits

import twinseed as ts
from twinseed.auditing.figures import audit_margins
from twinseed.generators import LinearGenerator

ROWS, SEEDS, COPIES = 400, 500, 25


def digits_twins() -> dict[str, np.ndarray]:
    """Honest linear twins of 400 digits each; then one sample in twenty of A is made a copy."""
    draw = np.random.default_rng(0)
    images = draw.permutation(load_digits().images)
    train_a, train_b, heldout = np.split(images, [ROWS, 2 * ROWS])
    noise = draw.standard_normal((SEEDS, images[0].size))
    samples_a, samples_b = (
        LinearGenerator.fit(rows.reshape(ROWS, -1), ts.Ridge(0.5), center=True)
        .sample(noise)
        .reshape(-1, *images[0].shape)
        for rows in (train_a, train_b)
    )
    blur = 0.5 * draw.standard_normal((COPIES, *images[0].shape))
    samples_a[:COPIES] = train_a[100 : 100 + COPIES] + blur
    return {
        "train_a": train_a,
        "samples_a": samples_a,
        "train_b": train_b,
        "samples_b": samples_b,
        "heldout": heldout,
    }


def main(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    arrays = digits_twins()
    for name, rows in arrays.items():
        np.save(folder / f"{name}.npy", rows)
    found = ts.audit(**arrays, rng=0)
    print(found)
    found.to_html(folder / "audit.html")
    drawn = audit_margins(found.copying.scores, found.copying.linear_scores)
    pages.write_picture("audit_margins", drawn)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "audit"))
