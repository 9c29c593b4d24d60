"""How the documentation is built: ``make docs`` writes docs/_build/html, without the network."""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent / "_ext"), str(Path(__file__).parents[1])]

project = "twinseed"
author = "the twinseed maintainers"
project_copyright = author
version = release = version_of("twinseed")

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "docstrings",
    "made",
    "mathematics",
    "repository",
]
exclude_patterns = ["_build", "_ext", "studies"]
templates_path = ["_templates"]
nitpicky = True

# Markdown
myst_enable_extensions = ["amsmath", "attrs_block", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 4
myst_dmath_double_inline = True

# Notebooks: executed at each build, and an error stops the build.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True

# The public names, from their docstrings
autodoc_default_options = {"members": True}
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_class_signature = "mixed"
napoleon_numpy_docstring = False
python_maximum_signature_line_length = 80

# Pages: every asset is a file beside them; formulas are MathML, which browsers draw by themselves.
html_theme = "furo"
html_title = f"twinseed {version}"
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["twinseed.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
