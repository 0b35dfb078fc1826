"""Write tests/data/attacks: one small file for each way to attack the reader of model files, with what it must answer.

    python tests/data/make_attacks.py            writes the folder anew
    python tests/data/make_attacks.py --check    fails when the folder is not what this script writes

Each file is a whole model (`fine.jtm`) but for one thing. Unless it is about a checksum, its checksums fit: these are
the files of somebody who means it, not of a bad disk. `expected.txt` has a row per file: name, status, and where the
reader must point to, a byte offset or a key of the header. Statuses and places follow from models/FORMAT.md, not from
what the library happens to do; tests/unit/model/test_attacks.c holds the two against each other.
"""

from __future__ import annotations

import argparse
import copy
import json
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from models.crc32c import crc32c  # noqa: E402

FOLDER = Path(__file__).resolve().parent / "attacks"
MAGIC = b"\x89JTM\r\n\x1a\n"
NAN, INFINITY, HUGE = (struct.pack("<f", value) for value in (float("nan"), float("inf"), 3.4e38))

Header = dict[str, Any]
Attack = tuple[str, str, str, bytes]


def _row(name: str, shape: list[int], offset: int) -> Header:
    size = 4
    for side in shape:
        size *= side
    return {"name": name, "dtype": "f32", "shape": shape, "offset": offset, "bytes": size}


