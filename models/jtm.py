"""Writer and strict reader of model files (FORMAT.md), with NumPy alone."""

from __future__ import annotations

import json
import math
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.crc32c import crc32c
from models.header import FormatError, check_header

__all__ = ["FormatError", "Model", "from_bytes", "read", "to_bytes", "write"]

MAGIC = b"\x89JTM\r\n\x1a\n"
MAJOR, MINOR = 1, 0
ALIGNMENT = 64
MAX_HEADER = 16 << 20
MAX_BLOB = 1 << 30
MAX_NUMBER = 60
_PREAMBLE = struct.Struct("<8sHHIQQQII")
_PREAMBLE_BYTES = 64
_TENSOR_KEYS = {"name", "dtype", "shape", "offset", "bytes"}


@dataclass
class Model:
    """What a model file holds.

    Attributes
    ----------
    header : dict
        The JSON header without `tensors`, which the writer makes.
    tensors : dict of str to ndarray of float32
        By name.
    """

    header: dict[str, Any]
    tensors: dict[str, npt.NDArray[np.float32]]


def _pad(length: int) -> int:
    return -length % ALIGNMENT


def to_bytes(model: Model) -> bytes:
    """A model as the bytes of a model file.

    Parameters
    ----------
    model : Model
        Its tensors are stored in order of their names.

    Returns
    -------
    bytes

    Raises
    ------
    FormatError
        When the model breaks a rule of FORMAT.md.
    """
    rows: list[dict[str, Any]] = []
    blob = bytearray()
    for name in sorted(model.tensors):
        given = np.asarray(model.tensors[name])
        if given.dtype.kind != "f":
            raise FormatError(f"tensor {name}: {given.dtype} is no floating-point type")
        with np.errstate(over="ignore"):
            values = np.ascontiguousarray(given, dtype="<f4")
        if values.ndim == 0:
            raise FormatError(f"tensor {name}: a shape needs at least one dimension")
        rows.append(
            {
                "name": name,
                "dtype": "f32",
                "shape": list(values.shape),
                "offset": len(blob),
                "bytes": values.nbytes,
            }
        )
        blob += values.tobytes()
        blob += bytes(_pad(len(blob)))
    header = {**model.header, "tensors": rows}
    tensors = _check_tensors(header, bytes(blob))
    check_header(header, tensors)
    try:
        text = json.dumps(header, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except ValueError as error:
        raise FormatError(f"header: {error}") from error
    _check_sizes(len(text), len(blob))
    offset = _PREAMBLE_BYTES + len(text) + _pad(len(text))
    preamble = _PREAMBLE.pack(
        MAGIC, MAJOR, MINOR, _PREAMBLE_BYTES, len(text), offset, len(blob), crc32c(text), crc32c(bytes(blob))
    )
    preamble += struct.pack("<I", crc32c(preamble))
    return b"".join([preamble, bytes(_PREAMBLE_BYTES - len(preamble)), text, bytes(_pad(len(text))), blob])


def write(path: str | os.PathLike[str], model: Model) -> None:
    """Write a model file; an older one of that name stays whole until the new one is.

    Parameters
    ----------
    path : str or path-like
        Where.
    model : Model
        What.
    """
    data = to_bytes(model)
    target = Path(path)
    unfinished = target.with_name(target.name + ".part")
    unfinished.write_bytes(data)
    unfinished.replace(target)


def read(path: str | os.PathLike[str]) -> Model:
    """Read a model file.

    Parameters
    ----------
    path : str or path-like
        A .jtm file.

    Returns
    -------
    Model

    Raises
    ------
    FormatError
        When the file breaks a rule of FORMAT.md.
    """
    return from_bytes(Path(path).read_bytes())


def from_bytes(data: bytes) -> Model:
    """Read a model file that is in memory.

    Parameters
    ----------
    data : bytes
        The whole file.

    Returns
    -------
    Model
    """
    text, blob, minor = _sections(data)
    header = _parse(text)
    tensors = _check_tensors(header, blob)
    check_header(header, tensors, pass_over_unknown=minor > MINOR)
    return Model({key: value for key, value in header.items() if key != "tensors"}, tensors)


def _check_sizes(header_length: int, blob_length: int) -> None:
    if not 2 <= header_length <= MAX_HEADER:
        raise FormatError(f"a header of {header_length} bytes")
    if blob_length > MAX_BLOB or blob_length % ALIGNMENT:
        raise FormatError(f"a blob of {blob_length} bytes")


def _sections(data: bytes) -> tuple[bytes, bytes, int]:
    """Header, blob and minor version, after all that the preamble promises has been checked."""
    if len(data) < _PREAMBLE_BYTES or data[:8] != MAGIC:
        raise FormatError("not a jettag model file")
    _, major, minor, preamble_length, header_length, offset, blob_length, header_crc, blob_crc = _PREAMBLE.unpack(
        data[: _PREAMBLE.size]
    )
    if struct.unpack_from("<I", data, 48)[0] != crc32c(data[:48]):
        raise FormatError("the preamble's checksum is wrong")
    if major != MAJOR:
        raise FormatError(f"format version {major}")
    if preamble_length != _PREAMBLE_BYTES or any(data[52:64]):
        raise FormatError("the preamble's length or reserved bytes are wrong")
    _check_sizes(header_length, blob_length)
    end = _PREAMBLE_BYTES + header_length
    if offset != end + _pad(end) or offset + blob_length != len(data):
        raise FormatError(f"a blob of {blob_length} bytes at {offset} in a file of {len(data)}")
    text, blob = data[_PREAMBLE_BYTES:end], data[offset:]
    if crc32c(text) != header_crc or crc32c(blob) != blob_crc:
        raise FormatError("a checksum is wrong")
    if any(data[end:offset]):
        raise FormatError("padding after the header is not zero")
    return text, blob, minor


def _no_constant(text: str) -> None:
    raise FormatError(f"header: {text} is no number of JSON")


def _short(text: str) -> str:
    if len(text) > MAX_NUMBER:
        raise FormatError(f"header: a number of {len(text)} characters")
    return text


def _finite(text: str) -> float:
    value = float(_short(text))
    if not math.isfinite(value):
        raise FormatError(f"header: {text} is not finite")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise FormatError(f"header: a key is there twice among {[key for key, _ in pairs]}")
    return found


def _parse(text: bytes) -> dict[str, Any]:
    if text.startswith(b"\xef\xbb\xbf"):
        raise FormatError("header: a byte order mark")
    try:
        header = json.loads(
            text.decode(),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=lambda digits: int(_short(digits)),
        )
        # Escapes can spell half a surrogate pair, which no UTF-8 is.
        json.dumps(header, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise FormatError(f"header: {error}") from error
    if not isinstance(header, dict):
        raise FormatError("header: not an object")
    return header


def _check_tensors(header: dict[str, Any], blob: bytes) -> dict[str, npt.NDArray[np.float32]]:
    """The tensors of the table, each checked, and nothing but padding between them."""
    rows = header.get("tensors")
    if not isinstance(rows, list) or len(rows) > 4096:
        raise FormatError("tensors: an array of at most 4096 objects is due")
    found: dict[str, npt.NDArray[np.float32]] = {}
    place = 0
    for row in rows:
        if not isinstance(row, dict) or set(row) != _TENSOR_KEYS or row["dtype"] != "f32":
            raise FormatError(f"tensors: not a row of the table: {row}")
        name, shape, size = row["name"], row["shape"], row["bytes"]
        sides_right = isinstance(shape, list) and 1 <= len(shape) <= 8 and all(type(s) is int and s >= 1 for s in shape)
        if not sides_right or size != 4 * math.prod(shape) or row["offset"] != place or name in found:
            raise FormatError(f"tensor {name}: shape, bytes, offset or name are wrong")
        end = place + size
        place = end + _pad(end)
        if place > len(blob) or any(blob[end:place]):
            raise FormatError(f"tensor {name}: outside the blob, or padding that is not zero")
        values = np.frombuffer(blob, "<f4", math.prod(shape), row["offset"]).reshape(shape).astype(np.float32)
        if not np.isfinite(values).all():
            raise FormatError(f"tensor {name}: a value is not finite")
        found[name] = values
    if place != len(blob):
        raise FormatError(f"tensors end at {place} in a blob of {len(blob)} bytes")
    return found
