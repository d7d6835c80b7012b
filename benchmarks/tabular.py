"""A generated table: 12 numeric and 8 categorical columns, and a label that depends on some."""

from pathlib import Path

import numpy as np

NUMBERS, CATEGORIES, LEVELS = 12, 8, 10
CHUNK = 100_000  # rows at a time
SEED = 7


def write(path: Path, rows: int) -> None:
    """A CSV file of that many rows, the same at each call; its contract stands beside it."""
    chance = np.random.default_rng(SEED)
    weights = chance.normal(size=NUMBERS)
    levels = chance.normal(size=(CATEGORIES, LEVELS))
    names = [f"n{i}" for i in range(NUMBERS)] + [f"c{i}" for i in range(CATEGORIES)]
    with path.open("w") as file:
        file.write(",".join(["row", *names, "label"]) + "\n")
        for start in range(0, rows, CHUNK):
            count = min(CHUNK, rows - start)
            numbers = chance.normal(size=(count, NUMBERS)).round(3)
            chosen = chance.integers(LEVELS, size=(count, CATEGORIES))
            score = numbers @ weights + sum(levels[i][chosen[:, i]] for i in range(CATEGORIES))
            label = score + chance.logistic(size=count) > 0
            for i in range(count):
                cells = [*map(str, numbers[i]), *(f"v{level}" for level in chosen[i])]
                file.write(f"{start + i},{','.join(cells)},{'yes' if label[i] else 'no'}\n")
    kinds = [f"  {name}: {'numeric' if name[0] == 'n' else 'categorical'}\n" for name in names]
    label_part = "label:\n  column: label\n  positive: 'yes'\nid: [row]\n"
    path.with_suffix(".yaml").write_text("columns:\n" + "".join(kinds) + label_part)
