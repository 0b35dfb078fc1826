"""The images of both papers and of DeepTop, transcribed from their words into NumPy, to test the library against.

Written for one jet at a time and for being read beside the papers; nothing here is shared with the library.
"""

from __future__ import annotations

import numpy as np


def clean(p4, classes=None, keep=200):
    """Constituents of one jet without padding, hardest first, ties in input order."""
    p4 = np.asarray(p4, np.float64)
    classes = np.zeros(len(p4), int) if classes is None else np.asarray(classes)
    lit = np.any(p4 != 0, axis=1)
    p4, classes = p4[lit], classes[lit]
    order = np.argsort(-np.hypot(p4[:, 0], p4[:, 1]), kind="stable")[:keep]
    return p4[order], classes[order]


def wrap(phi):
    """To [-pi, pi)."""
    return (phi + np.pi) % (2 * np.pi) - np.pi


def coordinates(p4):
    """PT, eta, phi of constituents off the beam."""
    pt = np.hypot(p4[:, 0], p4[:, 1])
    p = np.sqrt((p4[:, :3] ** 2).sum(1))
    eta = np.log((p + np.abs(p4[:, 2])) / pt) * np.sign(p4[:, 2])
    return pt, eta, np.arctan2(p4[:, 1], p4[:, 0])


def histogram(x, y, weights, shape, width):
    """Sum weights in pixels [phi row, eta column] of a window centred on 0; what lies outside is dropped."""
    rows, columns = shape
    column = np.floor((x + width[0] / 2) * columns / width[0]).astype(int)
    row = np.floor((y + width[1] / 2) * rows / width[1]).astype(int)
    inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
    image = np.zeros(shape)
    np.add.at(image, (row[inside], column[inside]), weights[inside])
    return image


def edge_distance(x, y, shape, width):
    """How near any constituent comes to the edge of a pixel, in pixels: at an edge, rounding chooses the pixel."""
    places = np.concatenate([(x + width[0] / 2) * shape[1] / width[0], (y + width[1] / 2) * shape[0] / width[1]])
    return np.abs(places - np.round(places)).min()


def paper_a(p4, n):
    """Channels pT, mass, energy of an n x n picture around the hardest constituent, and the edge distance."""
    p4, _ = clean(p4)
    p4 = p4[np.hypot(p4[:, 0], p4[:, 1]) > 0]
    pt, eta, phi = coordinates(p4)
    x, y = eta - eta[0], wrap(phi - phi[0])
    px, py, pz, e = (histogram(x, y, p4[:, i], (n, n), (2.4, 2.4)) for i in range(4))
    m2 = e**2 - px**2 - py**2 - pz**2
    mass = np.where(m2 > 1e-6 * e**2, np.sqrt(np.maximum(m2, 0)), 0)
    image = np.stack([histogram(x, y, pt, (n, n), (2.4, 2.4)), mass, e])
    # The hardest is at 0 exactly, which is an edge for even n, and no rounding moves it.
    others = slice(1, None)
    return image, edge_distance(x[others], y[others], (n, n), (2.4, 2.4)) if len(x) > 1 else 1.0


def paper_b_frame(pt, eta, phi):
    """Centroid to the origin, principal axis onto the vertical, hardest quadrant to the upper right."""
    y = wrap(phi - phi[0])
    x = eta - np.average(eta, weights=pt)
    y = y - np.average(y, weights=pt)
    moments = np.array(
        [[np.average(x * x, weights=pt), np.average(x * y, weights=pt)], [0, np.average(y * y, weights=pt)]]
    )
    values, vectors = np.linalg.eigh(moments, UPLO="U")
    if values[1] - values[0] > 1e-12 * values[1]:
        axis = vectors[:, 1]
        angle = np.pi / 2 - np.arctan2(axis[1], axis[0])
        x, y = np.cos(angle) * x - np.sin(angle) * y, np.sin(angle) * x + np.cos(angle) * y
    quadrants = {
        (sx, sy): pt[((x >= 0) == (sx > 0)) & ((y >= 0) == (sy > 0))].sum() for sx in (1, -1) for sy in (1, -1)
    }
    sx, sy = max(quadrants, key=lambda q: (quadrants[q], q))
    return sx * x, sy * y


def paper_b(p4, classes, shape, width, colour):
    """Grey (1, ...) or colour (4, ...) picture of paper B; and the edge distance."""
    p4, classes = clean(p4, classes)
    off_beam = np.hypot(p4[:, 0], p4[:, 1]) > 0
    p4, classes = p4[off_beam], classes[off_beam]
    pt, eta, phi = coordinates(p4)
    x, y = paper_b_frame(pt, eta, phi)
    weights = [pt / pt.sum()]
    if colour:
        neutral, track, muon = classes == 0, classes >= 1, classes == 2
        weights = [pt * neutral / pt.sum(), pt * track / pt.sum(), 1.0 * track, 1.0 * muon]
    image = np.stack([histogram(x, y, w, shape, width) for w in weights])
    return image, edge_distance(x, y, shape, width)


def deeptop(p4):
    """Towers of 0.1 x 5 degrees as they lie, the largest 3 x 3 sum to pixel (20, 20), the largest pixel to 1;
    and the edge distance."""
    p4, _ = clean(p4)
    p4 = p4[np.hypot(p4[:, 0], p4[:, 1]) > 0]
    pt, eta, phi = coordinates(p4)
    column = np.floor(eta / 0.1).astype(int)
    row = np.floor((phi[0] + wrap(phi - phi[0])) / np.deg2rad(5)).astype(int)
    column, row = column - column[0], row - row[0]
    towers = np.zeros((2 * 120 + 1, 2 * 120 + 1))
    np.add.at(towers, (row + 120, column + 120), pt)
    padded = np.pad(towers, 1)
    n = len(towers)
    sums = sum(padded[r : r + n, c : c + n] for r in range(3) for c in range(3))
    # The same towers may give sums that differ by rounding, depending on where zeros stand between them.
    best = sums >= sums.max() * (1 - 1e-12)
    hottest = best & (towers == towers[best].max())
    peak = np.argwhere(hottest)[0]
    image = np.zeros((40, 40))
    shifted = np.stack([row + 120 - peak[0] + 20, column + 120 - peak[1] + 20], 1)
    inside = np.all((shifted >= 0) & (shifted < 40), axis=1)
    np.add.at(image, tuple(shifted[inside].T), pt[inside])
    edges = np.concatenate([eta / 0.1, phi / np.deg2rad(5)])
    return (image / image.max())[None], np.abs(edges - np.round(edges)).min()


def network_input(image, mean, deviation, crop, size):
    """Standardise, crop and resize (bilinear, half-pixel centres, clamped) by matrices."""
    picture = (image - mean) / deviation if mean is not None else image
    top, left, rows, columns = crop
    picture = picture[:, top : top + rows, left : left + columns]

    def matrix(n_in, n_out):
        source = np.clip((np.arange(n_out) + 0.5) * n_in / n_out - 0.5, 0, n_in - 1)
        return np.maximum(0, 1 - np.abs(source[:, None] - np.arange(n_in)[None]))

    return np.einsum("yr,crs,xs->cyx", matrix(rows, size[0]), picture, matrix(columns, size[1]))
