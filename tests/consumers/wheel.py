"""What a user of the wheel writes, on the jets of examples/tag.c."""

import numpy as np

import jettag

momenta = [300, 10, 40, 304, 200, 30, 20, 204, 60, 0, 5, 61, 20, 5, 0, 21, 10, 0, 3, 11, 250, 250, 0, 356]
momenta += [100, 90, 10, 136, 30, 20, 0, 37, 10, 10, 1, 15]
scores = jettag.load().tag((np.reshape(momenta, (-1, 4)), [0, 5, 9]))
print("\n".join(f"{score:.9g}" for score in scores))
