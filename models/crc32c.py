"""CRC-32C (Castagnoli), quick enough in NumPy for model files of some megabytes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_POLYNOMIAL = np.uint32(0x82F63B78)
_LANES = 2048
_SHORT = 8 * _LANES


def _byte_table() -> npt.NDArray[np.uint32]:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ _POLYNOMIAL, table >> 1).astype(np.uint32)
    return table


_TABLE = _byte_table()
_TABLE_LIST: list[int] = _TABLE.tolist()


def _plain(state: int, data: bytes) -> int:
    """The register after some bytes, one at a time."""
    for byte in data:
        state = (state >> 8) ^ _TABLE_LIST[(state ^ byte) & 0xFF]
    return state


def _advance(states: npt.NDArray[np.uint32], rows: npt.NDArray[np.uint8] | None, steps: int) -> npt.NDArray[np.uint32]:
    """Registers side by side after `steps` bytes each: of their column of `rows`, or zeros."""
    for step in range(steps):
        low = states & np.uint32(0xFF)
        states = (states >> np.uint32(8)) ^ _TABLE[low if rows is None else low ^ rows[step]]
    return states


def crc32c(data: bytes) -> int:
    """CRC-32C with initial and final value all ones.

    Parameters
    ----------
    data : bytes
        Of any length.

    Returns
    -------
    int
        `crc32c(b"123456789") == 0xE3069283`.

    Notes
    -----
    The register is linear in the bytes: long data is cut into lanes that run side by side from zero, and the lanes are
    joined with tables that say what a register becomes after one lane's length of zeros.
    """
    length = len(data) // _LANES if len(data) >= _SHORT else 0
    state = 0xFFFFFFFF
    if length:
        lanes = np.frombuffer(data, np.uint8, _LANES * length).reshape(_LANES, length)
        columns = np.ascontiguousarray(lanes.T)
        remainders: list[int] = _advance(np.zeros(_LANES, np.uint32), columns, length).tolist()
        bits = _advance(np.uint32(1) << np.arange(32, dtype=np.uint32), None, length)
        chosen = (np.arange(256)[:, None] >> np.arange(8)) & 1
        shifts: list[list[int]] = [
            np.bitwise_xor.reduce(np.where(chosen, bits[8 * part : 8 * part + 8], np.uint32(0)), axis=1).tolist()
            for part in range(4)
        ]
        for remainder in remainders:
            shifted = 0
            for part, table in enumerate(shifts):
                shifted ^= table[(state >> (8 * part)) & 0xFF]
            state = shifted ^ remainder
    return _plain(state, data[_LANES * length :]) ^ 0xFFFFFFFF
