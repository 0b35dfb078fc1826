"""Tags three jets in Python: python examples/tag.py."""

import numpy as np

import jettag

# px, py, pz, E in GeV. The third jet has two constituents only, and gets a status instead of a score.
momenta = np.array(
    [
        [300, 10, 40, 304],
        [200, 30, 20, 204],
        [60, 0, 5, 61],
        [20, 5, 0, 21],
        [10, 0, 3, 11],
        [250, 250, 0, 356],
        [100, 90, 10, 136],
        [30, 20, 0, 37],
        [10, 10, 1, 15],
        [400, 10, 30, 402],
        [20, 10, 5, 23],
    ],
    float,
)
offsets = np.array([0, 5, 9, 11])

model = jettag.load()
scores, statuses = model.tag((momenta, offsets), return_statuses=True)
for i, (score, status) in enumerate(zip(scores, statuses, strict=True)):
    print(f"jet {i}: score {score:.9g}" if status == 0 else f"jet {i}: {jettag.status_text(status)}")
