"""The tables of FORMAT.md for the header: keys, types and ranges, checked by the writer and by the reader."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from models.layers import (
    ACTIVATIONS,
    CONSTITUENTS,
    FEATURES,
    GIVEN,
    IMAGE,
    KINDS,
    PAIRS,
    Key,
    Shape,
    filled,
    output_shape,
    tensor_shapes,
)
from models.sets import COLUMNS, MAX_COLUMNS, RANGES, set_shape

Tensors: TypeAlias = dict[str, npt.NDArray[np.float32]]
Check: TypeAlias = Callable[[Any], bool]

MAX_INTEGER = 1 << 53
MAX_TEXT = 4096
MAX_DEPTH = 16
MAX_VALUES = 262_144
_NAME = re.compile(r"[\x20-\x7e]{1,120}")
_DATE = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(T([01][0-9]|2[0-3]):[0-5][0-9](:([0-5][0-9]|60)([.][0-9]+)?)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?)?"
)


class FormatError(ValueError):
    """A model or a model file that breaks a rule of FORMAT.md."""


def _is_integer(value: Any, least: int = 0, most: int = MAX_INTEGER) -> bool:
    return type(value) is int and least <= value <= most


def _is_number(value: Any, least: float = 0.0, most: float = math.inf) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and least <= value <= most


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value.encode()) <= MAX_TEXT and "\0" not in value


def _is_date(value: Any) -> bool:
    """ISO 8601 of a day that calendars have, alone or with a time."""
    found = _DATE.fullmatch(value) if _is_text(value) else None
    if not found:
        return False
    try:
        date.fromisoformat(found.group(1))
    except ValueError:
        return False
    return True


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(_NAME.fullmatch(value)) and '"' not in value and "\\" not in value


def _is_list(value: Any, least: int, most: int, check: Check) -> bool:
    return isinstance(value, list) and least <= len(value) <= most and all(check(one) for one in value)


def _integers(count: int, least: int, most: int) -> Check:
    return lambda value: _is_list(value, count, count, lambda one: _is_integer(one, least, most))


def _one_of(*choices: str) -> Check:
    return lambda value: isinstance(value, str) and value in choices


def _is_list_of_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


# key: (needed, check)
_Rules: TypeAlias = dict[str, tuple[bool, Check]]

_TOP: _Rules = {
    "name": (True, _is_name),
    "version": (True, _is_text),
    "created": (True, _is_date),
    "licence": (True, _is_text),
    "description": (True, _is_text),
    "classes": (True, lambda value: _is_list(value, 2, 16, _is_name) and value.count("top") == 1),
    "image": (True, _is_object),
    "features": (False, _is_object),
    "constituents": (False, _is_object),
    "pairs": (False, _is_object),
    "layers": (True, lambda value: _is_list_of_objects(value) and 1 <= len(value) <= 4096),
    "output": (True, _is_name),
    "tensors": (True, _is_list_of_objects),
    "working_points": (False, _is_object),
    "card": (False, _is_object),
    "golden": (False, _is_object),
    "notes": (False, _is_object),
}
_CHANNELS = ("pt", "mass", "energy", "neutral_pt", "track_pt", "track_count", "muon_count")
_CLASS_CHANNELS = _CHANNELS[3:]
_IMAGE: _Rules = {
    "recipe": (True, _is_name),
    "frame": (True, _one_of("hardest", "principal", "peak")),
    "channels": (True, lambda value: _is_list(value, 1, 8, _one_of(*_CHANNELS))),
    "bins": (True, _integers(2, 1, 256)),
    "width": (True, lambda value: _is_list(value, 2, 2, lambda one: _is_number(one, 0, 20) and one > 0)),
    "normalise": (True, _one_of("none", "total_pt", "peak")),
    "max_constituents": (True, lambda value: _is_integer(value, 4, 4096)),
    "min_constituents": (True, lambda value: _is_integer(value, 1, 64)),
    "mean": (False, _is_name),
    "deviation": (False, _is_name),
    "crop": (False, _integers(4, 0, 256)),
    "resize": (False, _integers(2, 1, 256)),
}
_FEATURES: _Rules = {
    "names": (True, lambda value: _is_list(value, 1, 1024, _is_name) and len(set(value)) == len(value)),
    "mean": (True, _is_name),
    "deviation": (True, _is_name),
}


def _set_rules(name: str) -> _Rules:
    least, most = RANGES[name]
    is_column = _one_of(*COLUMNS[name])
    return {
        "most": (True, lambda value: _is_integer(value, least, most)),
        "columns": (True, lambda value: _is_list(value, 1, MAX_COLUMNS, is_column) and len(set(value)) == len(value)),
        "mean": (True, _is_name),
        "deviation": (True, _is_name),
    }


_SETS = {name: _set_rules(name) for name in (CONSTITUENTS, PAIRS)}
_POINTS: _Rules = {
    "sample": (True, _is_text),
    "points": (True, lambda value: _is_list_of_objects(value) and 1 <= len(value) <= 1024),
}
_POINT: _Rules = {
    "signal_efficiency": (True, lambda value: _is_number(value, 0, 1) and 0 < value < 1),
    "threshold": (True, lambda value: _is_number(value, 0, 1)),
    "background_efficiency": (True, lambda value: _is_number(value, 0, 1)),
    "background_error": (True, _is_number),
}
_CARD: _Rules = (
    {
        key: (False, _is_text)
        for key in ("architecture", "sample", "recipe", "limits", "citation", "framework", "training_time")
    }
    | {key: (False, _is_integer) for key in ("jets", "validation_jets", "test_jets", "seed")}
    | {
        key + suffix: (False, _is_number)
        for key in ("accuracy", "auc", "rejection_50", "rejection_30")
        for suffix in ("", "_error")
    }
    | {"epochs": (False, _is_number)}
)
_GOLDEN: _Rules = {
    "momenta": (True, _is_name),
    "offsets": (True, lambda value: _is_list(value, 9, 33, _is_integer) and value == sorted(value) and value[0] == 0),
    "constituent_classes": (False, lambda value: _is_list(value, 0, MAX_INTEGER, lambda one: _is_integer(one, 0, 2))),
    "scores": (True, lambda value: _is_list(value, 8, 32, lambda one: _is_number(one, 0, 1))),
}


def _check_object(where: str, value: dict[str, Any], rules: _Rules, pass_over_unknown: bool) -> None:
    for key, (needed, check) in rules.items():
        if key not in value:
            if needed:
                raise FormatError(f"{where}{key}: missing")
        elif not check(value[key]):
            raise FormatError(f"{where}{key}: not allowed: {str(value[key])[:80]}")
    unknown = set(value) - set(rules)
    if unknown and not pass_over_unknown:
        raise FormatError(f"{where}{sorted(unknown)[0]}: there is no such key")


def _count_values(value: Any, depth: int = 1) -> int:
    if depth > MAX_DEPTH:
        raise FormatError(f"header: nested deeper than {MAX_DEPTH}")
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(_count_values(one, depth + isinstance(one, dict | list)) for one in children)


def fits(key: Key, value: Any) -> bool:
    """Whether a layer's key may have this value.

    Parameters
    ----------
    key : Key
        Of `models.layers.KINDS`.
    value : object
        Any.

    Returns
    -------
    bool
    """
    match key.form:
        case "integer":
            return _is_integer(value, int(key.least), int(key.most))
        case "pair":
            return _integers(2, int(key.least), int(key.most))(value)
        case "padding":
            return value in ("same", "valid") or _integers(4, int(key.least), int(key.most))(value)
        case "flag":
            return isinstance(value, bool)
        case "number":
            return _is_number(value, key.least, key.most)
        case _:
            return _one_of(*ACTIVATIONS)(value)


class _Use:
    """Looks tensors up and remembers which were used."""

    def __init__(self, tensors: Tensors) -> None:
        self._tensors = tensors
        self.used: set[str] = set()

    def need(self, name: str, shape: Shape) -> npt.NDArray[np.float32]:
        if name not in self._tensors:
            raise FormatError(f"there is no tensor {name}")
        if self._tensors[name].shape != shape:
            raise FormatError(f"tensor {name} has the shape {self._tensors[name].shape} where {shape} is due")
        self.used.add(name)
        return self._tensors[name]

    def standardisation(self, section: dict[str, Any], shape: Shape) -> None:
        self.need(section["mean"], shape)
        if not (self.need(section["deviation"], shape) > 0).all():
            raise FormatError(f"tensor {section['deviation']}: a deviation is not above 0")


def _check_image(image: dict[str, Any], use: _Use) -> Shape:
    """Shape of the network's input."""
    channels, (rows, columns) = len(image["channels"]), image["bins"]
    if image["min_constituents"] > image["max_constituents"]:
        raise FormatError("image.min_constituents: above max_constituents")
    if ("mean" in image) != ("deviation" in image):
        raise FormatError("image.mean: of mean and deviation either both or none are there")
    if "mean" in image:
        use.standardisation(image, (channels, rows, columns))
    if "crop" in image:
        top, left, height, width = image["crop"]
        if height < 1 or width < 1 or top + height > rows or left + width > columns:
            raise FormatError(f"image.crop: {image['crop']} is not in {image['bins']}")
        rows, columns = height, width
    return (channels, *image.get("resize", (rows, columns)))


