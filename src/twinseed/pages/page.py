"""Shared by all pages: templates, numbers with as many digits as are certain, inline SVG."""

from __future__ import annotations

import base64
import colorsys
import math
import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["data_uri", "inline_svg", "interval", "render", "rounded"]

_MISSING = "\N{EN DASH}"
_HEAD = re.compile(
    r"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>|<style.*?</style>", re.DOTALL
)
_NAMED = re.compile(r'(\bid="|href="#|url\(#)')
_SIZE = re.compile(r'<svg ([^>]*?)width="([\d.]+)pt" height="[\d.]+pt"([^>]*)>', re.DOTALL)
_COLOUR = re.compile(r"(?<=: )#[0-9a-f]{6}\b")
_LARGER = 1.15  # a figure that has the space is shown larger than it was drawn


def render(template: str, **values: Any) -> str:
    """Fill a template; values are escaped, only the template's markup is kept."""
    return _environment().get_template(template).render(**values)


def rounded(value: float | None, half: float = 0.0) -> str:
    """Write a number to two digits of its uncertainty, or to four digits without one.

    >>> rounded(0.72051, 0.042), rounded(0.720506), rounded(12345.0)
    ('0.721', '0.7205', '12,345')
    """
    if value is None or not math.isfinite(value):
        return _MISSING
    if half > 0 and math.isfinite(half):
        decimals = min(max(1 - math.floor(math.log10(half)), 0), 8)
        return f"{value:z,.{decimals}f}"  # z: no minus before a zero
    return f"{value:.4g}" if abs(value) < 1000 else f"{value:,.0f}"


def interval(low: float | None, high: float | None) -> str:
    """Write an interval in words, to two digits of its width.

    >>> interval(0.7123, 0.7287)
    '0.7123 to 0.7287'
    """
    if low is None or high is None:
        return _MISSING
    half = (high - low) / 2.0
    return f"{rounded(low, half)} to {rounded(high, half)}"


def inline_svg(svg: str, name: str, description: str) -> str:
    """Return the text of an SVG file as an element of a page with other SVG elements.

    Identifiers get the prefix ``name``, global styles and metadata are removed, the size becomes
    the greatest width, colours follow the scheme of the page (light or dark), and a screen reader
    reads ``description``.
    """
    from markupsafe import escape

    text = _NAMED.sub(rf"\g<1>{name}-", _HEAD.sub("", svg)).strip()
    label = f'role="img" aria-label="{escape(description)}"'
    look = "width:{:.1f}pt;stroke-linejoin:round;stroke-linecap:butt"

    def element(found: re.Match[str]) -> str:
        width = look.format(_LARGER * float(found[2]))
        return f'<svg {found[1]}{found[3]} {label} style="{width}">'

    return _COLOUR.sub(lambda found: _of_both_schemes(found[0]), _SIZE.sub(element, text, 1))


@cache
def _of_both_schemes(colour: str) -> str:
    """Return a colour that has the opposite lightness on a dark page.

    White, the ground of a figure, becomes the ground of the page's cards.
    """
    if colour == "#ffffff":
        return "var(--figure)"
    hue, light, saturation = colorsys.rgb_to_hls(
        *(int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    )
    turned = colorsys.hls_to_rgb(hue, 0.14 + 0.8 * (1.0 - light), min(saturation, 0.85))
    dark = "".join(f"{round(255 * part):02x}" for part in turned)
    return f"light-dark({colour}, #{dark})"


def data_uri(png: bytes) -> str:
    """Return a picture as a data URI, an address that contains the picture."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("twinseed", package_path=""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    formats: Mapping[str, Any] = {"rounded": rounded, "interval": interval, "inf": math.inf}
    environment.globals.update(formats)
    return environment
