"""What the site of the documentation is made with; `sh docs/build.sh` builds it (tests/run.sh --all)."""

import importlib
import re
import sys

import pytest

import jettag
import models_helpers as helpers

DOCS = helpers.ROOT / "docs"
HEADER = (helpers.ROOT / "include" / "jettag" / "jettag.h").read_text()


@pytest.fixture
def part(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return importlib.import_module


# --- headers ----------------------------------------------------------------------------------------------------------
PLAIN = """/*
 * A file.
 */
#ifdef __cplusplus
extern "C" {
#endif
/* ---- */
/* Some things   */

/* A number.
 *
 * count  how many, none
 *        where nobody counts
 * Errors: none.
 */
int f(int count);
typedef struct s {
    int a; /* first
              of two */
    int b;
} s;
/* ---- */
/* More */
int g(void);
#ifdef __cplusplus
}
#endif
"""
FOR_DOXYGEN = """/** @file x.h
 *
 * A file.
 */
#ifdef __cplusplus
extern "C" {
#endif
/** */
/** @defgroup some_things Some things
 * @{ */

/** A number.
 *
 * @param count how many, none
 *        where nobody counts
 *
 * Errors: none.
 */
int f(int count);
typedef struct s {
    int a; /**< first
              of two */
    int b;
} s;
/** @} */
/** */
/** @defgroup more More
 * @{ */
int g(void);
/** @} */
#ifdef __cplusplus
}
#endif
"""


def test_plain_comments_become_those_of_doxygen(part):
    assert part("headers").for_doxygen(PLAIN, "x.h") == FOR_DOXYGEN.replace("/** */\n", "")


def test_code_is_left_alone(part):
    def code(text):
        return re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", text, flags=re.S))

    assert code(part("headers").for_doxygen(HEADER, "jettag.h")) == code(HEADER)


def test_the_page_of_c_has_every_group_of_the_header(part):
    page = (DOCS / "reference" / "c.md").read_text()
    assert re.findall(r"## (.*)\n\n```{doxygengroup} (.*)", page) == [
        (title, name) for name, title in part("headers").groups(HEADER)
    ]
    # All functions are inside of groups.
    assert "JT_API jt_" not in HEADER.split("/* Version   ")[0] and HEADER.count("JT_API ") > 20


def test_the_page_of_python_has_every_public_name():
    page = (DOCS / "reference" / "python.md").read_text()
    for name in jettag.__all__:
        assert re.search(rf"\b{name}\b", page), name


def test_every_page_is_in_the_contents():
    contents = re.sub(r"<|>", "\n", (DOCS / "index.md").read_text()).splitlines()
    for page in DOCS.glob("*.md"):
        assert page.stem == "index" or page.stem in contents, page.name


# --- links ------------------------------------------------------------------------------------------------------------
def test_links_that_lead_nowhere_are_found(part, tmp_path):
    (tmp_path / "a.html").write_text(
        '<a href="b/c.html#there">1</a><a href="b/c.html#gone">2</a><a href="d.html">3</a><a id="x" href="#x">4</a>'
        '<a href="#y">5</a><img src="p.png"><a href="mailto:a@b">6</a><a href="//host/z">7</a>'
    )
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c.html").write_text('<p id="there"><a href="../a.html#x">8</a></p>')
    assert part("check_links").broken(tmp_path) == [
        "a.html: b/c.html#gone: no such place",
        "a.html: d.html: no such file",
        "a.html: #y: no such place",
        "a.html: p.png: no such file",
    ]


@pytest.mark.parametrize(
    "page", sorted([*DOCS.glob("*.md"), *helpers.ROOT.glob("*.md"), *helpers.ROOT.glob("models/**/*.md")])
)
def test_links_of_markdown_lead_to_files(page):
    for target in re.findall(r"\]\(([^)\s#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize(
    ("page", "text", "shown"),
    [
        ("docs/tutorial", "[jettag.h](../include/jettag/jettag.h)", "[jettag.h](reference/c.md)"),
        ("README", "[jettag.h](include/jettag/jettag.h)", "[jettag.h](docs/reference/c.md)"),
        ("docs/tutorial", "[tag.c](../examples/tag.c)", "`tag.c`"),
        ("docs/tutorial", "[a program](../examples/tag.c)", "`examples/tag.c`"),
        ("README", "[lib/](lib) and [features](docs/features.md#cost)", "`lib/` and [features](docs/features.md#cost)"),
        ("docs/x", "![a](figures/performance.png) [b](../none.c)", "![a](figures/performance.png) [b](../none.c)"),
    ],
)
def test_links_to_what_is_no_page(part, page, text, shown):
    source = [text]
    part("conf")._outside(None, page, source)
    assert source == [shown]
