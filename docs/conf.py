"""The site: pages from Markdown, C and C++ from the headers (doxygen, breathe), Python from docstrings. See build.sh.

The top of the checkout is the source folder, so that links between pages are what they are on a code host.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

from pygments.lexers.c_cpp import CppLexer

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "python"))

project = "jettag"
author = "the authors of jettag"
release = re.search(r"version: '([\d.]+)'", (ROOT / "meson.build").read_text())[1]  # type: ignore[index]
extensions = ["breathe", "myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]

root_doc = "docs/index"
include_patterns = ["*.md", "docs/**.md", "models/*.md", "models/zoo/*.md"]
exclude_patterns = ["build*", ".venv", ".work", ".carry", ".git", "tests", "backends", "lib", "python", "examples"]

myst_heading_anchors = 4
myst_links_external_new_tab = False
suppress_warnings = ["myst.header"]

breathe_projects = {"jettag": str(ROOT / "build" / "site-work" / "xml")}
breathe_default_project = "jettag"
breathe_domain_by_extension = {"h": "c", "hpp": "cpp"}
breathe_order_parameters_first = True

default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_google_docstring = False
napoleon_use_rtype = False

html_theme = "furo"
html_title = f"jettag {release}"
html_static_path: list[str] = ["site.css"]
html_css_files = ["site.css"]
html_show_copyright = False

_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s#:]+)(#[^)]*)?\)")
# What of the checkout has a page of its own under another name.
_PAGES = {
    "include/jettag/jettag.h": "docs/reference/c.md",
    "include/jettag/jettag.hpp": "docs/reference/cpp.md",
    "include/jettag/fastjet.hpp": "docs/reference/cpp.md",
    "include/jettag/rdataframe.hpp": "docs/reference/cpp.md",
    "docs/": "docs/index.md",
}


def _outside(app: Any, name: str, source: list[str]) -> None:
    """Links to what is no page: headers go to their reference, folders and the rest become names."""
    folder = Path(name).parent

    def link(found: re.Match[str]) -> str:
        picture, words, target, anchor = found.groups()
        place = os.path.normpath(folder / target)
        if picture or place.endswith((".md", ".png")) or not (ROOT / place).exists():
            return found[0]
        if place in _PAGES:
            return f"[{words}]({os.path.relpath(_PAGES[place], folder)}{anchor or ''})"
        return words if words.startswith("`") else f"`{words if place.endswith(words.strip('/')) else place}`"

    source[0] = _LINK.sub(link, source[0])


def setup(app: Any) -> None:
    """What Sphinx calls.

    Parameters
    ----------
    app : Sphinx
        The application.
    """
    app.add_lexer("root", CppLexer)
    app.connect("source-read", _outside)
