"""ParticleNet (Qu and Gouskos, arXiv:1902.08570) in PyTorch: a comparison, not a network that the library runs.

Three edge convolutions over each constituent's nearest neighbours, in eta and phi first and among the values of the
layer before afterwards, of (64, 64, 64), (128, 128, 128) and (256, 256, 256) channels, the mean over constituents, a
dense layer of 256 with dropout, and the logits. The first layer of an edge convolution sees [x_i, x_j - x_i]; it is
linear before its norm, so that it is calculated per constituent and only summed per edge.
"""

from __future__ import annotations

from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

from models.torch_network import NamedWeights

CHANNELS = ((64, 64, 64), (128, 128, 128), (256, 256, 256))
DENSE = 256
DROPOUT = 0.1
NEIGHBOURS = 16
_FAR = 1e9


def nearest(points: Tensor, there: Tensor, count: int) -> Tensor:
    """Nearest other constituents.

    Parameters
    ----------
    points : Tensor
        (jets, constituents, coordinates).
    there : Tensor of bool
        (jets, constituents); where there is none, nobody's neighbour is.
    count : int
        How many.

    Returns
    -------
    Tensor of int64
        (jets, constituents, count); for jets of few constituents with some that are not there.
    """
    # Neighbours must not hang on how products are rounded in a reduced precision.
    with torch.no_grad(), torch.autocast(points.device.type, enabled=False):
        points = points.float()
        square = (points**2).sum(2)
        distance = square[:, :, None] + square[:, None, :] - 2 * points @ points.transpose(1, 2)
        own = torch.eye(points.shape[1], dtype=torch.bool, device=points.device)
        distance = distance.masked_fill(own | ~there[:, None, :], _FAR)
        return distance.topk(count, dim=2, largest=False, sorted=False).indices


class EdgeConvolution(nn.Module):
    """Layers over each edge to a neighbour, their mean over the edges, and a shortcut.

    Parameters
    ----------
    entering : int
        Channels of a constituent.
    leaving : tuple of int
        Channels of the layers.
    """

    def __init__(self, entering: int, leaving: tuple[int, ...]) -> None:
        super().__init__()
        self.own = nn.Linear(entering, leaving[0], bias=False)
        self.other = nn.Linear(entering, leaving[0], bias=False)
        self.first = nn.BatchNorm1d(leaving[0])
        self.more = nn.ModuleList(
            nn.ModuleList([nn.Linear(a, b, bias=False), nn.BatchNorm1d(b)]) for a, b in pairwise(leaving)
        )
        self.shortcut = nn.Linear(entering, leaving[-1], bias=False)
        self.last = nn.BatchNorm1d(leaving[-1])

    def forward(self, x: Tensor, neighbours: Tensor, there: Tensor) -> Tensor:
        """Values of constituents.

        Parameters
        ----------
        x : Tensor
            (jets, constituents, entering).
        neighbours : Tensor of int64
            (jets, constituents, count).
        there : Tensor of bool
            (jets, constituents).

        Returns
        -------
        Tensor
            (jets, constituents, leaving); 0 where there is no constituent.
        """
        # Only constituents that are there are worked on: norms must not see padding.
        jets, places, count = neighbours.shape
        rows = there.reshape(-1).nonzero()[:, 0]
        start = torch.arange(jets, device=x.device)[:, None, None] * places
        to = (neighbours + start).reshape(-1, count)[rows]
        real = there.reshape(-1)[to]
        flat = x.reshape(jets * places, -1)
        # W [x_i, x_j - x_i], taken apart.
        other = self.other(flat)
        edges = (self.own(flat) - other)[rows][:, None, :] + other[to]
        values = torch.relu(self.first(edges.reshape(len(rows) * count, -1)))
        for linear, norm in (cast(nn.ModuleList, layer) for layer in self.more):
            values = torch.relu(norm(linear(values)))
        values = values.reshape(len(rows), count, -1) * real[:, :, None]
        mean = values.sum(1) / real.sum(1).clamp(min=1)[:, None]
        found = torch.relu(mean + self.last(self.shortcut(flat[rows])))
        out = torch.zeros(jets * places, found.shape[1], dtype=found.dtype, device=x.device)
        return out.index_copy(0, rows, found).reshape(jets, places, -1)


class ParticleNet(NamedWeights):
    """The network.

    Parameters
    ----------
    columns : int
        Of a constituent; the first two are its eta and phi relative to the jet.
    members : int
        Constituents of a jet at most.
    neighbours : int
        Edges of each.
    """

    def __init__(self, columns: int, members: int, neighbours: int = NEIGHBOURS) -> None:
        super().__init__()
        self._shape, self._neighbours = (1 + columns, members), neighbours
        self.entry = nn.BatchNorm1d(columns)
        entering = [columns, *(leaving[-1] for leaving in CHANNELS)]
        self.edges = nn.ModuleList(EdgeConvolution(a, b) for a, b in zip(entering, CHANNELS, strict=False))
        self.dense = nn.Linear(entering[-1], DENSE)
        self.dropout = nn.Dropout(DROPOUT)
        self.logits = nn.Linear(DENSE, 2)

    def forward(self, images: Tensor, rows: Tensor) -> Tensor:
        """Logits.

        Parameters
        ----------
        images : Tensor
            Not looked at.
        rows : Tensor
            (jets, values): constituents as the library gives them, the channel that says where there is one first.

        Returns
        -------
        Tensor
            (jets, 2).
        """
        given = rows.reshape(len(rows), *self._shape)
        there, points = given[:, 0] > 0.5, given[:, 1:3].transpose(1, 2)
        flat = given[:, 1:].transpose(1, 2).reshape(-1, self._shape[0] - 1)
        there_rows = there.reshape(-1).nonzero()[:, 0]
        x = torch.zeros_like(flat).index_copy(0, there_rows, self.entry(flat[there_rows]).to(flat.dtype))
        x = x.reshape(len(rows), self._shape[1], -1)
        for edges in self.edges:
            x = edges(x, nearest(points, there, self._neighbours), there)
            points = x
        mean = x.sum(1) / there.sum(1).clamp(min=1)[:, None]
        found: Tensor = self.logits(self.dropout(torch.relu(self.dense(mean))))
        return found
