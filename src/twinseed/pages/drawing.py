"""A figure of a page: its drawing, with panels in a row or stacked, and its caption."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twinseed import drawing
from twinseed.drawing.style import Figure
from twinseed.pages.captions import Caption, caption
from twinseed.pages.page import inline_svg

__all__ = ["Drawing"]


@dataclass(frozen=True)
class Drawing:
    """A figure that is not drawn yet, with panels in a row or stacked, and its caption."""

    name: str
    draw: Callable[..., Figure]

    @property
    def caption(self) -> Caption:
        """The text of the figure."""
        return caption(self.name)

    def shown(self, folder: Path | None = None) -> dict[str, Any]:
        """Return the caption, and the markup of the wide and of the narrow form, for a page.

        With a folder the figure is also written there, as PNG and SVG.
        """
        texts = {
            "wide": self._wide(folder),
            "narrow": drawing.as_svg(self.draw(stacked=True), self.name),
        }
        content = {
            form: inline_svg(text, f"{self.name}-{form}", self.caption.alternative)
            for form, text in texts.items()
        }
        return {"name": self.name, "caption": self.caption, "forms": content}

    def _wide(self, folder: Path | None) -> str:
        if folder is None:
            return drawing.as_svg(self.draw(), self.name)
        return drawing.save(self.draw(), folder, self.name)[1].read_text(encoding="utf-8")
