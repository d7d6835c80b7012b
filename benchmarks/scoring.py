"""How many rows a second an exported model scores: `python -m benchmarks.scoring MODEL FILE`."""

import csv
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from spark_jobs.scorer.scoring import Scorer

ROUNDS = 7
BATCH = 20_000

Row = Mapping[str, Any]


def main(model: str, file: str) -> None:
    """Print the rows a second, one by one and as a batch, the values as texts and as numbers."""
    scorer = Scorer.load(model)
    with Path(file).open(newline="") as lines:
        texts: list[Row] = list(csv.DictReader(lines))
    numeric = [each["name"] for each in scorer.model["columns"] if each["kind"] == "numeric"]
    numbers = [{**row, **{name: float(row[name] or "nan") for name in numeric}} for row in texts]
    print(f"{len(scorer.columns)} columns, {len(numeric)} of them numeric")  # noqa: T201 - what the script is for
    for name, rows in (("texts", texts), ("numbers", numbers)):
        many = [*rows] * (BATCH // len(rows) + 1)
        single = best_speed(rows, lambda rows: [scorer.predict(row) for row in rows])
        batch = best_speed(many, scorer.predict)
        print(f"values as {name}: {single:,.0f} single rows, {batch:,.0f} of a batch")  # noqa: T201 - what the script is for


def best_speed(rows: Sequence[Row], score: Callable[[Sequence[Row]], Any]) -> float:
    """Return the rows a second of the fastest round: others share the machine."""
    seconds: list[float] = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        score(rows)
        seconds.append(time.perf_counter() - started)
    return len(rows) / min(seconds)


if __name__ == "__main__":
    main(*sys.argv[1:])