def _check_layer_keys(layer: dict[str, Any], pass_over_unknown: bool) -> None:
    name = layer.get("name")
    if not _is_name(name) or name in GIVEN or layer.get("kind") not in KINDS:
        raise FormatError(f"layers: name or kind of {name} are not allowed")
    most = {"concat": (2, 8), "add": (2, 2)}.get(layer["kind"], (1, 1))
    if not _is_list(layer.get("inputs"), *most, _is_name):
        raise FormatError(f"layer {name}: inputs: not allowed")
    keys = KINDS[layer["kind"]]
    for key, rule in keys.items():
        if key in layer and not fits(rule, layer[key]):
            raise FormatError(f"layer {name}: {key}: not allowed: {layer[key]}")
        if key not in layer and rule.default is None:
            raise FormatError(f"layer {name}: {key}: missing")
    unknown = set(layer) - set(keys) - {"name", "kind", "inputs"}
    if unknown and not pass_over_unknown:
        raise FormatError(f"layer {name}: {sorted(unknown)[0]}: there is no such key")


def _check_layers(header: dict[str, Any], shapes: dict[str, Shape], use: _Use, pass_over_unknown: bool) -> None:
    read: set[str] = set()
    for layer in header["layers"]:
        _check_layer_keys(layer, pass_over_unknown)
        name, inputs = layer["name"], layer["inputs"]
        if name in shapes or any(one not in shapes for one in inputs):
            raise FormatError(f"layer {name}: its name is taken, or it reads what is not there yet")
        whole = filled(layer)
        try:
            shapes[name] = output_shape(whole, [shapes[one] for one in inputs])
            needed = tensor_shapes(whole, shapes[inputs[0]])
        except ValueError as error:
            raise FormatError(str(error)) from error
        for role, shape in needed.items():
            values = use.need(f"{name}.{role}", shape)
            if role.rsplit(".", 1)[-1] == "variance" and (values < 0).any():
                raise FormatError(f"tensor {name}.{role}: a variance is negative")
        read.update(inputs)
    unread = {layer["name"] for layer in header["layers"]} - read - {header["output"]}
    if unread:
        raise FormatError(f"layer {sorted(unread)[0]}: nothing reads it")
    if header["output"] in GIVEN or shapes.get(header["output"]) != (len(header["classes"]),):
        raise FormatError("output: not a layer with one value per class")


