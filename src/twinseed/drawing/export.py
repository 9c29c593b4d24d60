"""Writes figures as PNG, and as SVG whose bytes depend on the drawing alone."""

from __future__ import annotations

import io
from pathlib import Path

from twinseed.drawing.style import Figure, styling
from twinseed.files import write_bytes, write_text

__all__ = ["as_png", "as_svg", "save"]

_FAMILY = "'DejaVu Sans'"
_FALLBACK = "'DejaVu Sans', Verdana, Helvetica, Arial, sans-serif"


def as_svg(figure: Figure, name: str) -> str:
    """Return the figure as SVG; text stays text, and equal drawings give equal bytes.

    ``name`` is part of the identifiers of clips and markers, so that two figures on one page have
    different identifiers.
    """
    written = io.StringIO()
    with styling(**{"svg.hashsalt": name}):
        figure.savefig(written, format="svg", metadata={"Date": None})
    return written.getvalue().replace(_FAMILY, _FALLBACK)


def as_png(figure: Figure, dpi: float = 200.0) -> bytes:
    """Return the figure as PNG."""
    written = io.BytesIO()
    with styling():
        figure.savefig(written, format="png", dpi=dpi)
    return written.getvalue()


def save(figure: Figure, folder: str | Path, name: str) -> tuple[Path, Path]:
    """Write ``name.png`` and ``name.svg`` into an existing folder; return both paths."""
    png, svg = Path(folder, f"{name}.png"), Path(folder, f"{name}.svg")
    write_bytes(png, as_png(figure))
    write_text(svg, as_svg(figure, name))
    return png, svg
