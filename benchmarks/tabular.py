"""A generated table: 12 numeric and 8 categorical columns, and a label that depends on them."""

from pathlib import Path

import numpy as np

NUMBERS, CATEGORIES, LEVELS = 12, 8, 10
CHUNK_ROWS = 100_000
SEED = 7


def write(path: Path, rows: int) -> None:
    """Write a CSV file of that many rows, the same at each call, and its contract next to it."""
    rng = np.random.default_rng(SEED)
    weights = rng.normal(size=NUMBERS)
    levels = rng.normal(size=(CATEGORIES, LEVELS))
    names = [f"n{i}" for i in range(NUMBERS)] + [f"c{i}" for i in range(CATEGORIES)]
    with path.open("w") as file:
        file.write(",".join(["row", *names, "label"]) + "\n")
        for start in range(0, rows, CHUNK_ROWS):
            count = min(CHUNK_ROWS, rows - start)
            numbers = rng.normal(size=(count, NUMBERS)).round(3)
            chosen = rng.integers(LEVELS, size=(count, CATEGORIES))
            score = numbers @ weights + sum(levels[i][chosen[:, i]] for i in range(CATEGORIES))
            label = score + rng.logistic(size=count) > 0
            for i in range(count):
                cells = [*map(str, numbers[i]), *(f"v{level}" for level in chosen[i])]
                file.write(f"{start + i},{','.join(cells)},{'yes' if label[i] else 'no'}\n")
    kinds = [f"  {name}: {'numeric' if name[0] == 'n' else 'categorical'}\n" for name in names]
    label_part = "label:\n  column: label\n  positive: 'yes'\nid: [row]\n"
    path.with_suffix(".yaml").write_text("columns:\n" + "".join(kinds) + label_part)
