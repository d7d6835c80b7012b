"""A small data set of two classes that a model can learn, and its contract."""

import numpy as np

CONTRACT = """\
columns:
  height: numeric
  width: numeric
  {more}
label:
  column: kind
  positive: "yes"
  negative: ["no"]
model:  # one candidate, so that tests are fast
  regularization: [0.001]
"""
Row = tuple[float, float, str]


def good(seed: int = 1, count: int = 600) -> list[Row]:
    generator = np.random.default_rng(seed)
    return [
        (float(h), float(w), "yes" if h + w + generator.normal(scale=0.7) > 0 else "no")
        for h, w in generator.normal(size=(count, 2))
    ]
