"""Data to start with: scikit-learn's breast cancer measures, and sales that are made up."""

import csv
import os
import random
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

SELLERS = ("Ana", "Bruno", "Carla", "Diego", "Elisa", "Fábio")
PRODUCTS = {"caderno": 18.9, "caneta": 2.5, "estojo": 24.0, "mochila": 149.9, "régua": 4.75}
SALES = 1000
UNDIAGNOSED = 50


def breast_cancer(folder: Path) -> Path:
    """569 tumours, 30 measures of each, and the `diagnosis`."""
    path = folder / "breast_cancer.csv"
    if not path.exists():
        data = _measures()
        rows = (
            [*map(repr, map(float, row)), data.target_names[target]]
            for row, target in zip(data.data, data.target, strict=True)
        )
        _write(path, [*data.feature_names, "diagnosis"], rows)
    return path


def undiagnosed(folder: Path) -> Path:
    """The same measures of the first 50 of these tumours, without a diagnosis."""
    path = folder / "undiagnosed.csv"
    if not path.exists():
        data = _measures()
        rows = (list(map(repr, map(float, row))) for row in data.data[:UNDIAGNOSED])
        _write(path, data.feature_names, rows)
    return path


def sales(folder: Path) -> Path:
    """A thousand sales of six sellers, the same ones every time."""
    path = folder / "sales.csv"
    if not path.exists():
        chance = random.Random(2026)
        rows = (_sale(chance) for _ in range(SALES))
        _write(path, ["data", "produto", "quantidade", "preco_unitario", "vendedor"], rows)
    return path


def _measures() -> Any:
    from sklearn.datasets import load_breast_cancer  # takes a second, and only a first run

    return load_breast_cancer()


def _sale(chance: random.Random) -> list[object]:
    product = chance.choice(list(PRODUCTS))
    price = round(PRODUCTS[product] * chance.uniform(0.9, 1.1), 2)
    day = date(2026, 1, 1) + timedelta(days=chance.randrange(181))
    return [day.isoformat(), product, chance.randint(1, 12), f"{price:.2f}", chance.choice(SELLERS)]


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    with staged.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    staged.replace(path)
