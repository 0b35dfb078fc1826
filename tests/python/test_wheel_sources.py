"""The wheel has every module: what python/meson.build lists is what is there."""

import re

import models_helpers as helpers


def test_every_module_is_listed_for_the_wheel():
    folder = helpers.ROOT / "python"
    text = (folder / "meson.build").read_text()
    listed = re.findall(r"^  '(jettag/[^']+)',$", text, re.MULTILINE)
    there = sorted(
        str(path.relative_to(folder)) for path in (folder / "jettag").rglob("*") if path.suffix in {".py", ".typed"}
    )
    assert sorted(listed) == there
