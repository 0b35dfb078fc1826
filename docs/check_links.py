"""Every link of a built site to itself leads somewhere: the file is there, and has the place behind the #.

    python docs/check_links.py build/site

Sphinx does not look at links out of tables of contents, of raw HTML and of headings that were renamed.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.places: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        for key in ("id", "name"):
            if found.get(key):
                self.places.add(str(found[key]))
        for key in ("href", "src"):
            if found.get(key):
                self.links.append(str(found[key]))


def broken(site: Path) -> list[str]:
    """Links that lead nowhere.

    Parameters
    ----------
    site : Path
        Folder of HTML files.

    Returns
    -------
    list of str
        In words; none when all is well.
    """
    pages: dict[Path, _Page] = {}
    for path in sorted(site.resolve().rglob("*.html")):
        pages[path] = _Page()
        pages[path].feed(path.read_text())
    found = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            place = unquote(parts.fragment)
            if not target.exists():
                found.append(f"{path.relative_to(site.resolve())}: {link}: no such file")
            elif place and target in pages and place not in pages[target].places:
                found.append(f"{path.relative_to(site.resolve())}: {link}: no such place")
    return found


def main() -> int:
    """Run from the command line.

    Returns
    -------
    int
        0 when no link is broken.
    """
    found = broken(Path(sys.argv[1]))
    print("\n".join(found) or "every link within the site leads somewhere")
    return len(found) > 0


if __name__ == "__main__":
    sys.exit(main())
