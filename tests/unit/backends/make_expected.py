"""Write expected.h: what PyTorch, in double precision, makes of the small ops that test_reference.c runs.

Inputs and weights are multiples of 1/8 from a formula that the test has too, so that sums come out exactly:
number i of a tensor is ((i * step + 5) mod 19 - 9) / 8, with a step for each tensor.

Run as: python tests/unit/backends/make_expected.py > tests/unit/backends/expected.h
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional

IMAGE, WEIGHT, BIAS = 7, 3, 11
Pad = tuple[int, int, int, int]


def grid(shape: tuple[int, ...], step: int) -> torch.Tensor:
    i = np.arange(np.prod(shape), dtype=np.int64)
    return torch.from_numpy(((i * step + 5) % 19 - 9).reshape(shape) / 8)


def same(size: int, kernel: int, stride: int) -> tuple[int, int]:
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def conv(
    x: torch.Tensor,
    channels: int,
    kernel: tuple[int, int],
    stride: tuple[int, int] = (1, 1),
    pad: Pad = (0, 0, 0, 0),
    groups: int = 1,
    steps: tuple[int, int] = (WEIGHT, BIAS),
) -> torch.Tensor:
    """Convolution with padding [top, bottom, left, right]."""
    weight = grid((channels, x.shape[0] // groups, *kernel), steps[0])
    padded = functional.pad(x, (pad[2], pad[3], pad[0], pad[1]))
    return functional.conv2d(padded[None], weight, grid((channels,), steps[1]), stride, groups=groups)[0]


def dense(x: torch.Tensor, units: int, steps: tuple[int, int] = (WEIGHT, BIAS)) -> torch.Tensor:
    return functional.linear(x, grid((units, x.shape[0]), steps[0]), grid((units,), steps[1]))


def pool(
    x: torch.Tensor, kernel: tuple[int, int], stride: tuple[int, int] = (2, 2), pad: Pad = (0, 0, 0, 0)
) -> torch.Tensor:
    padded = functional.pad(x, (pad[2], pad[3], pad[0], pad[1]), value=-np.inf)
    return functional.max_pool2d(padded[None], kernel, stride)[0]


def mbconv(x: torch.Tensor, channels: int, kernel: int, stride: int) -> torch.Tensor:
    """Expansion by 2, depthwise, squeeze to 2 and excite, projection, residual sum where shapes allow."""
    swish = nn.SiLU()
    wide = 2 * x.shape[0]
    pad = same(x.shape[1], kernel, stride) + same(x.shape[2], kernel, stride)
    y = swish(conv(x, wide, (1, 1), steps=(2, 3)))
    y = swish(conv(y, wide, (kernel, kernel), (stride, stride), pad, wide, steps=(4, 5)))
    gate = torch.sigmoid(dense(swish(dense(y.mean((1, 2)), 2, steps=(6, 7))), wide, steps=(8, 9)))
    y = conv(y * gate[:, None, None], channels, (1, 1), steps=(10, 11))
    return y + x if y.shape == x.shape else y


def main() -> None:
    image = grid((2, 6, 8), IMAGE)
    pairs = grid((4, 5, 5), IMAGE)
    negative = -2 - grid((2, 5, 5), IMAGE).abs()
    points = torch.tensor([-100, -20, -3.5, -1, -0.125, 0, 0.125, 1, 3.5, 20, 100], dtype=torch.float64)
    cases = {
        "conv_valid": conv(image, 3, (3, 3)),
        "conv_same_stride_2": conv(image, 3, (3, 3), (2, 2), same(6, 3, 2) + same(8, 3, 2)),
        "conv_same_4x4": conv(image, 2, (4, 4), (1, 1), same(6, 4, 1) + same(8, 4, 1)),
        "conv_groups": conv(pairs, 6, (3, 2), (2, 1), (1, 0, 0, 1), 2),
        "conv_depthwise": conv(pairs, 4, (5, 5), (2, 2), same(5, 5, 2) * 2, 4),
        "conv_depthwise_twice": conv(pairs, 8, (3, 3), (1, 1), (0, 0, 2, 2), 4),
        "dense_13": dense(grid((13,), IMAGE), 5),
        "dense_96": dense(image.flatten(), 3),
        "pool_negative": pool(negative, (3, 3), pad=(1, 1, 1, 1)),
        "pool_odd": pool(pairs, (2, 2)),
        "pool_oblong": pool(image, (4, 2), (1, 3), (3, 1, 1, 0)),
        "average": pairs.mean((1, 2)),
        "swish_points": nn.SiLU()(points),
        "sigmoid_points": torch.sigmoid(points),
        "mbconv_residual": mbconv(pairs, 4, 3, 1),
        "mbconv_stride_2": mbconv(image, 3, 5, 2),
    }
    print("/* Made by make_expected.py: PyTorch's results in double precision. Do not edit. */")
    print("#ifndef JT_TESTS_BACKENDS_EXPECTED_H\n#define JT_TESTS_BACKENDS_EXPECTED_H\n\n/* clang-format off */")
    for name, values in cases.items():
        numbers = [repr(float(v)) for v in values.flatten()]
        print(f"static const double expected_{name}[] = {{ /* {' x '.join(map(str, values.shape))} */")
        for i in range(0, len(numbers), 6):
            print("    " + ", ".join(numbers[i : i + 6]) + ",")
        print("};")
    print("/* clang-format on */\n\n#endif /* JT_TESTS_BACKENDS_EXPECTED_H */")


if __name__ == "__main__":
    main()
