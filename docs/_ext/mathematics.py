"""Formulas as MathML: LaTeX is translated at the build, and the page needs no script."""

from __future__ import annotations

from html import escape

from docutils import nodes
from docutils.utils.math import MathError, latex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

LOG = logging.getLogger(__name__)


def translated(node: nodes.math | nodes.math_block, as_block: bool) -> str:
    """Return a formula as MathML; a formula that cannot be translated is a warning."""
    try:
        return latex2mathml.tex2mathml(node.astext().strip(), as_block=as_block)
    except MathError as error:
        LOG.warning("formula: %s", error, location=node)
        return f"<code>{escape(node.astext())}</code>"


def inline(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(translated(node, as_block=False))
    raise nodes.SkipNode


def block(self: HTML5Translator, node: nodes.math_block) -> None:
    self.body.append(self.starttag(node, "div", CLASS="math"))
    if node["number"]:
        number = get_node_equation_number(self, node)
        self.body.append(f'<span class="eqno">({number})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append(translated(node, as_block=True))
    self.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
