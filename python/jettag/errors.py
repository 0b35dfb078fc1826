"""Exceptions, one per kind of trouble, with the library's own words."""

from __future__ import annotations

from jettag import _native


class JettagError(Exception):
    """Something the library refused or failed to do.

    Attributes
    ----------
    status : int
        The library's jt_status.
    offset : int
        Byte offset in the model file that it is about, -1 when there is none.
    key : str
        Key in the model file's header that it is about, "" when there is none.
    """

    def __init__(self, text: str, status: int = 0, offset: int = -1, key: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.offset = offset
        self.key = key


class ModelFileError(JettagError):
    """A model file that cannot be read or is not right."""


class BackendError(JettagError):
    """A backend that is missing, fails, or lacks a layer."""


class ArgumentError(JettagError, ValueError):
    """An argument that the library refuses."""


class SelftestError(JettagError):
    """A model that does not reproduce its golden scores."""


# jt_status -> exception; the rest are JettagError.
_BY_STATUS: dict[int, type[JettagError]] = {
    1: ArgumentError,
    3: ModelFileError,
    4: ModelFileError,
    5: ModelFileError,
    6: ModelFileError,
    7: ModelFileError,
    8: BackendError,
    9: BackendError,
    10: ArgumentError,
    11: SelftestError,
    12: ModelFileError,
}


def check(status: int, error: _native.Error | None = None, text: str | None = None) -> None:
    """Raise the exception for a status, if it is one.

    Parameters
    ----------
    status : int
        What a library call returned.
    error : _native.Error, optional
        Its details.
    text : str, optional
        Words to use when there are no details.
    """
    if status == 0:
        return
    words = text or (error.text.decode() if error is not None else "")
    if not words:
        words = _native.lib().jt_status_text(status).decode()
    offset = int(error.offset) if error is not None else -1
    key = error.key.decode() if error is not None else ""
    if key:
        words = f"{key}: {words}"
    elif offset >= 0:
        words = f"byte {offset}: {words}"
    raise _BY_STATUS.get(status, JettagError)(words, status, offset, key)