def fine() -> tuple[Header, bytes]:
    """Header and blob of a model that is right in everything.

    Returns
    -------
    header : dict
    blob : bytes
    """
    shapes = {
        "i.mean": [1, 2, 2],
        "i.deviation": [1, 2, 2],
        "c.weight": [1, 1, 1, 1],
        "c.gamma": [1],
        "c.beta": [1],
        "c.mean": [1],
        "c.variance": [1],
        "o.weight": [2, 4],
        "o.bias": [2],
    }
    tensors, blob = [], b""
    for name, shape in shapes.items():
        row = _row(name, shape, len(blob))
        tensors.append(row)
        blob += struct.pack("<f", 0.5) * (row["bytes"] // 4)
        blob += bytes(-len(blob) % 64)
    header = {
        "name": "fine",
        "version": "1",
        "created": "2026-01-31",
        "licence": "MIT",
        "description": "",
        "classes": ["qcd", "top"],
        "image": {
            "recipe": "T",
            "frame": "hardest",
            "channels": ["pt"],
            "bins": [2, 2],
            "width": [1, 1],
            "normalise": "none",
            "max_constituents": 10,
            "min_constituents": 1,
            "mean": "i.mean",
            "deviation": "i.deviation",
        },
        "layers": [
            {
                "name": "c",
                "kind": "conv2d",
                "inputs": ["image"],
                "channels": 1,
                "kernel": [1, 1],
                "padding": "same",
                "batch_norm": True,
            },
            {"name": "f", "kind": "flatten", "inputs": ["c"]},
            {"name": "o", "kind": "dense", "inputs": ["f"], "units": 2},
        ],
        "output": "o",
        "tensors": tensors,
    }
    return header, blob


def pack(text: bytes, blob: bytes, /, **fields: int) -> bytes:
    """A file of these sections, with some fields of the preamble made to lie.

    Parameters
    ----------
    text, blob : bytes
        The sections.
    **fields : int
        Of the preamble, by name, instead of what is right.

    Returns
    -------
    bytes
    """
    offset = (64 + len(text) + 63) // 64 * 64
    right = {
        "major": 1,
        "minor": 0,
        "preamble": 64,
        "header": len(text),
        "offset": offset,
        "blob": len(blob),
        "header_crc": crc32c(text),
        "blob_crc": crc32c(blob),
    } | {name: value for name, value in fields.items() if name not in ("crc", "reserved", "padding")}
    head = MAGIC + struct.pack("<HHIQQQII", *right.values())
    head += struct.pack("<I", fields.get("crc", crc32c(head))) + bytes([fields.get("reserved", 0)]) + bytes(11)
    padding = bytearray(offset - 64 - len(text))
    if "padding" in fields:
        padding[-1] = fields["padding"]
    return head + text + bytes(padding) + blob


def _text(header: Header) -> bytes:
    return json.dumps(header, separators=(",", ":")).encode()


def preambles() -> list[Attack]:
    """Lies of the first 64 bytes.

    Returns
    -------
    list of attack
    """
    header, blob = fine()
    text = _text(header)
    whole = pack(text, blob)
    most = 2**64 - 1

    def lie(name: str, status: str, place: int, **fields: int) -> Attack:
        return name, status, str(place), pack(text, blob, **fields)

    return [
        ("empty", "FORMAT", "0", b""),
        ("magic-alone", "FORMAT", "8", MAGIC),
        ("magic-of-another", "FORMAT", "0", b"GGUF" + whole[4:]),
        ("text-mode-copy", "FORMAT", "0", whole.replace(b"\r\n", b"\n")),
        ("cut-in-preamble", "FORMAT", "63", whole[:63]),
        ("cut-in-header", "FORMAT", "100", whole[:100]),
        ("cut-by-one", "FORMAT", str(len(whole) - 1), whole[:-1]),
        ("one-byte-more", "FORMAT", str(len(whole)), whole + b"\0"),
        ("second-file-behind", "FORMAT", str(len(whole)), whole + whole),
        ("newer-major", "VERSION", "8", pack(text, blob, major=2)),
        lie("newest-major", "VERSION", 8, major=65535),
        lie("major-0", "FORMAT", 8, major=0),
        lie("preamble-0", "FORMAT", 12, preamble=0),
        lie("preamble-huge", "FORMAT", 12, preamble=2**32 - 1),
        lie("header-0", "FORMAT", 16, header=0),
        lie("header-1", "FORMAT", 16, header=1),
        lie("header-over-limit", "LIMIT", 16, header=(16 << 20) + 1),
        lie("header-2-to-63", "LIMIT", 16, header=2**63),
        lie("header-wraps", "LIMIT", 16, header=most),
        lie("header-wraps-with-padding", "LIMIT", 16, header=most - 63),
        lie("header-longer-than-file", "FORMAT", 24, header=1 << 20),
        lie("offset-0", "FORMAT", 24, offset=0),
        lie("offset-wraps", "FORMAT", 24, offset=most - 63),
        lie("offset-not-aligned", "FORMAT", 24, offset=65),
        lie("blob-wraps", "LIMIT", 32, blob=most - 63),
        lie("blob-over-limit", "LIMIT", 32, blob=(1 << 30) + 64),
        lie("blob-not-aligned", "FORMAT", 32, blob=len(blob) - 4),
        lie("blob-longer-than-file", "FORMAT", len(whole), blob=1 << 30),
        lie("blob-forgotten", "FORMAT", len(whole) - len(blob), blob=0),
        lie("checksum-of-preamble", "CHECKSUM", 0, crc=0),
        lie("checksum-of-header", "CHECKSUM", 64, header_crc=0),
        lie("checksum-of-blob", "CHECKSUM", len(whole) - len(blob), blob_crc=0),
        lie("reserved-byte", "FORMAT", 52, reserved=1),
        lie("padding-byte", "FORMAT", len(whole) - len(blob) - 1, padding=1),
    ]


def texts() -> list[Attack]:
    """Headers that are no JSON, or more than JSON.

    Returns
    -------
    list of attack
    """
    header, blob = fine()
    text = _text(header)

    def put(find: bytes, replacement: bytes, shift: int | None = None) -> tuple[bytes, str]:
        assert text.count(find) == 1, find
        place = "-" if shift is None else str(64 + text.index(find) + shift)
        return pack(text.replace(find, replacement), blob), place

    def at(name: str, find: bytes, replacement: bytes, shift: int | None, status: str = "FORMAT") -> Attack:
        file, place = put(find, replacement, shift)
        return name, status, place, file

    def key(name: str, find: bytes, replacement: bytes, where: str, status: str = "FORMAT") -> Attack:
        return name, status, where, put(find, replacement)[0]

    deep = b'"description":' + b"[" * 40 + b"]" * 40
    return [
        ("no-object", "FORMAT", "64", pack(b"[]", blob)),
        ("nul-bytes", "FORMAT", "64", pack(bytes(64), blob)),
        ("byte-order-mark", "FORMAT", "64", pack(b"\xef\xbb\xbf" + text, blob)),
        ("trailing-text", "FORMAT", str(64 + len(text)), pack(text + b"{}", blob)),
        ("brace-missing", "FORMAT", str(64 + len(text) - 1), pack(text[:-1], blob)),
        at("deep-nesting", b'"description":""', deep, 14 + 15, "LIMIT"),
        ("deep-nesting-to-the-end", "LIMIT", "84", pack(b'{"a":' + b"[" * 4000, blob)),
        at("control-byte", b'"licence":"MIT"', b'"licence":"M\x01T"', 12),
        at("nul-escape", b'"licence":"MIT"', b'"licence":"M\\u0000T"', 12),
        at("half-a-surrogate-pair", b'"licence":"MIT"', b'"licence":"\\ud800"', 11),
        at("invalid-utf-8", b'"licence":"MIT"', b'"licence":"\xc0\xaf"', 11),
        at("needless-zero", b'"max_constituents":10', b'"max_constituents":010', 19),
        at("no-digits-behind-the-point", b'"max_constituents":10', b'"max_constituents":1.,', 21),
        at("not-a-number", b'"max_constituents":10', b'"max_constituents":NaN', 19),
        at("long-number", b'"max_constituents":10', b'"max_constituents":1' + b"0" * 60, 19),
        key("infinite-number", b'"width":[1,1]', b'"width":[1e999,1]', "image.width[0]"),
        key("integer-as-float", b'"max_constituents":10', b'"max_constituents":1e1', "image.max_constituents"),
        key("integer-beyond-2-to-53", b'"units":2', b'"units":18446744073709551618', "layers[2].units"),
        key("negative-integer", b'"units":2', b'"units":-2', "layers[2].units"),
        key("duplicate-key", b'"output":"o"', b'"output":"o","output":"f"', "output"),
        key("duplicate-key-in-a-tensor", b'"name":"o.bias"', b'"name":"o.bias","name":"c.mean"', "tensors[8].name"),
        key("unknown-key", b'"output":"o"', b'"output":"o","url":"http://example.org/w"', "url"),
        key("key-of-another-case", b'"output":"o"', b'"Output":"o"', "Output"),
        key("key-missing", b'"output":"o",', b"", "output"),
        key("format-string", b'"name":"fine"', b'"name":"%n%n%s%s\\u00e9"', "name"),
        key(
            "path-for-a-tensor",
            b'"dtype":"f32","shape":[2],',
            b'"dtype":"file:/etc/passwd","shape":[2],',
            "tensors[8].dtype",
        ),
    ]


def headers() -> list[Attack]:
    """Headers whose values contradict each other, the blob or the limits.

    Returns
    -------
    list of attack
    """
    made: list[Attack] = []

    def add(name: str, status: str, place: str, change: Callable[[Header], object]) -> None:
        header, blob = fine()
        change(header)
        made.append((name, status, place, pack(_text(header), blob)))

    def tensor(index: int, **values: Any) -> Callable[[Header], object]:
        return lambda h: h["tensors"][index].update(values)

    def layer(index: int, **values: Any) -> Callable[[Header], object]:
        return lambda h: h["layers"][index].update(values)

    def image(**values: Any) -> Callable[[Header], object]:
        return lambda h: h["image"].update(values)

    def shared_row(header: Header) -> None:
        header["tensors"].append(copy.deepcopy(header["tensors"][8]) | {"name": "unused", "offset": 576})

    # Tensors: places, sizes, shapes.
    add("tensors-overlap", "FORMAT", "tensors[3].offset", tensor(3, offset=128))
    add("tensors-swapped", "FORMAT", "tensors[0].offset", lambda h: h["tensors"].reverse())
    add("tensors-with-a-hole", "FORMAT", "tensors[1].offset", lambda h: h["tensors"].pop(1))
    add("blob-longer-than-tensors", "FORMAT", "tensors", lambda h: h["tensors"].pop())
    add("tensor-behind-the-blob", "FORMAT", "tensors[9]", shared_row)
    add("tensor-offset-huge", "FORMAT", "tensors[8].offset", tensor(8, offset=2**53))
    add("tensor-offset-not-aligned", "FORMAT", "tensors[8].offset", tensor(8, offset=516))
    add("tensor-bytes-wrong", "FORMAT", "tensors[7].bytes", tensor(7, bytes=28))
    add("tensor-bytes-huge", "FORMAT", "tensors[7].bytes", tensor(7, bytes=2**53))
    add("tensor-shape-overflows", "LIMIT", "tensors[7].shape", tensor(7, shape=[2**31, 2**31, 2**31], bytes=0))
    add("tensor-shape-wraps-to-right", "LIMIT", "tensors[7].shape", tensor(7, shape=[2**32 + 1, 2**32, 8], bytes=32))
    add("tensor-side-zero", "FORMAT", "tensors[7].shape[0]", tensor(7, shape=[0, 4], bytes=0))
    add("tensor-side-zero-hides-huge", "LIMIT", "tensors[7].shape", tensor(7, shape=[2**53, 0], bytes=0))
    add("tensor-side-negative", "FORMAT", "tensors[7].shape[0]", tensor(7, shape=[-2, -4]))
    add("tensor-without-sides", "FORMAT", "tensors[8].shape", tensor(8, shape=[], bytes=4))
    add("tensor-of-nine-sides", "LIMIT", "tensors[8].shape", tensor(8, shape=[2] + [1] * 8))
    add("tensor-of-another-type", "FORMAT", "tensors[7].dtype", tensor(7, dtype="f16"))
    add("tensor-twice", "FORMAT", "tensors[5].name", tensor(5, name="c.beta"))
    add("tensor-unused", "FORMAT", "tensors[8]", lambda h: h["layers"][2].update(bias=False))
    add("tensor-missing", "GRAPH", "layers[2]", tensor(8, name="o.other"))
    add("tensor-of-a-wrong-shape", "GRAPH", "tensors[7].shape", tensor(7, shape=[4, 2]))
    # Types.
    add("header-value-of-a-wrong-type", "FORMAT", "image", lambda h: h.update(image=[1]))
    add("layers-an-object", "FORMAT", "layers", lambda h: h.update(layers={"0": 1}))
    add("name-a-number", "FORMAT", "name", lambda h: h.update(name=1))
    add("flag-a-number", "FORMAT", "layers[0].batch_norm", layer(0, batch_norm=1))
    add("null-for-a-text", "FORMAT", "version", lambda h: h.update(version=None))
    # Counts.
    add("no-layers", "FORMAT", "layers", lambda h: h.update(layers=[]))
    add("units-huge", "FORMAT", "layers[2].units", layer(2, units=2**53))
    add("channels-zero", "FORMAT", "layers[0].channels", layer(0, channels=0))
    add("kernel-zero", "FORMAT", "layers[0].kernel[1]", layer(0, kernel=[1, 0]))
    add("stride-zero", "FORMAT", "layers[0].stride[0]", layer(0, stride=[0, 1]))
    add("groups-zero", "FORMAT", "layers[0].groups", layer(0, groups=0))
    add("padding-huge", "FORMAT", "layers[0].padding[0]", layer(0, padding=[2**31 - 1, 0, 0, 0]))
    add("bins-zero", "FORMAT", "image.bins[0]", image(bins=[0, 2]))
    add("bins-huge", "FORMAT", "image.bins[1]", image(bins=[2, 2**40]))
    add("width-zero", "FORMAT", "image.width[0]", image(width=[0, 1]))
    add("width-tiny", "FORMAT", "image.width[1]", image(width=[1, -1e-300]))
    add("resize-zero", "FORMAT", "image.resize[0]", image(resize=[0, 2]))
    add("crop-outside", "FORMAT", "image.crop", image(crop=[1, 1, 2, 2]))
    add("crop-wraps", "FORMAT", "image.crop[0]", image(crop=[2**31 - 1, 0, 2, 2]))
    add("max-constituents-huge", "FORMAT", "image.max_constituents", image(max_constituents=2**31))
    add("min-over-max-constituents", "FORMAT", "image.min_constituents", image(min_constituents=11))
    # The graph.
    add("cycle", "GRAPH", "layers[0].inputs[0]", layer(0, inputs=["f"]))
    add("layer-reads-itself", "GRAPH", "layers[1].inputs[0]", layer(1, inputs=["f"]))
    add("input-unknown", "GRAPH", "layers[1].inputs[0]", layer(1, inputs=["x"]))
    add("output-unknown", "GRAPH", "output", lambda h: h.update(output="x"))
    add("output-an-image", "GRAPH", "output", lambda h: h.update(output="c", layers=h["layers"][:1]))
    add("layer-name-twice", "GRAPH", "layers[1].name", layer(1, name="c"))
    add("layer-called-image", "GRAPH", "layers[1].name", layer(1, name="image"))
    add("layer-kind-unknown", "FORMAT", "layers[1].kind", layer(1, kind="exec"))
    add("dense-of-an-image", "GRAPH", "layers[2].inputs[0]", layer(2, inputs=["c"]))
    add("outputs-not-classes", "GRAPH", "output", lambda h: h.update(classes=["qcd", "top", "w"]))
    # Classes and points.
    add("no-top", "FORMAT", "classes", lambda h: h.update(classes=["qcd", "w"]))
    add("points-fall", "FORMAT", "working_points.points[1].signal_efficiency", _points_that_fall)
    return made


def _points_that_fall(header: Header) -> None:
    points = [
        {"signal_efficiency": e, "threshold": 0.5, "background_efficiency": 0.1, "background_error": 0}
        for e in (0.5, 0.3)
    ]
    header["working_points"] = {"sample": "", "points": points}


def blobs() -> list[Attack]:
    """Weights that are no numbers, and bytes where nothing is.

    Returns
    -------
    list of attack
    """
    header, blob = fine()
    text = _text(header)
    start = len(pack(text, blob)) - len(blob)

    def poke(name: str, at: int, value: bytes, place: str | None = None) -> Attack:
        changed = blob[:at] + value + blob[at + len(value) :]
        return name, "FORMAT", place or str(start + at), pack(text, changed)

    negative, zero = struct.pack("<f", -0.5), struct.pack("<f", 0)
    return [
        poke("weight-nan", 448 + 4, NAN),
        poke("weight-infinite", 512, INFINITY),
        poke("mean-nan", 0, NAN),
        poke("deviation-zero", 64 + 8, zero, "image.deviation"),
        poke("deviation-negative", 64, negative, "image.deviation"),
        poke("variance-negative", 384, negative, "layers[0]"),
        poke("bytes-between-tensors", 24, b"\1"),
        poke("bytes-behind-the-last-tensor", len(blob) - 1, b"\1"),
    ]


def files() -> dict[str, bytes]:
    """All files of the folder.

    Returns
    -------
    dict of str to bytes
        By name.
    """
    header, blob = fine()
    attacks = [("fine", "OK", "-", pack(_text(header), blob)), *preambles(), *texts(), *headers(), *blobs()]
    rows = [f"{name} {status} {place}\n" for name, status, place, _ in attacks]
    assert len({name for name, *_ in attacks}) == len(attacks)
    made = {f"{name}.jtm": data for name, _, _, data in attacks}
    made["expected.txt"] = "".join(rows).encode()
    return made


def main() -> int:
    """Run the command.

    Returns
    -------
    int
        Its exit status.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    made = files()
    there = {path.name: path.read_bytes() for path in FOLDER.glob("*")} if FOLDER.is_dir() else {}
    if check:
        print(f"{len(made) - 1} files")
        return there != made
    FOLDER.mkdir(exist_ok=True)
    for name in there.keys() - made.keys():
        (FOLDER / name).unlink()
    for name, data in made.items():
        (FOLDER / name).write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
