"""The wheel has every module and the headline models: what python/meson.build lists is what is there."""

import re

import jettag
import models_helpers as helpers


def test_every_module_is_listed_for_the_wheel():
    folder = helpers.ROOT / "python"
    text = (folder / "meson.build").read_text()
    listed = re.findall(r"^  '(jettag/[^']+)',$", text, re.MULTILINE)
    there = sorted(
        str(path.relative_to(folder)) for path in (folder / "jettag").rglob("*") if path.suffix in {".py", ".typed"}
    )
    assert sorted(listed) == there


def test_models_of_the_wheel_are_there_and_the_default_is_one():
    text = (helpers.ROOT / "python" / "meson.build").read_text().partition("foreach name")[2]
    listed = re.findall(r"^  '([a-z0-9-]+)',$", text, re.MULTILINE)
    files = [helpers.ROOT / "models" / "zoo" / f"{name}.jtm" for name in listed]
    assert jettag.DEFAULT_MODEL in listed and all(path.exists() for path in files)
    assert sum(path.stat().st_size for path in files) < 16_000_000
