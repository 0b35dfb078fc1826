"""What cannot be read: collected node by node, so that one message names all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class Cannot(Exception):
    """A node that jettag has no layer for; the words say why."""


@dataclass(frozen=True)
class Problem:
    """A node that cannot be read.

    Attributes
    ----------
    node : str
        Its name, or that of what it gives where it has none.
    operator : str
        With its domain, where it is not ONNX's own.
    why : str
        In words, with the attribute.
    """

    node: str
    operator: str
    why: str


class UnreadableError(ValueError):
    """A graph that does not become a model file.

    Parameters
    ----------
    problems : sequence of Problem
        Every node that cannot be read.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = f"{len(problems)} nodes" if len(problems) > 1 else "a node"
        lines = [f"  {one.node} ({one.operator}): {one.why}" for one in problems]
        super().__init__("\n".join([f"{count} cannot be read:", *lines]))