def _check_quality(header: dict[str, Any], use: _Use, pass_over_unknown: bool) -> None:
    if "working_points" in header:
        _check_object("working_points.", header["working_points"], _POINTS, pass_over_unknown)
        before: dict[str, Any] | None = None
        for point in header["working_points"]["points"]:
            _check_object("working_points.points.", point, _POINT, pass_over_unknown)
            if before and (
                point["signal_efficiency"] <= before["signal_efficiency"] or point["threshold"] > before["threshold"]
            ):
                raise FormatError("working_points.points: efficiencies rise and thresholds do not")
            before = point
    _check_object("card.", header.get("card", {}), _CARD, pass_over_unknown)
    if "golden" in header:
        golden = header["golden"]
        _check_object("golden.", golden, _GOLDEN, pass_over_unknown)
        constituents, jets = golden["offsets"][-1], len(golden["offsets"]) - 1
        use.need(golden["momenta"], (constituents, 4))
        classes = golden.get("constituent_classes")
        needs_classes = any(channel in _CLASS_CHANNELS for channel in header["image"]["channels"])
        if len(golden["scores"]) != jets or (classes is None and needs_classes):
            raise FormatError("golden: one score per jet, and classes where the recipe needs them")
        if classes is not None and len(classes) != constituents:
            raise FormatError("golden.constituent_classes: one per constituent")


def check_header(header: dict[str, Any], tensors: Tensors, pass_over_unknown: bool = False) -> None:
    """Check a header against FORMAT.md, and that exactly its tensors are there.

    Parameters
    ----------
    header : dict
        With `tensors`.
    tensors : dict of str to ndarray of float32
        The tensors themselves.
    pass_over_unknown : bool
        As for files of a higher minor version.

    Raises
    ------
    FormatError
        Names the key.
    """
    if _count_values(header) > MAX_VALUES:
        raise FormatError(f"header: more than {MAX_VALUES} values")
    _check_object("", header, _TOP, pass_over_unknown)
    if any(not _is_name(name) for name in tensors):
        raise FormatError("tensors: a name is not allowed")
    use = _Use(tensors)
    _check_object("image.", header["image"], _IMAGE, pass_over_unknown)
    shapes: dict[str, Shape] = {IMAGE: _check_image(header["image"], use)}
    if "features" in header:
        features = header["features"]
        _check_object("features.", features, _FEATURES, pass_over_unknown)
        shapes[FEATURES] = (len(features["names"]),)
        use.standardisation(features, shapes[FEATURES])
    for name in (CONSTITUENTS, PAIRS):
        if name in header:
            section = header[name]
            _check_object(f"{name}.", section, _SETS[name], pass_over_unknown)
            shapes[name] = set_shape(name, section["most"], len(section["columns"]))
            use.standardisation(section, (len(section["columns"]),))
    _check_layers(header, shapes, use, pass_over_unknown)
    _check_quality(header, use, pass_over_unknown)
    unused = set(tensors) - use.used
    if unused:
        raise FormatError(f"tensor {sorted(unused)[0]}: nothing uses it")
