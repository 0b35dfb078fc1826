"""Write docs/sbom.json: what jettag is made of and needs, with versions and licences, as CycloneDX 1.5.

    python tests/check/sbom.py            writes it
    python tests/check/sbom.py --check    fails when it is not what this would write

Versions of Python packages come from the lists of requirements, that of jettag from meson.build; licences are in the
table below, as the packages state them themselves. A package without a licence here is an error.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RESULT = ROOT / "docs" / "sbom.json"

# SPDX identifiers.
LICENCES = {
    "awkward": "BSD-3-Clause",
    "breathe": "BSD-3-Clause",
    "dask-awkward": "BSD-3-Clause",
    "distributed": "BSD-3-Clause",
    "fastjet": "GPL-2.0-or-later",
    "furo": "MIT",
    "h5py": "BSD-3-Clause",
    "lightgbm": "MIT",
    "matplotlib": "PSF-2.0",
    "mplhep": "MIT",
    "mypy": "MIT",
    "myst-parser": "MIT",
    "numpy": "BSD-3-Clause",
    "onednn-cpu-gomp": "Apache-2.0",
    "onednn-devel-cpu-gomp": "Apache-2.0",
    "onnx": "Apache-2.0",
    "onnxruntime": "MIT",
    "pandas": "BSD-3-Clause",
    "pyarrow": "Apache-2.0",
    "pyhepmc": "BSD-3-Clause",
    "pytest": "MIT",
    "pythia8mc": "GPL-2.0-or-later",
    "ruff": "MIT",
    "scipy": "BSD-3-Clause",
    "sphinx": "BSD-2-Clause",
    "tables": "BSD-3-Clause",
    "torch": "BSD-3-Clause",
    "tqdm": "MPL-2.0 AND MIT",
    "uproot": "BSD-3-Clause",
    "vector": "BSD-3-Clause",
}
# Lists of requirements, who needs them, and whether jettag runs without: CycloneDX's scopes.
LISTS = {
    "python/requirements.txt": ("the Python package and the quickstart", "optional"),
    "tests/requirements.txt": ("the tests", "excluded"),
    "models/requirements.txt": ("training", "excluded"),
    "models/report/requirements.txt": ("the report", "excluded"),
    "models/datasets/requirements.txt": ("making samples", "excluded"),
    "docs/requirements.txt": ("the site of the documentation", "excluded"),
}


def _component(name: str, version: str, licence: str, scope: str, use: str, **more: str) -> dict[str, Any]:
    made = {"type": "library", "name": name, "version": version, "scope": scope, "description": use}
    # One identifier of SPDX's, or an expression of several.
    said = {"expression": licence} if " " in licence else {"license": {"id": licence}}
    return {**made, **more, "licenses": [said]}


def components() -> list[dict[str, Any]]:
    """All that jettag needs anywhere.

    Returns
    -------
    list of dict
        In the order of CycloneDX: what the library links first.
    """
    meson = (ROOT / "meson.build").read_text()
    cjson = re.search(r"dependency\('libcjson', version: '>=([\d.]+)'\)", meson)
    assert cjson
    found = [
        _component("libcjson", f">={cjson[1]}", "MIT", "required", "linked by the library"),
        _component("glibc", ">=2.28", "LGPL-2.1-or-later", "required", "libc and libm, linked by the library"),
    ]
    seen = set()
    for path, (use, scope) in LISTS.items():
        for name, version in re.findall(r"^([a-z][\w.-]*)==(\S+)", (ROOT / path).read_text(), re.MULTILINE):
            if name in seen:
                continue
            seen.add(name)
            where = "required" if name == "numpy" else scope
            found.append(_component(name, version, LICENCES[name], where, use, purl=f"pkg:pypi/{name}@{version}"))
    return found


def bill() -> str:
    """The whole document.

    Returns
    -------
    str
        JSON.
    """
    version = re.search(r"^  version: '([\d.]+)'", (ROOT / "meson.build").read_text(), re.MULTILINE)
    assert version
    made = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {
                "type": "library",
                "name": "jettag",
                "version": version[1],
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
        },
        "components": components(),
    }
    return json.dumps(made, indent=1) + "\n"


def main() -> int:
    """Run the command.

    Returns
    -------
    int
        Its exit status.
    """
    made = bill()
    if sys.argv[1:] == ["--check"]:
        print(f"figure: dependencies listed with version and licence: {len(components())}")
        return not RESULT.exists() or RESULT.read_text() != made
    RESULT.write_text(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
